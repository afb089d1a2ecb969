"""Plain and parallel text of any bytes: every line that is not blank is kept or quarantined."""

import re

import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.lake.layout import Lake
from tests.fuzz.laws import corpus_file, examples, obeyed

HARM = re.compile("[\x00-\x1f\x7f]")
# fmt: off
PIECES = st.sampled_from(
    [b"a", b"b c", "é".encode(), b" ", b"\t", b"\r", b"\x00", b"\xff", b"\xed\xa0\x80", b"1.5",
     "\u2028".encode(), "\x85".encode(), "\u00a0".encode(), b"\x0b", b"\x0c", b"\x1c", b"'",
     "\u00ad".encode(), "\u202e".encode(), b"\xef\xbb\xbf", b"<script>", b"_", "ไทย".encode()]
)
# fmt: on
LINES = st.lists(st.lists(PIECES, max_size=5).map(b"".join), max_size=6)
LINKS = st.lists(
    st.sampled_from([b"0-0", b"1-0", b"0?1", b"0p0", b"9-9", b"-1-0", b"0-", b"0--0", b"\xff"])
    | st.sampled_from([b"1" * 5000 + b"-0", "٠-٠".encode(), "0-0\u00a01-1".encode(), b"", b"0-0"]),
    max_size=3,
).map(b" ".join)


def published(root) -> tuple[list[dict], list[dict]]:
    lake = Lake(root)
    if not lake.sentences("c").exists():
        return [], []
    shards = sorted(lake.sentences("c").glob("*.parquet"))
    aside = pq.read_table(lake.quarantine("c") / "quarantine-00000.parquet").to_pylist()
    return [row for shard in shards for row in pq.read_table(shard).to_pylist()], aside


def lines_of(content: bytes) -> list[bytes]:
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.removesuffix(b"\r") for line in (lines if lines[-1] else lines[:-1])]


def text_of(line: bytes) -> str | None:
    """None where a line is damaged."""
    try:
        return line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None


@examples(20)
@given(LINES.map(b"\n".join))
@example("a\u2028b\x85c\n\nd\u2029".encode())
@example(b"\xef\xbb\xbf\xef\xbb\xbfa\r\n\r\r\nb")
def test_plain_text(fresh, content: bytes) -> None:
    with fresh() as folder:
        root, path = folder / "out", folder / "x.txt"
        path.write_bytes(content)
        conf = {"_target_": "pipeline.corpora.text.Text", "path": str(path)}
        code, said = obeyed(root, "ingest", "--resolved", corpus_file(root, conf))
        texts = [text_of(line) for line in lines_of(content)]
        sound = [text for text in texts if text and not HARM.search("".join(text.split()))]
        rows, aside = published(root)
        assert [row["text"] for row in rows] == sound
        for row in rows:
            assert "".join(row["words"]) == "".join(row["text"].split())
        if sound:
            assert code == 0, said
            assert len(rows) + len(aside) == sum(text != "" for text in texts)
        else:
            assert code == 2


def pair(source: bytes, target: bytes, links: bytes) -> tuple | str | None:
    """The words of both sides and their links, None where both are blank, or that it is damaged."""
    texts, aligned = (text_of(source), text_of(target)), text_of(links)
    if None in texts:
        return "damaged"
    words = [[word for word in re.split("[ \t\r\n]+", text or "") if word] for text in texts]
    if not all(words):
        blank = not any(words) and aligned is not None and not aligned.strip(" \t\r\n")
        return None if blank else "damaged"
    found = set()
    for link in re.split("[ \t\r\n]+", links.decode("utf-8", "replace")):
        if not link:
            continue
        parts = re.fullmatch("([0-9]+)[-?p]([0-9]+)", link)
        if not parts or max(map(len, parts.groups())) > 9:
            return "damaged"
        ends = int(parts[1]), int(parts[2])
        if ends[0] >= len(words[0]) or ends[1] >= len(words[1]):
            return "damaged"
        found.add(ends)
    if HARM.search("".join([*words[0], *words[1]])):
        return "damaged"
    return words[0], words[1], sorted(found)


@examples(20)
@given(
    st.lists(
        st.tuples(
            st.lists(PIECES, min_size=1, max_size=4).map(b"".join),
            st.lists(PIECES, min_size=1, max_size=4).map(b"".join),
            LINKS,
        ),
        max_size=6,
    ),
    st.integers(0, 9),
)
@example([(b"a", b"b", b"0-0"), (b" ", b"\xc2\x85", b"")], 0)
def test_parallel_text(fresh, pairs: list, more: int) -> None:
    pairs = [(b"start", b"Anfang", b"0-0"), *pairs]
    with fresh() as folder:
        root = folder / "out"
        files = {}
        for k, key in enumerate(("source", "target", "alignments")):
            files[key] = str(folder / key)
            lines = b"".join(parts[k].replace(b"\n", b"") + b"\n" for parts in pairs)
            # A file with a line more belongs to no other.
            (folder / key).write_bytes(lines + b"x\n" * (more == 9 and key == "target"))
        conf = {"_target_": "pipeline.corpora.parallel.Parallel", **files}
        code, said = obeyed(root, "ingest", "--resolved", corpus_file(root, conf))
        if more == 9:
            assert code == 2
            assert "lines" in said
            return
        assert code == 0, said
        wanted = [pair(*(part.removesuffix(b"\r") for part in parts)) for parts in pairs]
        rows, aside = published(root)
        found = [
            (
                row["words"],
                row["target_words"],
                [(link["source"], link["target"]) for link in row["alignment"]],
            )
            for row in rows
        ]
        assert found == [each for each in wanted if isinstance(each, tuple)]
        assert len(aside) == wanted.count("damaged")
