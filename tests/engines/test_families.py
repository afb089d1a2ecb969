"""A shard of pairs through encoder-decoders: the lake's rows against eager and plain loops."""

import math

import numpy as np
import pytest

from pipeline.controls.base import Trained
from pipeline.core.errors import MeasurementError
from pipeline.core.sentence import Sentence
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.lake.schema import NO_PIECE
from pipeline.models.under import encode_under
from pipeline.statistics.edited import VALUE_CLASSES
from tests import oracle, tiny
from tests.models import shrunk
from tests.models.against import Expected, Read


def text(line: str, target: str | None = None) -> Sentence:
    return Sentence(line, line, tuple(line.split()), target=target and text(target))


PAIRS = [
    text("cats bark .", tiny.TEXTS[0]),
    text("dogs " * 200, "cats"),  # no model reads that
    text(tiny.TEXTS[3], "Dogs bark"),
    text("of course", "of course"),
    text(tiny.TEXTS[2]),
]
READ = [0, 2, 3, 4]
FIRST = 7
"""Row of the shard's first sentence in its corpus."""


@pytest.fixture(scope="module", params=["bart", "t5"])
def read(request, tmp_path_factory):
    return Read.of(tiny.save(tmp_path_factory.mktemp("family"), request.param))


@pytest.fixture(scope="module")
def measured(read):
    """Rows of both tables by where they stand, and what they should say."""
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    shard = measure_shard(subject, PAIRS, FIRST, Asked(60))
    truth = {k: read.expected(PAIRS[k]) for k in READ}
    return shard, truth


def rows(table) -> dict[tuple[int, str, int, int], dict]:
    found = {
        (row["sentence"] - FIRST, row["site"], row["layer"], row["head"]): row
        for row in table.to_pylist()
    }
    assert len(found) == len(table)
    return found


def by_place(truth: dict[int, dict]) -> dict[tuple[int, str, int, int], tuple[Expected, int]]:
    return {
        (k, place.site, place.layer, head): (expected, head)
        for k, places in truth.items()
        for place, expected in places.items()
        for head in range(len(expected.patterns))
    }


def test_every_head_of_every_site_has_a_row(measured):
    shard, truth = measured
    expected = set(by_place(truth))
    assert set(rows(shard.tables["heads"])) == set(rows(shard.tables["pointers"])) == expected
    assert shard.counts["n_too_long"] == 1
    assert shard.counts["n_sentences"] == len(READ)
    sides = [side for k in READ for side in (PAIRS[k], PAIRS[k].target or PAIRS[k])]
    assert shard.counts["n_words"] == sum(len(side.words) for side in sides)


def test_sums_equal_the_reference(measured):
    shard, truth = measured
    found = rows(shard.tables["heads"])
    for where, (expected, head) in by_place(truth).items():
        row = found[where]
        n_queries, n_keys = expected.seen.shape
        assert row["n_queries"] == n_queries
        assert row["n_queries_choice"] == (expected.seen.sum(1) > 1).sum()
        for name, value in expected.sums[head].items():
            if name == "argmax_offset":
                assert sum(row[name]) == n_queries
            elif np.ndim(value) == 0 and math.isnan(value):
                assert row[name] is None
            else:
                np.testing.assert_allclose(row[name], value, atol=1e-5 * n_queries, rtol=1e-4)
        if where[1] == "cross":
            # There is no such thing between two sequences: null, not 0.
            for name in ("mass_self", "mass_prev", "mass_next", "mass_same_word", "self_cls"):
                assert row[name] is None
            for name in ("offset_mass", "argmax_offset", "distance_pieces", "uniform_mass_self"):
                assert row[name] is None
            assert n_queries / n_keys == pytest.approx(row["uniform_mass_first"], rel=1e-5)


def test_pointers_equal_the_reference(measured):
    shard, truth = measured
    found = rows(shard.tables["pointers"])
    for where, (expected, head) in by_place(truth).items():
        weights = expected.weights[head]
        to, by = oracle.pointers(weights)
        same_pointers(found[where]["attends_to"], to, weights)
        same_pointers(found[where]["attended_by"], by, weights.T)
        if where[1] == "cross":
            predicted = expected.predicted[head]
            to, _ = oracle.pointers(predicted)
            same_pointers(found[where]["predicted_attends_to"], to, predicted)
        else:
            assert found[where]["predicted_attends_to"] is None


def same_pointers(found: list[int], expected: list[int], weights: np.ndarray) -> None:
    for word, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert a == b or (min(a, b) >= 0 and abs(weights[word, a] - weights[word, b]) < 1e-6)


def test_what_is_not_asked_for_is_not_there(measured, read):
    """Groups A, B and C alone: the same numbers, and null for the rest."""
    shard, _ = measured
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    bare = measure_shard(subject, PAIRS, FIRST, Asked(60, norms=False, trees=False)).tables
    full = shard.tables
    for name in ("heads", "pointers"):
        for column in full[name].column_names:
            if bare[name][column].null_count < len(bare[name]):
                assert bare[name][column].equals(full[name][column]), column
            else:
                assert column.endswith("_norm") or column.startswith("tree") or name == "heads"
    assert bare["pointers"]["tree"].null_count == len(bare["pointers"])
    assert bare["heads"]["norm_mass_first"].null_count == len(bare["heads"])
    assert len(bare["outputs"]) == len(bare["similarity"]) == 0
    assert len(full["outputs"]) > 0


def test_one_pass_of_a_corpus_goes_on_to_its_end(read):
    """A call after the last place is noticed there; all other passes end at that place."""
    subject = Subject(read.model, read.encoder, read.places[:-1], Trained(), 0)
    with pytest.raises(MeasurementError, match="attention calls"):
        measure_shard(subject, PAIRS, 0, Asked(60))
    assert measure_shard(subject, PAIRS, FIRST, Asked(60)).counts["n_sentences"] == len(READ)


def test_a_word_that_is_said_and_never_read(tmp_path):
    """Without an end behind it a target's last word is no query and no key of the decoder."""
    read = Read.of(tiny.save(tmp_path, "bart", "byte_level"))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    shard = measure_shard(subject, [text("dogs bark", "cats bark .")], FIRST, Asked(60))
    assert shard.counts["n_words_without_pieces"] == 0
    for (_, site, _, _), row in rows(shard.tables["pointers"]).items():
        names = {"encoder": [], "decoder": WITHIN, "cross": WITHIN[:2]}[site]
        for name in names:
            assert row[name][2] == NO_PIECE, (site, name)
            assert NO_PIECE not in row[name][:2]
        if site == "cross":
            assert min(*row["predicted_attends_to"], *row["attended_by"]) >= 0


WITHIN = ["attends_to", "attends_to_norm", "attended_by", "attended_by_norm", "tree"]


def test_layers_of_different_widths_are_added_up_each_by_itself(tmp_path):
    """Of a shard as of its sentences one by one."""
    read = Read.of(tiny.save(tmp_path, "gemma4_text"))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    sentences = [text("cats bark ."), text("of course"), text(tiny.TEXTS[0])]

    def sums(shards: list[list[Sentence]], name: str, column: str) -> dict:
        found: dict = {}
        for sentences in shards:
            for row in measure_shard(subject, sentences, 0, Asked(30)).tables[name].to_pylist():
                key = (row["layer"], row["head"], row["key_class"])
                found[key] = found.get(key, 0) + np.array(row[column])
        return found

    for name, column in (("outputs", "output"), ("outputs", "energy"), ("values", "value")):
        whole = sums([sentences], name, column)
        one_by_one = sums([[sentence] for sentence in sentences], name, column)
        assert whole.keys() == one_by_one.keys()
        for (layer, *_), total in whole.items():
            assert total.shape == (() if column == "energy" else (8, 16)[layer : layer + 1])
        for key, total in whole.items():
            np.testing.assert_allclose(total, one_by_one[key], rtol=1e-4, atol=1e-5)


def test_sums_of_values_say_of_how_many_pieces_they_are(measured, read):
    """Means that interventions start from are divided by these."""
    shard, _ = measured
    encoded, _ = encode_under(Trained(), 0, read.encoder, PAIRS, range(len(PAIRS)))
    keys = {
        site: [e.source if site != "decoder" else e.target for e in encoded]
        for site in ("encoder", "decoder", "cross")
    }
    queries = {
        site: [e.source if site == "encoder" else e.target for e in encoded] for site in keys
    }
    found = {(r["site"], r["key_class"], r["n_pieces"]) for r in shard.tables["values"].to_pylist()}
    for site in keys:
        assert (site, "word", sum(w >= 0 for side in keys[site] for w in side.word)) in found
        assert (site, "first", len(encoded)) in found
        assert (site, "output", sum(len(side.ids) for side in queries[site])) in found


def test_sums_of_values_are_of_what_the_projections_of_keys_give(measured, read):
    """Across sequences too, where special pieces are the source's."""
    made: dict[tuple, np.ndarray] = {}

    def keep(place: tuple[str, int]):
        return lambda module, given, out: made.update({place: out[0].float().numpy()})

    hooks = [
        module.register_forward_hook(keep(found))
        for name, module in read.eager.named_modules()
        if (found := projection_of_values(name))
    ]
    truth: dict[tuple, np.ndarray] = {}
    for k in READ:
        read.expected(PAIRS[k])
        source, target = list(PAIRS[k].words), list((PAIRS[k].target or PAIRS[k]).words)
        _, of_source = oracle.pieces(read.tokenizer, source)
        start = read.model.config.decoder_start_token_id
        _, of_target = oracle.target_pieces(read.tokenizer, target, start)
        for (site, layer), value in made.items():
            about = of_target if site == "decoder" else of_source
            first = np.arange(len(value)) == 0
            classes = about | {"first": first, "word": np.array(about["word"]) >= 0}
            for name in VALUE_CLASSES:
                member = np.array(classes[name])
                total = truth.get((site, layer, name), 0) + value[member].sum(0)
                truth[site, layer, name] = total
    for hook in hooks:
        hook.remove()
    assert len(made) == len(read.places)
    shard, _ = measured
    by_head = sorted(shard.tables["values"].to_pylist(), key=lambda row: row["head"])
    for (site, layer, name), total in truth.items():
        at = {"site": site, "layer": layer, "key_class": name}
        sums = [row["value"] for row in by_head if at.items() <= row.items()]
        np.testing.assert_allclose(np.concatenate(sums), total, rtol=1e-4, atol=1e-5)


def projection_of_values(name: str) -> tuple[str, int] | None:
    """Where a module's values are attended to, if it makes values; of BART and T5."""
    if not name.endswith((".v_proj", ".v")):
        return None
    stack, _, layer, *_ = name.split(".")
    across = "encoder_attn" in name or "EncDecAttention" in name
    return "cross" if across else stack, int(layer)


def drawn(folder, family: str, **changes) -> Read:
    words = tiny.trained("sentence_piece")
    config = next(shrunk.configs(family, vocab_size=len(words), pad_token_id=0, **changes))
    model = shrunk.drawn(config, 0.24)
    assert model is not None
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return Read.of(folder)


def test_layers_may_differ_in_how_many_heads_they_have(tmp_path):
    n_heads = [4, 2, 8]
    read = drawn(tmp_path, "laguna", num_hidden_layers=3, num_attention_heads_per_layer=n_heads)
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    sentences = [text(tiny.TEXTS[0]), text("Dogs bark"), text(tiny.TEXTS[3])]
    shard = measure_shard(subject, sentences, FIRST, Asked(30, similarity_every=1))
    truth = {k: read.expected(sentence) for k, sentence in enumerate(sentences)}
    assert set(rows(shard.tables["heads"])) == set(by_place(truth))
    test_sums_equal_the_reference((shard, truth))
    test_pointers_equal_the_reference((shard, truth))
    of_model = {(layer, head) for layer, n in enumerate(n_heads) for head in range(n)}
    for name in ("values", "outputs"):
        there = [(r["layer"], r["head"]) for r in shard.tables[name].to_pylist()]
        n_classes = len({r["key_class"] for r in shard.tables[name].to_pylist()})
        assert there == sorted(of_model) * n_classes
    pairs = shard.tables["similarity"].to_pylist()
    there = {((r["layer"], r["head"]), (r["other_layer"], r["other_head"])) for r in pairs}
    assert there == {(a, b) for a in of_model for b in of_model if a < b}


def test_layers_with_a_sink_are_compared_with_layers_without(tmp_path):
    """MiMo has sinks where it has a window. What they take is a further key, as of all heads."""
    read = drawn(tmp_path, "mimo_v2_flash")
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    sentence = text(tiny.TEXTS[0])
    shard = measure_shard(subject, [sentence], 0, Asked(60, similarity_every=1))
    patterns = {
        (place.layer, head): np.append(pattern, 1 - pattern.sum(-1, keepdims=True), -1)
        for place, expected in read.expected(sentence).items()
        for head, pattern in enumerate(expected.patterns)
    }
    sunk = {where: pattern[:, -1].mean() for where, pattern in patterns.items()}
    assert 0 < len({layer for (layer, _), share in sunk.items() if share > 0.01}) < 4
    found = shard.tables["similarity"].to_pylist()
    assert len(found) == len(patterns) * (len(patterns) - 1) / 2
    for row in found:
        a, b = (
            patterns[row[f"{start}layer"], row[f"{start}head"]].clip(0) for start in ("", "other_")
        )
        expected = sum(oracle.js_divergence(p, q) for p, q in zip(a, b, strict=True))
        assert row["js_divergence"] == pytest.approx(expected, abs=1e-4)


def test_divergences_are_divided_by_the_queries_of_sampled_sentences(read):
    """Rows 8 and 10: the first is too long to be read."""
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    shard = measure_shard(subject, PAIRS, FIRST, Asked(400, similarity_every=2))
    (e,) = encode_under(Trained(), 0, read.encoder, PAIRS[3:4], [3])[0]
    n_queries = {"encoder": len(e.source.ids), "decoder": len(e.target.ids)}
    n_queries["cross"] = n_queries["decoder"]
    found = {(row["site"], row["n_queries"]) for row in shard.tables["similarity"].to_pylist()}
    assert found == set(n_queries.items())


def test_layers_that_see_less_have_a_baseline_of_their_own(tmp_path):
    read = Read.of(tiny.save(tmp_path, "modernbert"))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    shard = measure_shard(subject, [text(tiny.TEXTS[0])], 0, Asked(60))
    of_layers: dict[int, set[float]] = {}
    for row in shard.tables["heads"].to_pylist():
        of_layers.setdefault(row["layer"], set()).add(round(row["uniform_mass_self"], 4))
    (everywhere,), (nearby,) = of_layers[0], of_layers[1]
    assert everywhere == 1
    assert nearby > 2
