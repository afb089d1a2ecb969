"""The intervene stage: finished work is not done again, and what cannot be done is one line."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.analysis.effects import COVERED
from pipeline.lake.files import sha256_of, write_text
from pipeline.stages.cli import main
from pipeline.stages.measure import CellPlan
from tests import pages, tiny
from tests.stages import small


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("intervene")
    write_text(folder / "some.conllu", small.conllu(30))
    model = tiny.save(folder / "gpt2", "gpt2", head="ForCausalLM")
    words = ["model=local", f"model.path={model}", "corpus=conllu", "analysis.bootstrap=20"]
    words += [f"corpus.path={folder}/some.conllu", "ingest.shard_sentences=12"]
    words += [
        "intervene.sentences=6",
        "intervene.draws=1",
        f"root={folder}/out",
        "analysis.min_arcs=5",
    ]
    assert main(["intervene", *words, "control=[trained,random_weights]"]) == 0
    return words


def root(asked: list[str]) -> Path:
    return Path(next(word for word in asked if word.startswith("root=")).removeprefix("root="))


def files(asked: list[str]) -> dict[str, str]:
    kept = ("lake/effects", "lake/observed", "interventions", "report/interventions")
    found = [p for name in kept for p in sorted((root(asked) / name).rglob("*")) if p.is_file()]
    return {str(p): sha256_of(p) for p in found}


def test_once_more_loads_no_model_and_changes_nothing(asked, monkeypatch):
    before = files(asked)
    assert len(before) > 12
    monkeypatch.setattr(CellPlan, "subject", lambda *a, **k: pytest.fail("a model was loaded"))
    assert main(["intervene", *asked, "control=[trained,random_weights]"]) == 0
    assert files(asked) == before


def test_the_page_is_like_the_others(asked):
    file = root(asked) / "report/interventions.html"
    assert pages.check(file.read_text(encoding="utf-8")).count("table") > 3


def test_the_page_says_what_intervals_of_few_sentences_cover(asked):
    for folder in (root(asked) / "report", small.ROOT / "reports"):
        page = (folder / "interventions.md").read_text(encoding="utf-8")
        for n, (low, high) in COVERED.items():
            assert f"of {n}, {low} to {high} %" in page


def test_a_decoder_is_judged_by_what_it_says(asked):
    tables = root(asked) / "interventions"
    judged = pl.read_parquet(tables / "verdicts.parquet")
    assert judged.filter(control="trained", outcome="kl")["verdict"].null_count() == 0
    effects = pl.read_parquet(tables / "effects.parquet").filter(control="trained")
    # GPT-2 has no [SEP] and no [CLS]; what is first is no special piece.
    assert set(effects["key_class"].drop_nulls()) == {"first", "punct", "previous_word"}
    assert effects["loss_change"].null_count() == 0
    assert pl.read_parquet(tables / "importance.parquet").filter(control="trained").height == 8
    cost = pl.read_parquet(tables / "cost.parquet")
    assert (cost["n_layer_runs"] < cost["n_layer_runs_naive"] / 3).all()
    nulls = pl.read_parquet(tables / "effects.parquet").filter(
        control="random_weights", scope="head"
    )
    assert set(nulls["condition"]) == {"no_head"}


def test_of_a_class_that_a_model_lacks_masses_are_0_and_flags_false(asked):
    """As README, docs/report.md and docs/lake.md say; a uniform pattern has 0 there, too."""
    heads = pl.read_parquet(root(asked) / "tables/heads.parquet")
    for name in ("cls", "sep"):
        assert set(heads[f"mass_{name}"]) == set(heads[f"uniform_mass_{name}"]) == {0.0}
        assert set(heads[f"dumps_{name}"]) == {False}
        assert heads[f"lift_mass_{name}"].null_count() == heads.height


def test_interventions_of_a_cell_that_was_measured_anew_are_named(asked, tmp_path, capsys):
    """Their sentences are the same: their means, and their heads, are not."""
    small.copy(root(asked), tmp_path / "out")
    again = [word for word in asked if "root=" not in word]
    again += [f"root={tmp_path}/out", "control=[trained,random_weights]"]
    assert main(["verify", f"root={tmp_path}/out"]) == 0
    for stage in ("measure", "aggregate"):
        assert main([stage, *again, "measure.batch_pieces=512"]) == 0
    capsys.readouterr()
    assert main(["verify", f"root={tmp_path}/out"]) == 1
    out, err = capsys.readouterr()
    assert out.count("was made before its cell was measured anew") == len(out.splitlines())
    assert "lake/effects" in out
    assert "`headcensus intervene` with its own words makes" in err


def test_classes_are_asked_for_by_name(asked, capsys):
    assert main(["intervene", *asked, "intervene.classes=[comma]"]) == 2
    assert "intervene.classes" in capsys.readouterr().err
    assert main(["intervene", *asked, "intervene.sentences=0"]) == 2
    assert "intervene.sentences" in capsys.readouterr().err


def test_a_cell_out_of_the_tables_is_named(asked, capsys, tmp_path):
    assert main(["compose", *[w for w in asked if "root=" not in w], f"root={tmp_path}/new"]) == 0
    resolved = tmp_path / "new/resolved/intervene.yaml"
    assert main(["intervene", "--resolved", str(resolved)]) == 2
    assert "lake/values" in capsys.readouterr().err


def test_an_encoder_decoder_over_sentences_without_translation(tmp_path, capsys):
    """Both sides read the same; heads of the decoder have its arcs."""
    write_text(tmp_path / "some.conllu", small.conllu(24))
    model = tiny.save(tmp_path / "t5", "t5", head="ForSeq2SeqLM")
    words = ["model=local", f"model.path={model}", "corpus=conllu", "analysis.bootstrap=20"]
    words += [f"corpus.path={tmp_path}/some.conllu", "control=trained", "analysis.min_arcs=5"]
    words += ["intervene.sentences=2", "intervene.observe_every=1", f"root={tmp_path}/out"]
    assert main(["intervene", *words]) == 0
    tables = tmp_path / "out/interventions"
    effects = pl.read_parquet(tables / "effects.parquet").filter(scope="head")
    before = effects.filter(key_class="previous_word")
    assert set(before["site"]) == {"encoder", "decoder"}
    assert effects["loss_change"].null_count() == 0
    assert set(pl.read_parquet(tables / "no_ops.parquet")["site"]) == {"encoder", "decoder"}
    verdicts = pl.read_parquet(tables / "verdicts.parquet")
    assert set(verdicts["verdict"]) == {"undecided"}
    capsys.readouterr()
    assert main(["intervene", *words, "intervene.classes=[punct]"]) == 0
    assert "no class of keys" in capsys.readouterr().out
    page = (tmp_path / "out/report/interventions.md").read_text(encoding="utf-8")
    assert "No class of keys that a head may dump its attention on was changed." in page


def test_what_the_census_does_not_ask_is_not_answered(tmp_path, capsys):
    """Heads that dump on [BOS] are changed, and the census has no such flag."""
    write_text(tmp_path / "some.conllu", small.conllu(6))
    model = tiny.save(tmp_path / "llama", "llama", head="ForCausalLM")
    words = small.words(model, tmp_path / "some.conllu", tmp_path / "out")
    words += ["intervene.classes=bos", "intervene.sentences=2", "intervene.draws=0"]
    assert main(["intervene", *words, "analysis.dump_threshold=0.1"]) == 0
    effects = pl.read_parquet(tmp_path / "out/interventions/effects.parquet")
    assert effects.filter(scope="dumping", key_class="bos").height > 0
    said = "whether heads dump their attention on BOS the census did not ask"
    assert said in capsys.readouterr().out


def test_tables_of_more_cells_stay(asked, tmp_path, capsys):
    """They are the census, and its report stands beside them."""
    out = tmp_path / "out"
    words = [*(word for word in asked if not word.startswith("root=")), f"root={out}"]
    words += ["intervene.classes=[first]", "atlas.sentences=0"]
    every = "control=[trained,random_weights,shuffled_weights]"
    assert main(["run", *words, every]) == 0
    before = small.files(out / "tables")
    assert main(["intervene", *words, "control=trained"]) == 0
    assert small.unlike(before, small.files(out / "tables")) == []
    heads = pl.read_parquet(out / "interventions/verdicts.parquet")
    assert set(heads["control"]) == {"trained"}
    capsys.readouterr()
    for other in (["control=[trained,no_projection]"], ["control=trained", "analysis.margin=0.2"]):
        assert main(["intervene", *words, *other]) == 2
        assert "give" in capsys.readouterr().err
        assert small.unlike(before, small.files(out / "tables")) == []
    # And the report leads to what is of the same, and to nothing else.
    link = "by experiment: `interventions.html`"
    assert main(["report", *words, every]) == 0
    assert link in (out / "report/census.md").read_text(encoding="utf-8")
    model = tiny.save(tmp_path / "bert", "bert")
    capsys.readouterr()
    words = [word for word in words if not word.startswith("model.path=")]
    assert main(["run", *words, f"model.path={model}", every]) == 0
    assert "interventions.html is not of this census" in capsys.readouterr().err
    assert link not in (out / "report/census.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("control", ["trained", "random_weights"])
def test_what_the_census_asked_and_did_not_find_is_answered(control, tmp_path, capsys):
    """Then no head is changed by itself, and none has a verdict."""
    write_text(tmp_path / "some.conllu", small.conllu(6))
    model = tiny.save(tmp_path / "gpt2", "gpt2", head="ForCausalLM")
    words = small.words(model, tmp_path / "some.conllu", tmp_path / "out")
    words += ["intervene.sentences=2", "intervene.draws=0", "intervene.heads=dumping"]
    assert main(["intervene", *words, f"control={control}", "analysis.dump_threshold=0.99"]) == 0
    about = "local × conllu" + (", random_weights" if control == "random_weights" else "")
    said = "o head dumps its attention on the first piece"
    assert f"{about}: n{said}" in capsys.readouterr().out
    page = (tmp_path / "out/report/interventions.md").read_text(encoding="utf-8")
    assert f"**{about}.** N{said}." in page.replace("\\", "")
