"""Mutated CoNLL-U through `headcensus ingest`: what is published is what the reference reads."""

import re

import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.lake.layout import Lake
from tests.fuzz import reference
from tests.fuzz.laws import corpus_file, examples, obeyed, whole

# fmt: off
FORMS = st.sampled_from(
    ["a", "a b", "é", "\u2028", "\x85", "\x0b", "x\x0cy", "\xa0", "\xad", "#", "1-2", "_",
     "\ufeff", "\x00", "\x1b[2J", " ", "", "é", "\u202e", "<script>", "👩\u200d🚀", "-1",
     "9" * 5000]
)
NUMBERS = st.sampled_from(
    ["_", "", "0", "01", "0_1", "٣", "-1", "+1", "1.0", " 1", "1 ", "1e0", "9" * 5000,
     "2147483648", "-9223372036854775809", "1", "2", "3", "4", "²", "0\n", "x"]
)
IDS = st.sampled_from(
    ["1-2", "2-3", "2-1", "1-1", "3-9", "1-" + "9" * 4000, "0.1", "1.1", "1.0", "2.1", "00.1",
     "0-1", "1-2-3", "1.1.1", "_", "", "1", "9" * 5000 + ".1", "٣", "-1", "1\u2028"]
)
COMMENTS = st.sampled_from(
    ["#", "# sent_id = x", "# sent_id=", "#=", "# text = \u2028", "# sent_id = \x00 y",
     "# newdoc", "# sent_id = a = b", "#\tsent_id = tab", "# text\x85= z", "## sent_id = no",
     "# =="]
)
BYTES = st.sampled_from(
    [b"\x00", b"\xff", b"\xc3", b"\n", b"\r", b"\t", b" ", b"#", b"\xed\xa0\x80",
     b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85", b"1", b"-", b".", b"_", b"\n\n", b"\r\r\n",
     b"\x0b", b"\x0c"]
)
# fmt: on


@st.composite
def sentences(draw) -> str:
    """A sound sentence, or one in which something was changed."""
    n = draw(st.integers(1, 5))
    heads = [draw(st.integers(0 if k == 0 else 1, k)) for k in range(n)]
    rows = [
        [str(k + 1), "w", "_", "X", "_", "_", str(head), "root" if head == 0 else "dep", "_", "_"]
        for k, head in enumerate(heads)
    ]
    for _ in range(draw(st.integers(0, 2))):
        row = rows[draw(st.integers(0, n - 1))]
        if len(row) < 10:
            continue
        match draw(st.integers(0, 7)):
            case 0 | 1:
                row[1] = draw(FORMS)
            case 2:
                row[6] = draw(NUMBERS | st.integers(-1, 6).map(str))
            case 3:
                row[0] = draw(NUMBERS | IDS)
            case 4:
                row[draw(st.sampled_from([3, 7]))] = draw(FORMS)
            case 5:
                del row[draw(st.integers(0, len(row) - 1)) :]
            case 6:
                column = draw(st.sampled_from([3, 6, 7]))
                for each in rows:
                    each[column:] = ["_", *each[column + 1 :]]
            case 7:
                row.append("more")
    lines = ["\t".join(row) for row in rows]
    for _ in range(draw(st.integers(0, 2))):
        other = draw(COMMENTS | IDS.map(lambda i: f"{i}\tw\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No"))
        lines.insert(draw(st.integers(0, len(lines))), other)
    if draw(st.integers(0, 15)) == 0:
        lines = [line.replace("\t", " ") for line in lines]
    return "\n".join(lines)


@st.composite
def files(draw) -> bytes:
    gap = draw(st.sampled_from(["\n\n", "\n \n", "\n\n\n", "\n \r\n"]))
    text = gap.join(draw(st.lists(sentences(), min_size=1, max_size=9)))
    text += draw(st.sampled_from(["", "\n", gap]))
    content = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 4)) == 0:
        content = content.replace(b"\n", b"\r\n")
    if draw(st.integers(0, 6)) == 0:
        content = b"\xef\xbb\xbf" + content
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(BYTES) + content[at + draw(st.integers(0, 2)) :]
    return content


GOOD = b"1\tw\t_\tX\t_\t_\t0\troot\t_\t_"
LONG = b"# text = " + b"x" * 200_000 + b"\n"


@examples(20)
@given(files())
@example(GOOD)
@example(GOOD.replace(b"w", "a\u2028b\x85c\u2029".encode()))
@example(GOOD.replace(b"w", b"a\x0bb"))
@example(GOOD.replace(b"\t0\t", b"\t0_0\t") + b"\n\n" + GOOD)
@example(LONG + GOOD + b"\n\n" + LONG)
@example(b"\x00" + GOOD)
@example(b"\xff\xfe" + GOOD)
@example(b"# sent_id = \xed\xa0\x80\n" + GOOD + b"\n\n" + GOOD)
@example(GOOD.replace(b"w", b"x" * 2_000_000))
def test_what_is_published_is_what_the_reference_reads(fresh, content: bytes) -> None:
    with fresh() as folder:
        root, path = folder / "out", folder / "f.conllu"
        path.write_bytes(content)
        conf = {"_target_": "pipeline.corpora.conllu.Conllu", "path": str(path)}
        code, said = obeyed(root, "ingest", "--resolved", corpus_file(root, conf))
        blocks = reference.read(content, path.name)
        kept = [block.row for block in blocks if block.row is not None]
        lake = Lake(root)
        if not kept:
            assert code == 2
            assert path.name in said or "corpus" in said
            assert not lake.sentences("c").exists()
            return
        assert code == 0, said
        assert whole(lake.sentences("c"))
        rows = [
            row
            for shard in sorted(lake.sentences("c").glob("*.parquet"))
            for row in pq.read_table(shard).to_pylist()
        ]
        aside = pq.read_table(lake.quarantine("c") / "quarantine-00000.parquet").to_pylist()
        assert len(rows) + len(aside) == len(blocks)
        assert [{key: row[key] for key in kept[0]} for row in rows] == kept
        assert all(row["n_words"] == len(row["words"]) for row in rows)
        lost = [block for block in blocks if block.row is None]
        for block, fault in zip(lost, aside, strict=True):
            assert fault["line"] in block.lines
            assert fault["source"] == str(path)
            assert fault["reason"]
            assert not re.search("[\n\r\x00-\x08]", fault["reason"])
