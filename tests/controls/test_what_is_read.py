"""Controls of what a model reads: pieces at random, words in another order."""

import random
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from pipeline.controls.base import Control, Trained
from pipeline.controls.random_pieces import RandomPieces
from pipeline.controls.shuffled_words import ShuffledWords
from pipeline.core.pieces import Pieces
from pipeline.core.sentence import Sentence
from pipeline.engines import shard as engine
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.engines.work import Shard
from pipeline.models.encode import Encoder
from pipeline.models.tap import Place
from pipeline.models.under import encode_under
from pipeline.models.wiring import wiring
from tests import tiny
from tests.controls.models import KINDS, fresh
from tests.models.families import TOKENIZER_OF


def text(line: str, target: str | None = None) -> Sentence:
    return Sentence(line, line, tuple(line.split()), target=target and text(target))


SENTENCES = [
    text(tiny.TEXTS[0], "Dogs bark , of course ."),
    text("cats \u200b bark", "of \u00ad course they do"),  # words of no piece, to some
    text(tiny.TEXTS[3]),
    text("dogs", "cats"),
]


@dataclass
class Stand:
    """A model to put a control on; `read` is what went into it, batch by batch."""

    kind: str
    monkeypatch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        self.model = fresh(self.kind)
        tokenizer = tiny.trained(TOKENIZER_OF.get(KINDS[self.kind], "word_piece"))
        self.encoder = Encoder(tokenizer, self.model.config)
        self.places = wiring(self.model)
        self.read: list[Pieces] = []
        forward = engine.forward

        def watched(model, tap):
            self.read += [side for side in (tap.source, tap.target) if side is not None]
            forward(model, tap)

        self.monkeypatch.setattr(engine, "forward", watched)

    def measure(self, control: Control, sentences=SENTENCES, first=0, seed=0, pieces=64) -> Shard:
        self.read.clear()
        subject = Subject(self.model, self.encoder, self.places, control, seed)
        return measure_shard(subject, sentences, first, Asked(pieces))


@pytest.fixture(params=KINDS)
def stand(request, monkeypatch):
    return Stand(request.param, monkeypatch)


@pytest.mark.parametrize("control", [RandomPieces(), ShuffledWords()], ids=["pieces", "words"])
def test_a_sentence_is_changed_alike_in_whatever_shard_it_stands(control, stand):
    whole = stand.measure(control, first=10)
    parts = [stand.measure(control, SENTENCES[k : k + 2], first=10 + k) for k in (0, 2)]
    for name in ("pointers", "heads"):
        joined = pa.concat_tables([part.tables[name] for part in parts])
        keys = [("site", "ascending"), ("sentence", "ascending")]
        keys += [("layer", "ascending"), ("head", "ascending")]
        one, other = (table.sort_by(keys) for table in (whole.tables[name], joined))
        for column in one.column_names:
            if pa.types.is_floating(one[column].type):
                # A batch's make-up moves the last digit.
                a, b = (np.nan_to_num(t[column].to_numpy()) for t in (one, other))
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
            elif not pa.types.is_fixed_size_list(one[column].type):
                assert one[column].equals(other[column]), column
    elsewhere = stand.measure(control, first=11)
    other_seed = stand.measure(control, first=10, seed=1)
    made = (whole, elsewhere, other_seed)
    pointers = [shard.tables["pointers"]["attends_to"] for shard in made]
    assert not pointers[0].equals(pointers[1])
    assert not pointers[0].equals(pointers[2])
    assert stand.measure(control, first=10).tables["heads"].equals(whole.tables["heads"])


def test_random_pieces_keeps_all_but_the_pieces(stand):
    stand.measure(Trained(), pieces=10_000)
    trained = list(stand.read)
    shard = stand.measure(RandomPieces(), pieces=10_000)
    assert len(trained) == len(stand.read) == (2 if stand.encoder.has_target else 1)
    text_ids = set(stand.encoder.vocabulary)
    assert not text_ids & set(stand.encoder.tokenizer.all_special_ids)
    for before, after in zip(trained, stand.read, strict=True):
        assert before.lengths.equal(after.lengths)
        assert before.word.equal(after.word)
        assert before.classes.equal(after.classes)
        content = before.real & ~before.in_class("special")
        assert before.ids[~content].equal(after.ids[~content])
        assert set(after.ids[content].tolist()) <= text_ids
        assert (before.ids == after.ids)[content].float().mean() < 0.2
    assert shard.counts == stand.measure(Trained()).counts


def test_random_pieces_draws_every_piece_alike():
    ids, special = [7] * 4000 + [0], [False] * 4000 + [True]
    drawn = RandomPieces().pieces(ids, special, range(1, 5), lambda: random.Random(0))
    assert drawn[-1] == 0
    counts = np.bincount(drawn[:-1], minlength=5)
    assert counts[0] == 0
    assert (abs(counts[1:] - 1000) < 150).all()


def test_shuffled_words_gives_pointers_in_the_words_own_numbers(stand):
    """As if the permuted sentence were a text of its own, its words' numbers put back."""
    control, seed = ShuffledWords(), 3
    shard = stand.measure(control, seed=seed)
    found = {key(row): row for row in shard.tables["pointers"].to_pylist()}
    for index, sentence in enumerate(SENTENCES):
        sides = {"source": sentence.words, "target": (sentence.target or sentence).words}
        orders = {
            side: control.order(len(words), partial(random.Random, f"{seed}/{index}/{side} words"))
            for side, words in sides.items()
        }
        permuted = {side: tuple(sides[side][k] for k in order) for side, order in orders.items()}
        target = Sentence("t", "", permuted["target"])
        alone = [Sentence("s", "", permuted["source"], target=target)]
        for row in stand.measure(Trained(), alone, first=index).tables["pointers"].to_pylist():
            queries, keys = orders["source"], orders["source"]
            if stand.encoder.has_target and row["site"] != "encoder":
                queries = orders["target"]
                keys = queries if row["site"] == "decoder" else keys
            same = found[key(row)]
            assert same["attends_to"] == put_back(row["attends_to"], queries, keys)
            assert same["attended_by"] == put_back(row["attended_by"], keys, queries)
            if row["tree"]:
                tree = put_back(row["tree"], queries, queries)
                assert edges(same["tree"]) == edges(tree)
            predicted = row["predicted_attends_to"]
            assert same["predicted_attends_to"] == (
                predicted and put_back(predicted, queries, keys)
            )


def key(row: dict) -> tuple[int, Place, int]:
    return row["sentence"], Place(row["site"], row["layer"]), row["head"]


def edges(parents: list[int]) -> set[frozenset[int]]:
    return {frozenset((word, parent)) for word, parent in enumerate(parents) if parent >= 0}


def put_back(pointers: list[int], of: list[int], to: list[int]) -> list[int]:
    """Pointers of permuted words: word `of[k]` stood k-th."""
    numbered = [to[pointer] if pointer >= 0 else pointer for pointer in pointers]
    return [numbered[of.index(word)] for word in range(len(of))]


def test_shuffled_words_keeps_the_model_and_the_words(stand):
    before = stand.measure(Trained(), pieces=10_000)
    trained = list(stand.read)
    after = stand.measure(ShuffledWords(), pieces=10_000)
    assert ShuffledWords().apply(stand.model, 0) is stand.model
    assert after.counts["n_words"] == before.counts["n_words"]
    for one, other in zip(trained, stand.read, strict=True):
        assert one.n_words.equal(other.n_words)
        # The longest stands first in a batch.
        straight, shuffled = ([w for w in side.word[0].tolist() if w >= 0] for side in (one, other))
        assert straight == sorted(straight)
        assert shuffled != sorted(shuffled)
        assert set(shuffled) == set(straight)


def test_shuffled_words_draws_every_order_alike():
    draw = random.Random(0)
    orders = [tuple(ShuffledWords().order(3, lambda: draw)) for _ in range(3000)]
    assert {tuple(sorted(order)) for order in orders} == {(0, 1, 2)}
    assert all(abs(orders.count(order) - 500) < 100 for order in set(orders))
    assert len(set(orders)) == 6


def test_a_decoder_says_the_random_pieces_that_it_reads(monkeypatch):
    stand = Stand("encoder-decoder", monkeypatch)
    plain, _ = encode_under(Trained(), 0, stand.encoder, SENTENCES, range(4))
    drawn, _ = encode_under(RandomPieces(), 0, stand.encoder, SENTENCES, range(4))
    for before, after in zip(plain, drawn, strict=True):
        for e in (before, after):
            assert e.target is not None
            assert e.target.says is not None
            assert e.target.says == [*e.target.ids[1:], stand.encoder.tokenizer.eos_token_id]
        assert before.target != after.target
