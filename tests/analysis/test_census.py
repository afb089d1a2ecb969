"""From flags to counts: what is unknown stays unknown, and one arc never counts for two heads."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline.analysis.census import CELL, census, dump_curve, head_flags
from pipeline.analysis.nulls import alignments_with_nulls, relations_with_nulls
from pipeline.analysis.rules import Rules
from pipeline.lake.tables import TABLES

BASE = {"model": "m", "corpus": "c", "site": "encoder", "layer": 0, "direction": "dep_to_gov"} | {
    "level": "full", "weighting": "attention", "n": 200, "n_all": 400, "baseline_all": 0.5
}  # fmt: skip


def relation(control: str, head: int, accuracy: float, seed: int = 0, **more) -> dict:
    row = BASE | {"control": control, "seed": seed, "head": head, "deprel": "obj"}
    row |= {"accuracy": accuracy, "hits_all": round(400 * accuracy)}
    return row | {"margin": accuracy > 0.6, "significant": accuracy > 0.55} | more


def judged(rows: list[dict]) -> pl.DataFrame:
    return relations_with_nulls(pl.LazyFrame(rows), Rules()).collect()


def test_the_bar_is_the_highest_of_the_nulls_percentiles():
    nulls = [relation("shuffled", h, h / 100) for h in range(101)]
    nulls += [relation("random", h, 0.5) for h in range(3)]
    rows = judged([relation("trained", 0, 0.98), relation("trained", 1, 0.995), *nulls])
    trained = rows.filter(control="trained").sort("head")
    assert trained["beats_nulls"].to_list() == [False, True]
    assert trained["tracks"].to_list() == [False, True]


def test_the_bar_lies_between_two_heads_where_the_percentile_does():
    nulls = [relation("random", h, accuracy) for h, accuracy in enumerate((0.2, 0.6))]
    rows = [relation("trained", 0, 0.35), relation("trained", 1, 0.45), *nulls]
    found = relations_with_nulls(pl.LazyFrame(rows), Rules(null_percentile=50)).collect()
    assert found.filter(control="trained").sort("head")["beats_nulls"].to_list() == [False, True]


def test_seeds_of_one_control_are_one_sample():
    """One lucky head among 300 of three seeds is above no 99th percentile that matters."""
    nulls = [relation("random", h, 0.1, seed) for seed in range(3) for h in range(100)]
    nulls[5] |= {"accuracy": 0.9}
    rows = judged([relation("trained", 0, 0.7), *nulls])
    assert rows.filter(control="trained")["beats_nulls"].to_list() == [True]


def test_without_nulls_the_flag_is_unknown():
    rows = judged([relation("trained", 0, 0.9), relation("trained", 1, 0.2, n=3)])
    assert rows["beats_nulls"].to_list() == [None, None]
    assert rows["tracks"].to_list() == [None, None]


def test_nulls_that_judged_no_arc_were_measured_all_the_same():
    nothing = {"accuracy": None, "n": 0}
    rows = judged([relation("trained", 0, 0.9), relation("random", 0, 0.1) | nothing])
    assert rows.filter(control="trained")["beats_nulls"].to_list() == [False]


def test_few_arcs_beat_nothing():
    rows = judged([relation("trained", 0, 0.9, n=99), relation("random", 0, 0.1)])
    assert rows.filter(control="trained")["beats_nulls"].to_list() == [False]


@pytest.mark.parametrize(("n", "aer", "beats"), [(100, 0.4, True), (99, 0.4, False)])
def test_an_error_has_to_be_below_the_nulls_and_on_links_enough(n, aer, beats):
    keys = {"model": "m", "corpus": "c", "site": "cross", "layer": 0, "convention": "awi"}
    keys |= {"weighting": "attention", "seed": 0, "margin": True, "significant": True}
    rows = [
        keys | {"control": control, "head": h, "n_sure": n, "aer": error}
        for control, errors in {"trained": (aer, 0.5, 0.6), "random": (0.5, 0.7)}.items()
        for h, error in enumerate(errors)
    ]
    found = alignments_with_nulls(pl.LazyFrame(rows), Rules(null_percentile=100)).collect()
    trained = found.filter(control="trained")
    assert trained["beats_nulls"].to_list() == trained["aligns"].to_list() == [beats, False, False]
    alone = pl.LazyFrame(rows).filter(control="trained")
    assert alignments_with_nulls(alone, Rules()).collect()["aligns"].to_list() == [None] * 3


@pytest.mark.parametrize(
    "apart",
    [
        *({"model": "other"}, {"corpus": "other"}, {"site": "decoder"}),
        *({"direction": "gov_to_dep"}, {"deprel": "det"}, {"level": "universal"}),
        {"weighting": "norm"},
    ],
)
def test_a_null_is_of_the_same_model_corpus_site_and_relation(apart):
    """A head that is better than its own nulls need not be better than those of another."""
    own = [relation("trained", 0, 0.7), relation("random", 0, 0.1)]
    others = [row | apart for row in (relation("trained", 0, 0.9), relation("random", 0, 0.8))]
    found = judged([*own, *others]).filter(control="trained").sort("accuracy")
    assert found["beats_nulls"].to_list() == [True, True]


@pytest.mark.parametrize("apart", [{"convention": "awo"}, {"weighting": "norm"}])
def test_an_error_is_held_against_those_of_its_own_convention_and_weighting(apart):
    keys = {"model": "m", "corpus": "c", "site": "cross", "layer": 0, "head": 0, "seed": 0}
    keys |= {"n_sure": 200, "margin": True, "significant": True}
    keys |= {"convention": "awi", "weighting": "attention"}
    rows = [keys | {"control": "trained", "aer": 0.5}, keys | {"control": "random", "aer": 0.7}]
    rows.append(keys | apart | {"control": "random", "aer": 0.1})
    found = alignments_with_nulls(pl.LazyFrame(rows), Rules()).collect()
    assert found.filter(control="trained")["aligns"].to_list() == [True]


FLAGS = ("dumps_cls", "dumps_sep", "dumps_first", "dumps_by_norm", "positional", "broad")
FLAGS += ("vertical", "diagonal", "mixed", "heterogeneous", "block")


def heads(control: str, **flags: list[bool]) -> list[dict]:
    rows = []
    for head, values in enumerate(zip(*flags.values(), strict=True)):
        row = BASE | {"control": control, "seed": 0, "head": head}
        row |= dict.fromkeys(FLAGS, False)
        rows.append(row | dict(zip(flags, values, strict=True)))
    return rows


def counted(head_rows: list[dict], relation_rows: list[dict]) -> dict:
    relations = judged(relation_rows)
    nothing = pl.DataFrame(TABLES["alignments"].empty_table()).lazy()
    flags = head_flags(relations.lazy(), nothing, Rules())
    frame = pl.LazyFrame(head_rows).join(
        flags.select([*CELL, "site", "layer", "head", "tracks", "aligns"]),
        on=[*CELL, "site", "layer", "head"],
        how="left",
    )
    facts = frame.select(CELL).unique().with_columns(n_sentences=pl.lit(7))
    return census(frame, flags, facts).filter(control="trained").collect().row(0, named=True)


def test_counts_by_hand():
    rows = heads(
        "trained",
        dumps_cls=[True, True, False, False],
        dumps_by_norm=[False, True, False, False],
        vertical=[True, True, False, False],
        positional=[False, False, True, False],
    )
    rows += heads("random", dumps_cls=[False] * 4)
    # The last is as good as the best offset, and beats it nowhere.
    relations = [relation("trained", h, a) for h, a in enumerate((0.9, 0.3, 0.58, 0.5))]
    # The same head tracks a second relation: it is one head all the same.
    relations.append(relation("trained", 0, 0.8) | {"deprel": "det"})
    # What a head does by norms is counted apart, of however many relations.
    relations += [relation("trained", h, 0.9) | {"weighting": "norm"} for h in (1, 3)]
    relations += [relation("random", h, 0.1) | {"weighting": "norm"} for h in range(4)]
    relations += [relation("random", h, 0.1) for h in range(4)]
    relations += [relation("random", h, 0.1) | {"deprel": "det"} for h in range(4)]
    found = counted(rows, relations)
    expected = {"n_heads": 4, "n_tracks": 1, "n_margin": 1, "n_significant": 2, "n_beats_nulls": 4}
    expected |= {"n_naive": 2, "n_dumps_cls": 2, "n_dumps": 2, "n_tracks_and_dumps": 1}
    expected |= {"n_positional": 1, "n_neither": 1, "n_sentences": 7, "n_tracks_norm": 2}
    expected |= {"n_dumps_by_norm": 1, "n_vertical": 2, "n_mixed": 0}
    assert {key: found[key] for key in expected} == expected


def test_counts_without_nulls_are_unknown_where_they_need_them():
    rows = heads("trained", dumps_cls=[True, False, False])
    relations = [relation("trained", h, a) for h, a in enumerate((0.9, 0.8, 0.1))]
    relations.append(relation("trained", 2, 0.1, n=3) | {"deprel": "rare"})
    found = counted(rows, relations)
    assert found["n_tracks"] is None
    assert found["n_beats_nulls"] is None
    assert found["n_tracks_and_dumps"] is None
    assert found["n_margin_significant"] == 2
    assert found["n_neither"] == 1  # the two others stand in for it


def test_where_no_relation_has_arcs_enough_nothing_is_decided():
    """But what does not hang on their number: the naive count, and what a head does else."""
    rows = heads("trained", dumps_cls=[True, False]) + heads("random", dumps_cls=[False, False])
    few = [relation("trained", h, a, n=99) for h, a in enumerate((0.9, 0.3))]
    few = [row | {"margin": False, "significant": False} for row in few]
    few += [row | {"weighting": "norm"} for row in few]
    nulls = [relation("random", h, 0.1, n=99) for h in range(2)]
    found = counted(rows, few + nulls)
    unknown = {"n_tracks", "n_tracks_norm", "n_margin", "n_significant", "n_margin_significant"}
    unknown |= {"n_beats_nulls", "n_tracks_and_dumps", "n_aligns"}
    assert {key for key in unknown if found[key] is not None} == set()
    assert (found["n_naive"], found["n_dumps"], found["n_neither"]) == (1, 1, 1)
    # One relation of enough decides: by it none tracks, whatever the others would say.
    enough = [relation(control, h, 0.1) | {"deprel": "det"} for control in ("trained", "random")
              for h in range(2)]  # fmt: skip
    found = counted(rows, few + nulls + enough)
    assert (found["n_tracks"], found["n_margin"], found["n_tracks_and_dumps"]) == (0, 0, 0)


def test_heads_align_by_their_weights_and_by_links_enough():
    """The first aligns, the second by norms alone, the third on few links; the last is broad."""
    keys = {"model": "m", "control": "trained", "seed": 0, "corpus": "c", "site": "encoder"}
    keys |= {"layer": 0, "convention": "awi", "margin": True, "significant": True, "aligns": True}
    given = [("attention", 100), ("norm", 100), ("attention", 99)]
    alignments = [
        keys | {"head": h, "weighting": weighting, "n_sure": n}
        for h, (weighting, n) in enumerate(given)
    ]
    nothing = pl.DataFrame(TABLES["relations"].empty_table()).lazy()
    flags = head_flags(nothing, pl.LazyFrame(alignments), Rules())
    rows = pl.LazyFrame(heads("trained", broad=[False, False, False, True]))
    own = [*CELL, "site", "layer", "head"]
    rows = rows.join(flags.select([*own, "tracks", "aligns"]), on=own, how="left")
    (row,) = census(rows, flags, rows.select(CELL).unique()).collect().to_dicts()
    assert (row["n_aligns"], row["n_broad"], row["n_neither"]) == (1, 1, 2)


def test_relations_count_as_the_treebank_labels_them():
    folded = relation("trained", 0, 0.9) | {"level": "universal"}
    rows = [relation("trained", 0, 0.2), relation("random", 0, 0.1)]
    found = counted(
        heads("trained", broad=[False]), [*rows, folded, folded | {"control": "random"}]
    )
    assert (found["n_margin"], found["n_significant"], found["n_naive"]) == (0, 0, 0)


def test_the_curve_never_rises():
    frame = pl.DataFrame(
        [
            {"model": "m", "control": "trained", "seed": 0, "corpus": "c"}
            | {f"mass_{c}": m for c in ("cls", "sep", "first")}
            | {f"mass_{c}_low": m - 0.05 for c in ("cls", "sep", "first")}
            for m in (0.1, 0.52, 0.56, 0.9)
        ]
    )
    curve = dump_curve(frame.lazy(), 0.5).collect().filter(key_class="sep").sort("threshold")
    counts = curve["n_heads"].to_list()
    assert counts == sorted(counts, reverse=True)
    assert dict(zip(curve["threshold"], counts, strict=True))[0.5] == 2  # 0.52's low end is below
    own = dump_curve(frame.lazy(), 0.84).collect().filter(key_class="sep")
    assert own["threshold"].to_list() == [*curve["threshold"], 0.84]
    assert own["n_heads"][-1] == 1


SHARES = ("margin", "alpha", "dump_threshold", "positional_rate", "broad_entropy")
SHARES += ("vertical", "diagonal", "mixed", "epsilon")
RANGES = {name: (0, 1) for name in SHARES} | {"null_percentile": (0, 100), "block": (0, 9.0)}
RANGES |= {"min_arcs": (1, 2**31 - 1), "bootstrap": (1, 2**31 - 1), "seed": (0, 2**31 - 1)}


@pytest.mark.parametrize(("name", "ends"), RANGES.items())
def test_rules_name_what_is_out_of_range(name, ends):
    for end in ends:
        assert getattr(Rules(**{name: end}), name) == end
    outside = [ends[0] - 1, *([ends[1] + 1] if name != "block" else []), float("nan")]
    for value in outside:
        with pytest.raises(ValueError, match=name):
            Rules(**{name: value})


def test_rules_are_by_themselves_those_of_conf():
    conf = Path(__file__).parents[2] / "conf/analysis/default.yaml"
    assert asdict(Rules()) == yaml.safe_load(conf.read_text(encoding="utf-8"))
