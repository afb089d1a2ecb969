"""Exemplars and roles, against plain loops over the lake and the tables."""

import json
import random

import polars as pl
import pytest

from pipeline.atlas import exemplars
from pipeline.atlas.exemplars import Habit, Score
from pipeline.atlas.roles import roles
from pipeline.core.errors import UserError
from pipeline.lake.layout import Cell, Lake
from pipeline.lake.read import open_table, scan
from tests import tiny
from tests.stages import small

CELL = Cell("local", "trained", 0, "conllu")
PAIRED = Cell("local", "trained", 0, "parallel")


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    folder = tmp_path_factory.mktemp("census")
    (folder / "some.conllu").write_text(small.conllu(14), encoding="utf-8")
    tiny.save(folder / "bert")
    words = small.words(folder / "bert", folder / "some.conllu", folder / "out")
    small.tables(*words)
    return Lake(folder / "out")


@pytest.fixture(scope="module")
def paired(tmp_path_factory) -> Lake:
    folder = tmp_path_factory.mktemp("paired")
    draw = random.Random(0)
    records = []
    for _ in range(9):
        source, target = (
            [draw.choice(small.WORDS) for _ in range(draw.randint(2, 7))] for _ in "st"
        )
        links = {(draw.randrange(len(source)), draw.randrange(len(target))) for _ in range(5)}
        pharaoh = " ".join(f"{i}{draw.choice('-?')}{j}" for i, j in sorted(links))
        records.append({"en": " ".join(source), "de": " ".join(target), "links": pharaoh})
    file = folder / "pairs.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    tiny.save(folder / "bart", "bart")
    words = ["model=local", f"model.path={folder / 'bart'}", "corpus=parallel"]
    words += [f"corpus.path={file}", "corpus.source_column=en", "corpus.target_column=de"]
    words += ["corpus.alignment_column=links", "ingest.shard_sentences=4", "analysis.min_arcs=1"]
    words += ["analysis.bootstrap=5", f"root={folder / 'out'}"]
    small.tables(*words)
    return Lake(folder / "out")


def tables(lake: Lake) -> dict[str, pl.DataFrame]:
    names = ("heads", "relations", "alignments")
    return {name: open_table(name, lake.root).collect() for name in names}


def pointers(lake: Lake, cell: Cell, habit: Habit) -> dict[int, dict]:
    site, layer, head = habit.head
    rows = scan(lake.measured("pointers", cell)).collect().to_dicts()
    here = [r for r in rows if (r["site"], r["layer"], r["head"]) == (site, layer, head)]
    return {row["sentence"]: row for row in here}


@pytest.mark.parametrize("way", ["dep_to_gov", "gov_to_dep"])
def test_scores_of_a_relation_equal_a_plain_loop(lake, way):
    habit = Habit(("encoder", 1, 2), way, "obj")
    column = {"dep_to_gov": "attends_to", "gov_to_dep": "attended_by"}[way]
    sentences = scan(lake.sentences("conllu")).collect().to_dicts()
    expected = []
    for row, pointed in pointers(lake, CELL, habit).items():
        arcs = zip(sentences[row]["governors"], sentences[row]["deprels"], strict=True)
        hits = [pointed[column][w] == g - 1 for w, (g, name) in enumerate(arcs) if name == "obj"]
        if hits:
            expected.append(Score(row, sum(hits), len(hits)))
    (found,) = exemplars.scored(lake, CELL, [habit])
    assert found == sorted(expected, key=lambda s: s.row)
    assert len(found) > 3


@pytest.mark.parametrize("convention", ["awi", "awo"])
def test_scores_of_an_aligner_equal_a_plain_loop(paired, convention):
    habit = Habit(("cross", 0, 1), convention)
    column = {"awi": "attends_to", "awo": "predicted_attends_to"}[convention]
    sentences = scan(paired.sentences("parallel")).collect().to_dicts()
    expected = []
    for row, pointed in pointers(paired, PAIRED, habit).items():
        links = {(k["target"], k["source"]) for k in sentences[row]["alignment"]}
        linked = sorted({target for target, _ in links})
        hits = [(w, pointed[column][w]) in links for w in linked]
        expected.append(Score(row, sum(hits), len(hits)))
    (found,) = exemplars.scored(paired, PAIRED, [habit])
    assert found == sorted(expected, key=lambda s: s.row)


def test_no_sentence_leads_by_more_than_the_most_or_by_less_than_the_least(lake):
    for habit in exemplars.habits(tables(lake), CELL):
        (scores,) = exemplars.scored(lake, CELL, [habit], max_words=6)
        ends = exemplars.most_and_least(scores)
        assert all(ends[-1].lead <= score.lead <= ends[0].lead for score in scores)
        assert len({score.row for score in ends}) == len(ends)


def test_chosen_sentences_are_short_distinct_and_say_why(lake):
    chosen = exemplars.choose(lake, CELL, tables(lake), n=6, max_words=7)
    sentences = scan(lake.sentences("conllu")).collect().to_dicts()
    assert len(chosen) == len({example.row for example in chosen}) == 6
    for example in chosen:
        assert len(example.sentence.words) <= 7
        assert list(example.sentence.words) == sentences[example.row]["words"]
        assert list(example.sentence.governors or ()) == sentences[example.row]["governors"]
    assert chosen[0].why.startswith("most itself: encoder layer")
    assert chosen[0].about is not None
    with pytest.raises(UserError, match="max_words=1 or fewer"):
        exemplars.choose(lake, CELL, tables(lake), max_words=1)


def test_a_pair_is_chosen_with_its_translation_and_links(paired):
    chosen = exemplars.choose(paired, PAIRED, tables(paired), n=3)
    assert any("aligning" in example.why for example in chosen)
    for example in chosen:
        assert example.sentence.target is not None
        assert example.sentence.alignment


def test_a_sentence_that_is_not_there_is_named(lake):
    with pytest.raises(UserError, match="no sentence 99"):
        exemplars.sentences_at(lake, "conllu", [0, 99])


def test_roles_say_what_the_tables_say(lake):
    """Two relations of one head are made to be tracked, and one control of the other is added."""
    given = tables(lake)
    head = (pl.col("layer") == 1) & (pl.col("head") == 2)
    full = (pl.col("level") == "full") & pl.col("deprel").is_in(["obj", "obl"])
    followed = head & full & (pl.col("direction") == "dep_to_gov")
    null = {"control": pl.lit("random_weights"), "seed": pl.lit(1, pl.Int32)}
    for name, flag in (("heads", head), ("relations", followed)):
        frame = given[name].with_columns(tracks=flag)
        unknown = given[name].with_columns(**null, tracks=pl.lit(None, pl.Boolean))
        given[name] = pl.concat((frame, unknown))
    found = roles(given, "conllu")
    assert set(found.of) == {("local", "trained"), ("local", "random_weights-1")}
    for row in given["heads"].to_dicts():
        control = "trained" if row["control"] == "trained" else f"{row['control']}-{row['seed']}"
        of_head = found.at("local", control)[row["site"], row["layer"], row["head"]]
        for name in ("positional", "broad", "tracks"):
            assert (name in of_head.names) == bool(row[name])
        assert [c for c in ("cls", "sep", "first") if row[f"dumps_{c}"]] == of_head.dumps_on
        assert ("tracks" in of_head.unknown) == (row["tracks"] is None)
        relations = {(r.deprel, r.direction) for r in of_head.relations}
        tracked = {("obj", "dep_to_gov"), ("obl", "dep_to_gov")} if row["tracks"] else set()
        assert relations == tracked
    assert found.at("other", "trained") == {}
