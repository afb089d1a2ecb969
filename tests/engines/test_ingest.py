"""Ingest: shards of fixed runs, a fingerprint of the sentences alone, and refusals."""

import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.engines.ingest import ingest
from pipeline.lake import manifest, scan
from pipeline.lake.layout import Lake
from pipeline.lake.schema import LAKE


def some(n: int) -> list[Sentence]:
    return [
        Sentence(f"s{k}", "a b", ("a", "b"), ("X", "X"), (2, 0), ("x", "root")) for k in range(n)
    ]


def fault(source: str = "here/a.conllu") -> Fault:
    return Fault(source, 7, "s", "no tree")


def test_shards_are_fixed_runs_with_the_lakes_schema(tmp_path):
    told = []
    content = ingest(Lake(tmp_path), "c", some(7), 3, 0, told.append)
    assert [file.n_rows for file in content.files] == [3, 3, 1]
    assert [file.name for file in content.files] == [f"shard-0000{k}.parquet" for k in range(3)]
    assert told == [3, 3, 1]
    folder = Lake(tmp_path).sentences("c")
    read = pq.ParquetFile(folder / "shard-00000.parquet").schema_arrow
    assert read.equals(LAKE["sentences"])
    rows = scan(folder).collect()
    assert rows["sentence_id"].to_list() == [f"s{k}" for k in range(7)]
    assert rows.row(0, named=True) == {
        "sentence_id": "s0", "text": "a b", "words": ["a", "b"], "upos": ["X", "X"],
        "governors": [2, 0], "deprels": ["x", "root"], "n_words": 2,
        **{name: None for name in LAKE["sentences"].names if name.startswith("target_")},
        "alignment": None, "second": None,
    }  # fmt: skip


def test_the_fingerprint_is_that_of_the_sentences(tmp_path):
    """Not of where the corpus lies, nor of what was kept out; but of every word and their order."""

    def made(name, records, shard=3):
        return ingest(Lake(tmp_path / name), "c", records, shard, 1.0).fingerprint

    first = made("a", some(5))
    assert made("b", some(5)) == first
    assert made("c", [*some(5), fault()]) == made("d", [fault("elsewhere"), *some(5)]) == first
    assert made("e", some(6)) != first
    assert made("f", some(5), shard=2) != first
    assert made("g", some(5)[::-1]) != first


def test_a_shrunken_corpus_leaves_no_shard_behind(tmp_path):
    lake = Lake(tmp_path)
    ingest(lake, "c", some(7), 2, 0)
    ingest(lake, "c", some(2), 2, 0)
    names = {path.name for path in lake.sentences("c").iterdir()}
    assert names == {"shard-00000.parquet", "_manifest.json"}
    assert scan(lake.sentences("c")).collect().height == 2


def test_ingested_again_nothing_is_withdrawn(tmp_path, monkeypatch):
    """Another run may be reading."""
    lake = Lake(tmp_path)
    ingest(lake, "c", [*some(3), fault()], 2, 1)
    monkeypatch.setattr(manifest, "withdraw", lambda _: pytest.fail("was withdrawn"))
    ingest(lake, "c", [*some(3), fault()], 2, 1)


@pytest.mark.parametrize(
    ("records", "share", "what"),
    [
        ([], 0.5, "no sentence"),
        ([fault()], 1.0, "1 of 1 sentences are malformed"),
        ([*some(3), fault()], 0.2, "1 of 4 .*a.conllu line 7: no tree"),
    ],
)
def test_refusals_publish_nothing(records, share, what, tmp_path):
    with pytest.raises(UserError, match=what):
        ingest(Lake(tmp_path), "c", records, 2, share)
    assert {path.name for path in tmp_path.iterdir()} == {"_work"}


def test_what_was_published_outlives_a_refusal(tmp_path):
    lake = Lake(tmp_path)
    before = ingest(lake, "c", some(4), 2, 0)
    with pytest.raises(UserError):
        ingest(lake, "c", [*some(3), fault()], 2, 0)
    assert manifest.verified(lake.sentences("c")) == before


def test_exactly_the_allowed_share_is_taken(tmp_path):
    assert ingest(Lake(tmp_path), "c", [*some(3), fault()], 2, 0.25).facts == {"n_quarantined": 1}
