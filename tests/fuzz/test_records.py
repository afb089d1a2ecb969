"""JSON lines and Parquet of any values: each row is kept or quarantined, and none is lost."""

import datetime
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.lake.layout import Lake
from tests.fuzz.laws import corpus_file, examples, obeyed
from tests.fuzz.reference import HARM, _is_tree

COLUMNS = {"words": "w", "upos": "u", "governors": "g", "deprels": "d", "sentence_id": "i"}
CONF = {"_target_": "pipeline.corpora.parquet.Parquet", **COLUMNS, "text": "t"}

TEXTS = st.sampled_from(["a", "a b", "", " ", "_", "\u2028", "\x00", "\ud800", "1", "é", "<b>"])
NUMBERS = st.integers(-1, 4) | st.sampled_from([2**31, 2**63, -(2**63), 10**400])
ODD = st.one_of(st.none(), st.booleans(), st.floats(), NUMBERS, TEXTS)
ANY = st.recursive(ODD, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each))
LISTS = st.lists(TEXTS, max_size=3) | st.lists(ODD, max_size=3) | ANY
WHOLE = st.fixed_dictionaries(
    {
        "w": st.just(["a", "b"]) | LISTS,
        "u": st.just(["X", "_"]) | st.none() | LISTS,
        "g": st.sampled_from([[0, 1], ["2", "0"], None]) | st.lists(NUMBERS, max_size=3) | LISTS,
        "d": st.sampled_from([["root", "dep"], ["root", ":x"], ["_", "root"], None]) | LISTS,
        "i": ANY,
        "t": ANY,
    },
)


def without(record: dict, key: str | None) -> dict:
    return {name: value for name, value in record.items() if name != key}


RECORDS = st.builds(without, WHOLE, st.sampled_from([*[None] * 12, *"wugdit"]))
FIRST = {"w": ["first"], "u": ["X"], "g": [0], "d": ["root"], "i": "first", "t": "first"}


def is_sound(record: dict) -> bool:
    """What the format says of a record, written down anew."""
    if not record.keys() >= FIRST.keys():
        return False
    words, tags, heads, labels = (record.get(key) for key in "wugd")
    tags, heads, labels = (
        None if isinstance(x, list) and x and set(map(repr, x)) <= {"None", "'_'"} else x
        for x in (tags, heads, labels)
    )
    for texts in (words, tags, labels):
        if texts is not None and not (
            isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        ):
            return False
    if not words or not all(word.strip(" \t\r\n") for word in words):
        return False
    if heads is not None:
        if not isinstance(heads, list) or any(isinstance(head, bool | float) for head in heads):
            return False
        try:
            heads = [int(head) for head in heads]
        except (TypeError, ValueError):
            return False
        if len(heads) != len(words) or not _is_tree(heads):
            return False
    else:
        labels = None
    if labels is not None and any(label.split(":")[0] in ("", "_") for label in labels):
        return False
    if any(x is not None and len(x) != len(words) for x in (tags, labels)):
        return False
    said = "".join([*words, *(tags or ()), *(labels or ())])
    return not HARM.search(said) and not any("\ud800" <= sign <= "\udfff" for sign in said)


def ingested(folder, path, conf) -> tuple[int, str, list, list]:
    root = folder / "out"
    config = corpus_file(root, conf | {"path": str(path)})
    code, said = obeyed(root, "ingest", "--resolved", config)
    lake, rows = Lake(root), []
    if code:
        assert not lake.sentences("c").exists()
        return code, said, [], []
    for shard in sorted(lake.sentences("c").glob("*.parquet")):
        rows += pq.read_table(shard).to_pylist()
    aside = pq.read_table(lake.quarantine("c") / "quarantine-00000.parquet").to_pylist()
    return code, said, rows, aside


@examples(20)
@given(st.lists(RECORDS, max_size=8))
@example([FIRST | {"i": [[[]]]}, FIRST | {"w": 10**400}, FIRST | {"g": [True]}])
@example([without(FIRST, key) for key in FIRST])
def test_records_of_any_values(fresh, records: list[dict]) -> None:
    with fresh() as folder:
        path = folder / "x.jsonl"
        lines = [json.dumps(record) for record in (FIRST, *records)]
        path.write_text("\n".join(lines))
        code, said, rows, aside = ingested(folder, path, CONF)
        assert code == 0, said
        sound = [record for record in (FIRST, *records) if is_sound(record)]
        assert [row["words"] for row in rows] == [record["w"] for record in sound]
        assert len(rows) + len(aside) == len(records) + 1
        lost = [k for k, r in enumerate((FIRST, *records), start=1) if not is_sound(r)]
        assert [fault["line"] for fault in aside] == lost


@pytest.mark.parametrize("depth", [300, 480, 950, 100_000])
@pytest.mark.parametrize("key", ["w", "more"])
def test_records_nested_as_deep_as_can_be_read(fresh, depth: int, key: str) -> None:
    """What is read without a fault has to be shown without one."""
    deep = f'{{"w": ["a"], "{key}": {"[" * depth}1{"]" * depth}}}'
    opened = '{"a":'
    inside = f'{{"w": ["a"], "{key}": {opened * depth}1{"}" * depth}}}'
    conf = {"_target_": CONF["_target_"], "words": "w"}
    for lines in ([json.dumps(FIRST), deep, inside], [inside], [deep]):
        with fresh() as folder:
            path = folder / "x.jsonl"
            path.write_text("\n".join(lines))
            code, said, rows, aside = ingested(folder, path, conf)
            assert code in (0, 2), said
            assert code or len(rows) + len(aside) == len(lines)


TYPES = st.sampled_from(
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.bool_(),
        pa.date32(),
        pa.date64(),
        pa.timestamp("us"),
        pa.timestamp("ns", "Europe/Nowhere"),
        pa.duration("ns"),
        pa.decimal128(9, 2),
        pa.null(),
        pa.dictionary(pa.int8(), pa.string()),
    ]
).flatmap(
    lambda t: st.sampled_from(
        [t, pa.list_(t), pa.large_list(t), pa.struct([("a", t)]), pa.map_(pa.string(), t)]
    )
)


@examples(30)
@given(st.lists(st.tuples(st.sampled_from("wugdit"), TYPES), max_size=6), st.integers(0, 3))
@example([("w", pa.list_(pa.string())), ("w", pa.int8())], 1)
@example([("w", pa.list_(pa.date32()))], 2)
def test_tables_of_any_schema(fresh, schema, n_rows: int) -> None:
    with fresh() as folder:
        path = folder / "x.parquet"
        kinds = [pa.field(name, kind) for name, kind in schema]
        arrays = [pa.nulls(n_rows, kind) for _, kind in schema]
        try:
            pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(kinds)), path)
        except pa.ArrowException:
            return
        conf = {key: column for key, column in COLUMNS.items() if column in dict(schema)}
        if len(conf.keys() & {"governors", "deprels"}) == 1:
            return  # half a tree is refused before any file is looked at
        code, said, *_ = ingested(folder, path, {"_target_": CONF["_target_"], "words": "w"} | conf)
        assert code == 2, "no row has words"
        assert "x.parquet" in said


def test_values_that_python_cannot_hold_are_one_line(fresh) -> None:
    far = pa.array([2**31 - 1], pa.int32()).cast(pa.date32())
    nowhere = pa.array([2**62], pa.int64()).cast(pa.timestamp("us", "Europe/Nowhere"))
    for column in (far, nowhere):
        with fresh() as folder:
            path = folder / "x.parquet"
            pq.write_table(pa.table({"w": [["a"]], "i": column}), path)
            conf = {"_target_": CONF["_target_"], "words": "w", "sentence_id": "i"}
            code, said, *_ = ingested(folder, path, conf)
            assert code == 2
            assert "x.parquet" in said


def table_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    when = [datetime.date(2000, 1, 1)] * 4
    pq.write_table(pa.table({"w": [["a", "b"], ["c"]] * 2, "i": when}), sink)
    return sink.getvalue().to_pybytes()


TABLE = table_bytes()


@examples(30)
@given(st.integers(0, len(TABLE) - 1), st.integers(0, 255), st.integers(0, 3))
@example(181, 128, 0)  # the name of a column is no UTF-8
def test_tables_with_a_byte_that_is_another(fresh, at: int, byte: int, lost: int) -> None:
    with fresh() as folder:
        path = folder / "x.parquet"
        path.write_bytes(TABLE[:at] + bytes([byte]) + TABLE[at + 1 : len(TABLE) - lost])
        conf = {"_target_": CONF["_target_"], "words": "w", "sentence_id": "i"}
        code, said, rows, aside = ingested(folder, path, conf)
        assert code == 0 or "x.parquet" in said
        assert code or rows or aside


@examples(20)
@given(st.integers(0, len(TABLE) - 1), st.integers(0, 255))
def test_a_treebank_of_the_hub_with_a_byte_that_is_another(fresh, at: int, byte: int) -> None:
    with fresh() as folder:
        path = folder / "parquet/t/dev.parquet"
        path.parent.mkdir(parents=True)
        whole = pa.table({"tokens": [["a"]], "upos": [["X"]], "head": [["0"]], "deprel": [["d"]]})
        pq.write_table(whole, path)
        content = path.read_bytes()
        at = at % len(content)
        path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
        conf = {"_target_": "pipeline.corpora.ud.Ud", "treebank": "t", "split": "dev"}
        ingested(folder, folder, conf)
