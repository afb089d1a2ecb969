"""Two cells of finished tables, head by head: against the tables themselves, and by symmetry."""

import re
from dataclasses import replace

import polars as pl
import pytest

from pipeline.analysis.compare import ROLES, compare
from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.lake import open_table
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.tables import TABLES
from pipeline.report.comparison import write_comparison
from tests import pages, tiny
from tests.stages import small

A, B = Cell("local", "trained", 0, "conllu"), Cell("local", "random_weights", 1, "conllu")
RULES = Rules(min_arcs=5, bootstrap=20)
KEYS = ["site", "layer", "head", "role", "what"]
CONTROLS = "control=[trained,random_weights-1]"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    corpus = folder / "some.conllu"
    corpus.write_text(small.conllu(40), encoding="utf-8")
    words = small.words(tiny.save(folder / "model"), corpus, folder / "out")
    small.tables(*words, CONTROLS)
    return folder / "out"


@pytest.fixture(scope="module")
def tables(root):
    return {name: open_table(name, root).collect() for name in TABLES}


def rows(root, tables, a: Cell, b: Cell) -> pl.DataFrame:
    return compare(Lake(root), a, b, RULES, tables)


def test_either_side_is_what_the_tables_say(root, tables):
    found = rows(root, tables, A, B)
    relations = (
        tables["relations"]
        .filter(level="full", weighting="attention")
        .with_columns(what=pl.format("{} {}", "deprel", "direction"))
    )
    heads = tables["heads"]
    for side, cell in (("a", A), ("b", B)):
        keys = {"model": cell.model, "control": cell.control, "seed": cell.seed}
        tests = found.filter(role="tracks").join(
            relations.filter(**keys), on=["site", "layer", "head", "what"], how="inner"
        )
        assert tests.height == found.filter(role="tracks").height > 50
        assert tests[side].to_list() == tests["accuracy"].to_list()
        assert tests[f"{side}_low"].to_list() == tests["accuracy_low"].to_list()
        assert tests[f"{side}_high"].to_list() == tests["accuracy_high"].to_list()
        for c in ("cls", "sep", "first"):
            dumps = found.filter(role="dumps", what=c).join(
                heads.filter(**keys), on=["site", "layer", "head"], how="inner"
            )
            assert dumps.height == 12
            assert dumps[side].to_list() == dumps[f"mass_{c}"].to_list()
            assert dumps[f"{side}_low"].to_list() == dumps[f"mass_{c}_low"].to_list()
            assert dumps[f"{side}_has"].to_list() == dumps[f"dumps_{c}"].to_list()


def test_rows_stand_by_role_then_by_what_they_are_about(root, tables):
    found = rows(root, tables, A, B)
    order = {role: k for k, role in enumerate(ROLES)}
    keys = found.select("role", "what", "site", "layer", "head").rows()
    assert keys == sorted(keys, key=lambda key: (order[key[0]], *key[1:]))


def test_positional_rates_have_intervals_around_them(root, tables):
    found = rows(root, tables, A, B).filter(role="positional")
    assert found.height == 12
    for side in ("a", "b"):
        assert (found[f"{side}_low"] <= found[side] + 1e-9).all()
        assert (found[f"{side}_high"] >= found[side] - 1e-9).all()
        assert (found[f"{side}_low"] < found[f"{side}_high"]).any()


def test_the_other_way_round_is_the_same_with_the_other_sign(root, tables):
    there, back = rows(root, tables, A, B), rows(root, tables, B, A)
    both = there.join(back, on=KEYS, suffix="_back", how="full")
    assert both.height == there.height == back.height
    for end, other in (("", ""), ("_low", "_high"), ("_high", "_low")):
        total = both[f"difference{end}"] + both[f"difference{other}_back"]
        assert float(total.abs().max()) < 1e-12
    assert both["changed"].to_list() == both["changed_back"].to_list()
    assert 0 < both["changed"].sum() < both.height
    inside = there.drop_nulls(["difference", "difference_low"])
    assert (inside["difference_low"] <= inside["difference_high"]).all()


def test_a_difference_that_is_certain_has_the_sign_of_its_interval(root, tables):
    found = rows(root, tables, A, B)
    certain = found.filter((pl.col("difference_low") > 0) | (pl.col("difference_high") < 0))
    assert certain.height > 5
    assert certain["difference"].sign().equals(certain["difference_low"].sign())


@pytest.fixture(scope="module")
def across(tmp_path_factory):
    """A root with a model that reads two sequences, over pairs with gold links."""
    folder = tmp_path_factory.mktemp("across")
    words = ["model=local", f"model.path={tiny.save(folder / 'model', 'bart')}"]
    words += ["corpus=invented", "corpus.sentences=24", "analysis.min_arcs=5"]
    small.tables(*words, "analysis.bootstrap=20", f"root={folder}/out", CONTROLS)
    return folder / "out"


def test_across_every_quantity_has_its_interval_around_it(across):
    """Entropies of the decoder are over queries that have a choice, errors fall as hits rise."""
    tables = {name: open_table(name, across).collect() for name in TABLES}
    a, b = (replace(cell, corpus="invented") for cell in (A, B))
    found = rows(across, tables, a, b)
    assert found.select(KEYS).is_duplicated().sum() == 0
    assert set(found["role"]) == set(ROLES)
    for side in ("a", "b"):
        means = found.filter(pl.col("role").is_in(["aligns", "broad"])).drop_nulls(side)
        assert means.height > 24
        assert (means[f"{side}_low"] <= means[side] + 1e-9).all()
        assert (means[f"{side}_high"] >= means[side] - 1e-9).all()
    errors = tables["alignments"].filter(weighting="attention", control="trained")
    aligns = found.filter(role="aligns").join(
        errors.rename({"convention": "what"}), on=["site", "layer", "head", "what"]
    )
    assert aligns.height == errors.height == found.filter(role="aligns").height > 0
    for end in ("", "_low", "_high"):
        assert aligns[f"a{end}"].to_list() == pytest.approx(aligns[f"aer{end}"].to_list())
    tests = (
        tables["relations"]
        .filter(level="full", weighting="attention", control="trained")
        .with_columns(what=pl.format("{} {}", "deprel", "direction"))
    )
    assert {"nsubj", "nsubj:pass"} <= set(tests["deprel"])
    tracks = found.filter(role="tracks").join(tests, on=["site", "layer", "head", "what"])
    assert tracks["a_low"].to_list() == tracks["accuracy_low"].to_list()
    few = replace(RULES, min_arcs=int(errors["n_sure"].max()) + 1)
    unknown = compare(Lake(across), a, b, few, tables).filter(role="aligns")
    assert unknown["a_has"].null_count() == unknown.height == errors.height


def test_of_one_corpus_the_interval_is_a_paired_one(root, tables):
    """A cell differs from itself by nothing, in every replicate."""
    same = rows(root, tables, A, A)
    ends = same.select("difference", "difference_low", "difference_high").drop_nulls()
    assert ends.height > 50
    assert ends.unique().rows() == [(0.0, 0.0, 0.0)]
    assert not same["changed"].any()


def test_two_corpora_are_resampled_each_by_itself(tmp_path):
    """The same sentences under another name: nothing differs, but that is not certain."""
    corpus = tmp_path / "some.conllu"
    corpus.write_text(small.conllu(40), encoding="utf-8")
    words = small.words(tiny.save(tmp_path / "model"), corpus, tmp_path / "out")
    words.remove("corpus=conllu")
    for name in ("conllu", "treebank"):
        for stage in ("ingest", "measure"):
            assert small.run(stage, *words, f"corpus={name}") == 0
    assert small.run("aggregate", *words, "corpus=[conllu,treebank]") == 0
    tables = {name: open_table(name, tmp_path / "out").collect() for name in TABLES}
    other = Cell("local", "trained", 0, "treebank")
    found = rows(tmp_path / "out", tables, A, other).filter(role="dumps", what="cls")
    assert found["difference"].abs().max() == 0
    assert (found["difference_low"] < 0).all()
    assert (found["difference_high"] > 0).all()


def test_what_one_corpus_alone_has_is_kept(tmp_path):
    """The same trees, in the second corpus with sub-types of its own: counts are each cell's."""
    corpus = tmp_path / "some.conllu"
    words = small.words(tiny.save(tmp_path / "model"), corpus, tmp_path / "out")
    words.remove("corpus=conllu")
    for name, trees in (
        ("conllu", small.conllu(40)),
        ("treebank", small.conllu(40).replace("\tobj\t", "\tobj:own\t")),
    ):
        corpus.write_text(trees, encoding="utf-8")
        for stage in ("ingest", "measure"):
            assert small.run(stage, *words, f"corpus={name}") == 0
    assert small.run("aggregate", *words, "corpus=[conllu,treebank]") == 0
    tables = {name: open_table(name, tmp_path / "out").collect() for name in TABLES}
    tracks = tables["relations"].with_columns(tracks=pl.col("accuracy") > 0.2)
    other = Cell("local", "trained", 0, "treebank")
    found = rows(tmp_path / "out", tables | {"relations": tracks}, A, other).filter(role="tracks")
    tracks = tracks.filter(level="full", weighting="attention")
    for side, missing, name, cell in (("a", "b", "obj", A), ("b", "a", "obj:own", other)):
        alone = found.filter(pl.col("what").str.split(" ").list.first() == name)
        assert alone.height == 24
        assert alone[side].null_count() == alone[f"{side}_low"].null_count() == 0
        assert alone.select(missing, f"{missing}_has", "changed").null_count().row(0) == (24,) * 3
        has = found.group_by("layer", "head").agg(pl.col(f"{side}_has").any())
        own = (
            tracks.filter(corpus=cell.corpus).group_by("layer", "head").agg(pl.col("tracks").any())
        )
        assert has[f"{side}_has"].sum() == own["tracks"].sum() > 0
    answer = write_comparison(found, A.name, other.name, tmp_path, "page")
    assert answer.startswith("tracks: ")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert re.search(
        rf"the other has no such thing, or too few of them: \d+ roles in {A.name} \(obj\);", page
    )


def test_of_too_few_arcs_nothing_is_known(root, tables, tmp_path):
    """The second cell has a relation that is too rare there for any head to track it."""
    relations = tables["relations"]
    is_rare = (pl.col("deprel") == "obj") & (pl.col("control") == B.control)
    tracks = (pl.col("deprel") == "obj") & (pl.col("control") == A.control)
    changed = relations.with_columns(
        n=pl.when(is_rare).then(RULES.min_arcs - 1).otherwise("n"), tracks=tracks
    )
    found = rows(root, tables | {"relations": changed}, A, B).filter(role="tracks")
    obj = found.filter(pl.col("what").str.starts_with("obj "))
    assert obj["a_has"].all()
    assert obj["b"].null_count() == 0
    assert obj["b_has"].null_count() == obj["changed"].null_count() == obj.height == 24
    others = found.join(obj, on=KEYS, how="anti").filter(pl.col("b_has").is_not_null())
    assert others.height > 0
    assert not others["b_has"].any()
    write_comparison(found, "one", "other", tmp_path, "page")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "or too few of them: 24 roles in one (obj)" in page
    assert "](compare/page.svg)" not in page


def test_what_is_not_known_is_said(root, tables, tmp_path):
    """Without a null nobody can say who tracks."""
    found = (
        rows(root, tables, A, B)
        .filter(role="tracks")
        .with_columns(pl.lit(None, pl.Boolean).alias(c) for c in ("a_has", "changed"))
    )
    answer = write_comparison(found, "one", "other", tmp_path, "page")
    assert answer == "tracks: not known of 12 heads"
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "No head is known to have a role in one of them" in page


def test_the_page_and_the_table(root, tables, capfd):
    assert small.run("compare", A.name, B.name, f"root={root}") == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "broad: " in out
    file = f"compare--{A.name}--{B.name}"
    written = pl.read_parquet(root / "compare" / f"{file}.parquet")
    counts = written.filter(role="broad").select(pl.col("a_has").sum(), pl.col("b_has").sum())
    assert written.equals(rows(root, tables, A, B))  # by the rules of the tables
    page = (root / "report" / f"{file}.md").read_text(encoding="utf-8")
    line = next(line for line in page.splitlines() if line.startswith("| broad"))
    both, only_a, only_b = (int(cell) for cell in line.split("|")[2:5])
    assert (both + only_a, both + only_b) == counts.row(0)
    assert (root / "report" / f"{file}.html").is_file()
    assert ".svg" not in page  # no head has a role that is drawn


def test_the_picture_has_a_mark_for_each_role_in_either(root, tables, tmp_path):
    found = rows(root, tables, A, B).with_columns(
        a_has=pl.col("role") == "dumps", b_has=(pl.col("role") == "dumps") & (pl.col("head") < 2)
    )
    write_comparison(found, "one", "other", tmp_path, "page")
    assert "](compare/page.svg)" in (tmp_path / "page.md").read_text(encoding="utf-8")
    picture = (tmp_path / "compare" / "page.svg").read_text(encoding="utf-8")
    assert picture.count("<title>encoder L") == found.filter(role="dumps").height
    assert "in both" in picture
    assert "one only" in picture
    tree = pages.check((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert tree.count("figure") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([A.name], "two cells"),
        ([A.name, A.name], "two cells"),
        ([A.name, "m-trained-c"], "m-trained-c is not in the tables: did you mean"),
        ([A.name, B.name, "limit=3"], "limit=3: compare takes two cells and root=DIR"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(root, words, says, capfd):
    assert small.run("compare", *words, f"root={root}") == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert says in err


def test_models_of_other_sizes_are_refused(root, tables, capfd):
    few = dict(tables)
    of_b = pl.col("control") == "random_weights"
    for name in ("heads", "relations", "alignments"):
        few[name] = tables[name].filter(~(of_b & (pl.col("layer") == 0)))
    with pytest.raises(UserError, match=r"has 12 heads, .* has 8"):
        rows(root, few, A, B)
