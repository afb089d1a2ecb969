"""CoNLL-U: whatever a file holds, each block is kept as it was written or set aside, alone.

What is right of each block is known by how it was made, and not by reading it.
"""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lake import manifest
from tests.fuzz.conftest import BRIEF
from tests.stages import small

# Among them all that some reader takes for the end of a line, and what no reader shows.
FORMS = st.sampled_from(
    [
        *("a", "10 000", "x\u2028y", "\u2029", "\x85", "a\x85b", "\ufeff", "\u200b", "\u00ad"),
        *("é", "e\u0301", "\U0001f469\u200d\U0001f52c", "\u00a0", "#", "=", "1-2", "<script>"),
        *("'", '"'),
    ]
)


@dataclass(frozen=True)
class Block:
    """Lines of a sentence, and what they say; `words` None: it is to be set aside."""

    lines: tuple[bytes, ...]
    words: tuple[str, ...] | None
    governors: tuple[int, ...] = ()


def line(number: object, form: str, head: object, deprel: str = "dep") -> str:
    return f"{number}\t{form}\t_\tNOUN\t_\t_\t{head}\t{deprel}\t_\t_"


@st.composite
def good(draw) -> Block:
    words = draw(st.lists(FORMS, min_size=1, max_size=5))
    governors = [0] + [draw(st.integers(1, k)) for k in range(1, len(words))]
    written = [
        line(k + 1, word, head, "dep" if head else "root")
        for k, (word, head) in enumerate(zip(words, governors, strict=True))
    ]
    if draw(st.booleans()) and len(words) > 1:  # a token of two words before the first of them
        written.insert(0, line("1-2", "both", "_", "_"))
    if draw(st.booleans()):  # a node that no word stands for
        written.append(line(f"{len(words)}.1", "none", "_", "_"))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(written)))
        comment = draw(st.sampled_from(["# text = x", "#", "# a\u2028b", "# = =", "#\t\t\t"]))
        written.insert(at, comment)
    return Block(tuple(text.encode() for text in written), tuple(words), tuple(governors))


BROKEN = {
    "a column too few": lambda text: text.rsplit("\t", 1)[0],
    "a column too many": lambda text: text + "\t_",
    "spaces for tabs": lambda text: text.replace("\t", "    "),
    "no number": lambda text: "x" + text,
    "a number skipped": lambda text: "7" + text,
    "a negative number": lambda text: "-" + text,
    "a governor that is not there": lambda text: _with(text, 6, "99"),
    "a governor below nothing": lambda text: _with(text, 6, "-1"),
    "half a governor": lambda text: _with(text, 6, "1.5"),
    "its own governor": lambda text: _with(text, 6, text.split("\t")[0]),
    "a huge governor": lambda text: _with(text, 6, "9" * 30),
    "no form": lambda text: _with(text, 1, ""),
    "a vertical tab": lambda text: _with(text, 1, "a\x0bb"),
    "a form feed": lambda text: _with(text, 1, "\x0c"),
    "a separator": lambda text: _with(text, 1, "\x1c"),
    "nothing at all": lambda text: _with(text, 1, "a\x00"),
}


def _with(text: str, column: int, content: str) -> str:
    columns = text.split("\t")
    return "\t".join([*columns[:column], content, *columns[column + 1 :]])


@st.composite
def bad(draw) -> Block:
    block = draw(good())
    at = next(k for k, raw in enumerate(block.lines) if raw.startswith(b"1\t"))
    how = draw(st.sampled_from(["bad UTF-8", "a second root", *BROKEN]))
    lines = list(block.lines)
    if how == "bad UTF-8":
        lines[at] += draw(st.sampled_from([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"]))
    elif how == "a second root":
        n = len(block.words or ())
        last = max(k for k, raw in enumerate(lines) if raw.startswith(f"{n}\t".encode()))
        lines.insert(last + 1, line(n + 1, "w", 0, "root").encode())
        lines = [raw for raw in lines if not raw.startswith(f"{n}.1\t".encode())]
    else:
        lines[at] = BROKEN[how](lines[at].decode()).encode()
    return replace(block, lines=tuple(lines), words=None)


@BRIEF
@given(
    blocks=st.lists(st.one_of(good(), good(), bad()), min_size=1, max_size=6),
    end=st.sampled_from([b"\n", b"\r\n"]),
    between=st.lists(st.sampled_from([b"", b" ", b"   "]), min_size=1, max_size=3),
    start=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    finished=st.booleans(),
)
def test_each_block_is_kept_or_set_aside(blocks, end, between, start, finished, capfd):
    gap = end + end.join(between) + end
    content = start + gap.join(end.join(block.lines) for block in blocks) + end * finished
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "some.conllu").write_bytes(content)
        root = folder / "out"
        words = ["corpus=conllu", f"corpus.path={folder / 'some.conllu'}", f"root={root}"]
        code = small.run("ingest", *words, "ingest.max_quarantined=1", "ingest.shard_sentences=2")
        kept = [block for block in blocks if block.words is not None]
        said = capfd.readouterr().err
        if not kept:
            assert code == 2
            assert said.count("\n") == 1
            assert not (root / "sentences").exists()
            return
        assert (code, said) == (0, "")
        places = [root / top / "corpus=conllu" for top in ("sentences", "quarantine")]
        tables = [
            [row for path in manifest.paths(p, manifest.verified(p)) for row in _rows(path)]
            for p in places
        ]
        assert [tuple(row["words"]) for row in tables[0]] == [block.words for block in kept]
        assert [tuple(row["governors"]) for row in tables[0]] == [block.governors for block in kept]
        assert len(tables[1]) == len(blocks) - len(kept)
        assert not list(root.rglob("*.tmp"))
    finally:
        shutil.rmtree(folder)


def _rows(path: Path) -> list[dict]:
    return pq.ParquetFile(path).read().to_pylist()
