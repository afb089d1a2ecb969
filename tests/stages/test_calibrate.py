"""The calibrate stage: from a model and a corpus to a page that says how often counts are wrong."""

import polars as pl
import pytest

from pipeline.analysis.measured import measured
from pipeline.analysis.simulate import KNOW_NOTHING
from pipeline.lake import open_sentences
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.tables import TABLES
from pipeline.report.definitions import definitions
from pipeline.report.markdown import to_markdown
from tests.stages import small


@pytest.fixture
def asked(words, sentences, tmp_path) -> list[str]:
    sentences.write_text(small.conllu(80), encoding="utf-8")
    report = f"calibrate.report={tmp_path / 'said'}"
    return [*words, "calibrate.simulations=2", "calibrate.repeats=1", report]


@pytest.mark.slow
def test_the_page_and_what_it_is_made_of(asked, root, tmp_path, capfd):
    assert small.run("calibrate", *asked) == 0
    out, err = capfd.readouterr()
    assert "any significant head (2 of the kind)" in out
    assert "where 5 % are allowed" in out
    assert err == ""
    page = (tmp_path / "said/method.md").read_text(encoding="utf-8")
    for figure in ("calibration", "power", "by-size"):
        assert f"](method/{figure}.svg)" in page
        assert (tmp_path / f"said/method/{figure}.svg").is_file()
    simulated = pl.read_parquet(root / "calibration/simulated.parquet")
    assert simulated["kind"].unique(maintain_order=True).to_list() == [
        *KNOW_NOTHING,
        "random_weights, as measured",
        "shuffled_words, as measured",
    ]
    assert simulated["n_heads"].unique().to_list() == [12]
    power = pl.read_parquet(root / "calibration/power.parquet")
    assert power["p"].max() == 1.0
    written = small.files(root)
    assert small.run("calibrate", *asked) == 0
    assert small.files(root) == written
    assert (tmp_path / "said/method.md").read_text(encoding="utf-8") == page
    assert small.run("calibrate", *asked, "calibrate.seed=2") == 0
    assert small.files(root) != written


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["control=random_weights"], "calibrate measures random_weights, shuffled_words itself"),
        (["analysis.min_arcs=5000"], "no relation has more than 15000 arcs"),
        (["calibrate.simulations=0"], "calibrate.simulations"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_one_line(
    asked, sentences, more, says, tmp_path, capfd
):
    sentences.write_text(small.conllu(20), encoding="utf-8")
    keys = {word.split("=")[0] for word in more}
    kept = [word for word in asked if word.split("=")[0] not in keys]
    assert small.run("calibrate", *kept, *more) == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert says in err
    assert not (tmp_path / "said/method.md").exists()


@pytest.mark.parametrize("n", [1, 15])
def test_a_corpus_without_a_sixteenth(n, asked, sentences, root, capfd):
    sentences.write_text(small.conllu(n), encoding="utf-8")
    kept = [word for word in asked if not word.startswith("analysis.min_arcs")]
    assert small.run("calibrate", *kept, "analysis.min_arcs=1") == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert f"has {n} sentences" in err
    assert "16 or more" in err
    assert not (root / "calibration/lake").exists()


def test_a_part_without_arcs(words, sentences, tmp_path, capfd):
    """Most sentences are one word."""
    alone = "1\tdogs\tdogs\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
    sentences.write_text(small.conllu(6) + 10 * alone, encoding="utf-8")
    kept = [word for word in words if not word.startswith("analysis.min_arcs")]
    more = ["analysis.min_arcs=1", "calibrate.simulations=1", "calibrate.repeats=1"]
    assert small.run("calibrate", *kept, *more, f"calibrate.report={tmp_path}") == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "calibrate: 1 sentences drawn from the corpus have no arc" in err


def test_a_corpus_without_trees(words, tmp_path, capfd):
    (tmp_path / "raw.txt").write_text("dogs bark\nthe cats\n" * 9, encoding="utf-8")
    kept = [word for word in words if not word.startswith("corpus")]
    raw = ["corpus=text", f"corpus.path={tmp_path / 'raw.txt'}"]
    assert small.run("calibrate", *kept, *raw, f"calibrate.report={tmp_path}") == 2
    assert "has no trees" in capfd.readouterr().err


def test_the_committed_page_defines_the_tables_as_they_are():
    page = (small.ROOT / "reports/method.md").read_text(encoding="utf-8")
    assert to_markdown(definitions("What the tables hold", TABLES)) in page


def test_a_measured_cell_is_its_shards_one_after_another(template):
    trees, hits = measured(Lake(template), Cell("local", "trained", 0, "conllu"))
    sentences = open_sentences("conllu", template).collect()
    arcs = trees.arcs.sentence, trees.arcs.dependent, trees.arcs.governor
    assert list(zip(*(ends.tolist() for ends in arcs), strict=True)) == [
        (row, dependent, governor - 1)
        for row, governors in enumerate(sentences["governors"].to_list())
        for dependent, governor in enumerate(governors)
        if governor > 0
    ]
    assert trees.n_words.tolist() == sentences["n_words"].to_list()
    assert trees.rows.tolist() == sentences["sentence"].to_list()
    assert hits.shape == (len(trees.arcs), 2 * 12)
