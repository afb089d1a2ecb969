"""The native kernel: attention and its sums in one pass over weights that stay in the cache.

It is C++, compiled on first use where there is a compiler, and kept in the user's cache. On a CPU
it reads every kind of call that the portable kernel reads; in float32, so that of other types it
rounds the output alone.
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
from pipeline.core.shapes import Float, Tensor
from pipeline.statistics import named
from pipeline.statistics.norms import given_by_class

SOURCES = Path(__file__).with_name("cpp")
"""`kernel.cpp` is compiled, and with it what it includes."""
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
    if hasattr(torch.ops.headcensus, "attend"):
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
    """As `portable.attend`. The kernel must be loaded, the call's tensors be on the CPU."""
    has, layout = named.asked(call), call.layout
    segment = layout.queries.segment if named.SEGMENTS in has else None
    predicts = layout.queries.predicts if named.PREDICTS in has else None
    nodes = layout.tree_words if named.TREES in has else None
    output, sums, bins, largest_at, given, energy, *words = _run(call, segment, predicts, nodes)
    found = named.others(call) | named.by_name(named.SUMS, sums.unbind(), has)
    if layout.is_self:
        found |= {"offset_mass": bins, "argmax_offset": largest_at}
    if named.VALUES in has:
        found |= given_by_class(given, energy)
    pointers = named.by_name(named.POINTERS, words, has)
    return output.to(call.value.dtype), Reduction(found, pointers)


def js_divergences(
    rows: Float[Tensor, "sampled head row key"],
) -> Float[Tensor, "head head"]:
    """As that of `similarity`; the kernel is loaded."""
    return torch.ops.headcensus.js_divergences(rows.transpose(0, 1).flatten(1).contiguous())


def _run(
    call: AttentionCall, segment: Tensor | None, predicts: Tensor | None, nodes: Tensor | None
) -> list[Tensor]:
    layout = call.layout
    queries, keys = layout.queries, layout.keys
    return torch.ops.headcensus.attend(
        *(_in_rows(t.float()) for t in (call.query, call.key, call.value)),
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
        segment,
        layout.content_keys,
        layout.unclassed_keys.squeeze(-1).contiguous(),
        layout.few_keys.contiguous(),
        layout.few_members.contiguous(),
        layout.key_classes.contiguous(),
        layout.query_groups.contiguous(),
        layout.per_choice.contiguous(),
        layout.n_seeing.contiguous(),
        None if call.readout is None else call.readout.contiguous(),
        nodes,
        layout.is_self,
        layout.packed_from if call.packed else None,
    )


def _in_rows(x: Tensor) -> Tensor:
    """Channels side by side."""
    return x if x.stride(-1) == 1 else x.contiguous()


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
    """A library fits its sources and one build of torch."""
    sources = sorted([*SOURCES.glob("*.h"), *SOURCES.glob("*.cpp")])
    text = (*(each.read_text(encoding="utf-8") for each in sources), torch.__version__, *_FLAGS)
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
            command = [compiler, *_FLAGS, str(SOURCES / "kernel.cpp"), "-o", str(made)]
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
