"""The native kernel: attention and its digest in one pass over weights that stay in the cache.

It is C++, compiled on first use where there is a compiler, and kept in the user's cache. It reads
float32 on a CPU, and every kind of call that the portable kernel reads.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from pipeline.core.call import AttentionCall, Reduction
from pipeline.core.digest import Digest, Distances, Pairs
from pipeline.core.pieces import Pieces
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics.norms import Values
from pipeline.statistics.portable import reduction

SOURCE = Path(__file__).with_name("native.cpp")
_FLAGS = (
    *("-O3", "-std=c++20", "-shared", "-fPIC", "-fopenmp", "-mprefer-vector-width=512"),
    # Sums may be reordered. NaN has to stay NaN, so that this is not -ffast-math.
    "-ffp-contract=fast",
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math"),
)


class CannotCompile(Exception):
    """There is no compiler, or it failed; says why in one line."""


def load(say: Callable[[str], object] = lambda line: None) -> None:
    """Make the kernel ready, compiling it if it is not in the cache. Raises CannotCompile.

    `say` is told before a compilation, which takes about half a minute.
    """
    if hasattr(torch.ops.headcensus, "digest"):
        return
    library = _cache() / f"native-{_fingerprint()}.so"
    _own(library.parent)
    if not _is_ours(library):
        _compile(library, say)
    try:
        torch.ops.load_library(library)
    except OSError as error:
        raise CannotCompile(f"{library} cannot be loaded: {error}") from error


def attend(
    call: AttentionCall,
) -> tuple[Float[Tensor, "sentence head query value_channel"], Reduction]:
    """As `portable.attend`. The kernel must be loaded, the call's tensors float32 on the CPU."""
    output, digest, values = _digest(call)
    return output, reduction(digest, call.layout, values, spearman)


def spearman(
    a: Float[Tensor, "sentence head key"], b: Float[Tensor, "sentence head key"], keys: Pieces
) -> Float[Tensor, "sentence head"]:
    """As that of `norms`; the kernel is loaded."""
    return torch.ops.headcensus.spearman(a.contiguous(), b.contiguous(), keys.lengths)


def js_divergences(
    rows: Float[Tensor, "sampled head row key"],
) -> Float[Tensor, "head head"]:
    """As that of `similarity`; the kernel is loaded."""
    return torch.ops.headcensus.js_divergences(rows.transpose(0, 1).flatten(1).contiguous())


def _digest(call: AttentionCall) -> tuple[Tensor, Digest, Values | None]:
    layout, has_values = call.layout, call.readout is not None
    queries, keys = layout.queries, layout.keys
    both = layout.is_self and queries.segment is not None
    predicts = None if layout.is_self else queries.predicts
    given = torch.ops.headcensus.digest(
        *(t if t.stride(-1) == 1 else t.contiguous() for t in (call.query, call.key, call.value)),
        call.scaling,
        None if call.bias is None else call.bias.float().expand(-1, *_shape(call)).contiguous(),
        call.softcap or 0.0,
        None if call.sinks is None else call.sinks.float().contiguous(),
        layout.visible.contiguous() if layout.hides else None,
        queries.lengths,
        keys.lengths,
        queries.word.contiguous(),
        keys.word.contiguous(),
        queries.n_words,
        keys.n_words,
        predicts,
        queries.segment if both else None,
        layout.content_keys,
        layout.unclassed_keys.squeeze(-1).contiguous(),
        layout.few_keys.contiguous(),
        layout.few_members.contiguous(),
        None if call.readout is None else call.readout.contiguous(),
        layout.tree_words if layout.is_self and call.trees else None,
        layout.is_self,
    )
    output, received, entropy, largest, where, content, columns, itself, bins, sums = given[:10]
    length, of_class, energy = given[10:13]
    to, by, to_norm, by_norm, tree, tree_max, said, said_norm = given[13:]
    found = {"attends_to": to, "attended_by": by}
    if has_values:
        found |= {"attends_to_norm": to_norm, "attended_by_norm": by_norm}
    if layout.is_self and call.trees:
        found |= {"tree": tree, "tree_max": tree_max}
    if predicts is not None:
        found["predicted_attends_to"] = said
        if has_values:
            found["predicted_attends_to_norm"] = said_norm
    pairs = weighted = distances = segments = None
    of_attention, of_norm = sums[..., :8], sums[..., 8:]
    if layout.is_self:
        before, behind, same_word, other, distance, displacement, *_ = of_attention.unbind(-1)
        pairs = Pairs(itself, before, behind, same_word, other)
        distances = Distances(bins, distance, displacement)
        weighted = Pairs(itself * length, *of_norm.unbind(-1)) if has_values else None
        segments = of_attention[..., 6:] if both else None
    digest = Digest(
        received, entropy, largest, where, content, columns, found, pairs, weighted, distances,
        segments,
    )  # fmt: skip
    return output, digest, Values(length, of_class, energy) if has_values else None


def _shape(call: AttentionCall) -> tuple[int, int, int]:
    return call.query.shape[1], call.query.shape[2], call.key.shape[2]


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "headcensus"


def _own(folder: Path) -> None:
    """Make the folder, and one that nobody else writes into: what lies there is run.

    Raises CannotCompile where it is another user's.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
        if not _may_be_trusted(about):
            raise CannotCompile(f"{folder} belongs to another user; set XDG_CACHE_HOME")
        if os.name == "posix" and about.st_mode & _OTHERS_WRITE:
            folder.chmod(about.st_mode & ~_OTHERS_WRITE)
    except OSError as error:
        raise CannotCompile(f"it cannot be written ({error})") from error


def _is_ours(library: Path) -> bool:
    """Whether it is there, and could be written by nobody else: else it is compiled anew."""
    try:
        about = library.lstat()
    except OSError:
        return False
    return (
        stat.S_ISREG(about.st_mode)
        and _may_be_trusted(about)
        and not (os.name == "posix" and about.st_mode & _OTHERS_WRITE)
    )


def _may_be_trusted(about: os.stat_result) -> bool:
    """Ours, or of who keeps the machine. Elsewhere than on POSIX a home is private anyway."""
    return os.name != "posix" or about.st_uid in (0, os.getuid())


_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def _fingerprint() -> str:
    """A library fits one source and one build of torch."""
    text = (SOURCE.read_text(encoding="utf-8"), torch.__version__, *_FLAGS)
    return hashlib.sha256("\0".join(text).encode()).hexdigest()[:16]


def _compile(library: Path, say: Callable[[str], object]) -> None:
    from torch.utils.cpp_extension import include_paths, library_paths

    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
    if compiler is None:
        raise CannotCompile("there is no C++ compiler (c++ or g++, or what CXX names)")
    say(f"headcensus: compiling its native kernel, once (half a minute; kept in {library.parent})")
    try:
        library.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            made = Path(folder) / library.name
            command = [compiler, *_FLAGS, str(SOURCE), "-o", str(made)]
            command += [f"-D_GLIBCXX_USE_CXX11_ABI={int(torch.compiled_with_cxx11_abi())}"]
            command += [f"-I{path}" for path in include_paths()]
            command += [f"-L{path}" for path in library_paths()]
            command += ["-ltorch", "-ltorch_cpu", "-lc10"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                errors = [line for line in done.stderr.splitlines() if "error" in line]
                raise CannotCompile(f"{compiler} failed: {(errors or ['no reason given'])[0]}")
            made.chmod(0o700)
            # Whole or not at all, whoever else compiles it at the same time.
            made.replace(library)
    except OSError as error:
        raise CannotCompile(f"it cannot be written ({error})") from error
