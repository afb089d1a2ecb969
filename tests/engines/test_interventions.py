"""Heads removed and losses taken, against the same model with hand-edited weights, run eager.

One language model of each kind: masked, causal, and two that translate.
"""

import random

import numpy as np
import pytest
import torch
import transformers

from pipeline.controls.base import Trained
from pipeline.core.sentence import Sentence
from pipeline.engines.changes import Interventions
from pipeline.engines.interventions import Patient, _each, intervene_shard
from pipeline.engines.means import AtPlace
from pipeline.engines.observed import _of_words
from pipeline.engines.shard import Subject
from pipeline.models.checkpoint import Checkpoint
from pipeline.models.encode import Encoded, Encoder, Side
from pipeline.models.objective import NOT_SAID, asked
from pipeline.models.tap import NAME
from pipeline.models.wiring import wiring
from tests import tiny

KINDS = {
    "bert": ("mlm", "ForMaskedLM", {"encoder": "bert.encoder.layer.{}.attention.output.dense"}),
    "gpt2": ("clm", "ForCausalLM", {"decoder": "transformer.h.{}.attn.c_proj"}),
    "bart": (
        "seq2seq",
        "ForSeq2SeqLM",
        {
            "encoder": "model.encoder.layers.{}.self_attn.out_proj",
            "decoder": "model.decoder.layers.{}.self_attn.out_proj",
            "cross": "model.decoder.layers.{}.encoder_attn.out_proj",
        },
    ),
    "t5": (
        "seq2seq",
        "ForSeq2SeqLM",
        {
            "encoder": "encoder.block.{}.layer.0.SelfAttention.o",
            "decoder": "decoder.block.{}.layer.0.SelfAttention.o",
            "cross": "decoder.block.{}.layer.1.EncDecAttention.o",
        },
    ),
}
SENTENCES = [
    Sentence("a", tiny.TEXTS[0], tuple(tiny.TEXTS[0].split())),
    Sentence("b", tiny.TEXTS[3], tuple(tiny.TEXTS[3].split())),
]
FIRST = 6


class Made:
    def __init__(self, family: str, folder):
        self.objective, head, self.projections = KINDS[family]
        tiny.save(folder, family, head=head)
        checkpoint = Checkpoint(path=str(folder))
        assert checkpoint.objective == self.objective
        model, objective = checkpoint.load_speaking(NAME)
        assert objective == self.objective
        self.encoder = Encoder(checkpoint.tokenizer(), model.config)
        self.places = wiring(model)
        subject = Subject(model, self.encoder, self.places, Trained(), 0)
        means = [self._means(model, place) for place in self.places]
        how = Interventions(("sep", "eos", "punct"), every=1, observe_every=2, draws=1)
        shard = intervene_shard(Patient(subject, self.objective, means), SENTENCES, FIRST, how)
        self.tables = {name: table.to_pylist() for name, table in shard.tables.items()}
        self.eager = getattr(transformers, f"AutoModel{head}").from_pretrained(
            folder, attn_implementation="eager"
        )
        self.eager.eval().double()

    @staticmethod
    def _means(model, place) -> AtPlace:
        config, cross = model.config, place.site != "encoder"
        names = ("decoder_attention_heads",) if cross else ()
        n = next(
            getattr(config, name)
            for name in (*names, "num_attention_heads", "num_heads", "n_head")
            if hasattr(config, name)
        )
        size = getattr(config, "d_kv", config.hidden_size // n)
        one = torch.full((n, size), 0.5)
        values = {"punct": one, "sep": one, "word": one}
        return AtPlace(values, one, {"sep": torch.zeros(n)}, dict.fromkeys(values, 1))

    def said(self, k: int, place=None, head: int = 0) -> dict:
        """Loss, log-probabilities and last states; of a model with one head's rows of W_O zero."""
        inputs, says = self._inputs(k)
        if place is None:
            return self._run(inputs, says)
        weight, rows = self._readout(place)
        before = weight.detach().clone()
        size = len(rows) // len(self._means(self.eager, place).output)
        with torch.no_grad():
            rows[head * size : (head + 1) * size] = 0
        found = self._run(inputs, says)
        with torch.no_grad():
            weight.copy_(before)
        return found

    def slopes(self, k: int) -> dict:
        """By site and layer, of each head: Σ W ∂ loss / ∂ W over its rows of W_O."""
        inputs, says = self._inputs(k)
        there = [i for i, piece in enumerate(says) if piece != NOT_SAID]
        log = self.eager(**inputs).logits[0].log_softmax(-1)
        loss = -sum(log[i, says[i]] for i in there)
        weights = [self._readout(place)[0] for place in self.places]
        found = {}
        gradients = torch.autograd.grad(loss, weights)
        for place, weight, gradient in zip(self.places, weights, gradients, strict=True):
            product = weight.detach() * gradient
            rows = product if self.objective == "clm" else product.T
            n_heads = len(self._means(self.eager, place).output)
            of_heads = rows.unflatten(0, (n_heads, -1)).sum((1, 2))
            found[place.site, place.layer] = of_heads.tolist()
        return found

    def _readout(self, place) -> tuple[torch.Tensor, torch.Tensor]:
        """W_O, and the same with the heads' channels as rows: Conv1D is the other way round."""
        weight = self.eager.get_submodule(self.projections[place.site].format(place.layer)).weight
        return weight, weight if self.objective == "clm" else weight.T

    def _inputs(self, k: int) -> tuple[dict, list[int]]:
        encoded, _ = self.encoder.encode([SENTENCES[k]])
        mask = self.encoder.tokenizer.mask_token_id
        draw = random.Random(f"0/{FIRST + k}/mask")
        read, says = asked(self.objective, encoded[0], mask, draw)
        inputs = {"input_ids": torch.tensor([read.source.ids])}
        if read.target is not None:
            inputs["decoder_input_ids"] = torch.tensor([read.target.ids])
        return inputs, says

    def _run(self, inputs: dict, says: list[int]) -> dict:
        with torch.no_grad():
            out = self.eager(**inputs, output_hidden_states=True)
        states = out.decoder_hidden_states if "decoder_input_ids" in inputs else out.hidden_states
        log = out.logits[0].double().log_softmax(-1)
        there = [i for i, piece in enumerate(says) if piece != NOT_SAID]
        loss = -sum(float(log[i, says[i]]) for i in there)
        return {"loss": loss, "log": log[there], "states": states[-1][0].double(), "n": len(there)}


@pytest.fixture(scope="module", params=list(KINDS))
def made(request, tmp_path_factory):
    return Made(request.param, tmp_path_factory.mktemp("speaks"))


def effects(made, **where) -> list[dict]:
    found = [r for r in made.tables["effects"] if all(r[k] == v for k, v in where.items())]
    assert found
    return found


def test_losses_are_the_models_own(made):
    for row in made.tables["effects"]:
        truth = made.said(row["sentence"] - FIRST) if row["condition"] == "no_head" else None
        if truth is not None:
            assert row["loss_before"] == pytest.approx(truth["loss"], rel=1e-4, abs=1e-4)
            assert (row["n_said"], row["n_pieces"]) == (truth["n"], len(truth["states"]))


def test_a_head_removed_equals_weights_edited_by_hand(made):
    for place in made.places:
        for row in effects(made, condition="no_head", site=place.site, layer=place.layer):
            if row["scope"] != "head":
                continue
            k = row["sentence"] - FIRST
            old, new = made.said(k), made.said(k, place, row["head"])
            kl = float((old["log"].exp() * (old["log"] - new["log"])).sum())
            change = (new["states"] - old["states"]).norm(dim=-1) / old["states"].norm(dim=-1)
            both = torch.stack([old["states"].mean(0), new["states"].mean(0)])
            cosine = float(torch.cosine_similarity(both[0], both[1], dim=0))
            assert row["loss_change"] == pytest.approx(new["loss"] - old["loss"], abs=2e-4)
            assert row["kl"] == pytest.approx(kl, abs=1e-4)
            assert row["state_change"] == pytest.approx(float(change.sum()), rel=1e-4, abs=1e-5)
            assert row["cosine"] == pytest.approx(cosine, abs=1e-5)


def test_importance_is_the_slope_of_the_loss(made):
    """Michel et al. 2019: |∂ loss / ∂ gate|. A gate on a head scales its rows of W_O, so that the
    slope is Σ W ∂ loss / ∂ W over them."""
    slopes = {k: made.slopes(k) for k in range(len(SENTENCES))}
    rows = [r for r in made.tables["observed"] if r["importance"] is not None]
    assert {r["sentence"] for r in rows} == {FIRST, FIRST + 1}
    for row in rows:
        found = slopes[row["sentence"] - FIRST][row["site"], row["layer"]][row["head"]]
        assert row["importance"] == pytest.approx(abs(found), rel=1e-3, abs=1e-4)


def test_nothing_changed_is_exactly_nothing(made):
    """A class that a sentence has not."""
    none = [r for r in effects(made, key_class="punct") if r["state_change"] == 0]
    touched = {r["sentence"] for r in made.tables["effects"] if r["key_class"] == "punct"}
    assert touched == {FIRST, FIRST + 1}
    for row in none:
        assert (row["cosine"], row["kl"], row["loss_change"]) == (1.0, 0.0, 0.0)


def test_what_was_watched(made):
    """Every second row of the corpus, word by word."""
    watched = [r for r in made.tables["observed"] if r["special_mass"] is not None]
    assert {r["sentence"] for r in watched} == {FIRST}
    for row in watched:
        assert len(row["special_mass"]) == len(SENTENCES[0].words)
        assert all(0 <= m <= 1 + 1e-5 for m in row["special_mass"] if not np.isnan(m))


@pytest.mark.parametrize("unread", [(), (4,), (4, 5), (4, 5, 6, 7), (0, 9)])
def test_one_sentence_of_every_so_many_is_changed_if_the_model_reads_one(unread):
    """Four by four; shards hold six, four and two. One group's end is another shard's beginning."""
    shards, first, found = (6, 4, 2), 0, []
    side = Side([0], [0], [False], frozenset(), 1)
    for n in shards:
        read = [Encoded(k, side) for k in range(n) if first + k not in unread]
        found += [first + e.index for e in _each(read, first, every=4)]
        first += n
    groups = [(0, 1, 2, 3), (4, 5), (8, 9)]  # of the second group two lie in the next shard
    assert found == [row[0] for g in groups if (row := [r for r in g if r not in unread])]
    assert _each(read, 0, every=0) == []


@pytest.mark.parametrize(("site", "n_words"), [("encoder", 3), ("decoder", 2), ("cross", 2)])
def test_masses_are_of_the_words_that_a_site_reads(site, n_words):
    """The last word of either side has no piece."""
    sides = [Side(list(range(n)), list(range(n)), [False] * n, frozenset(), n + 1) for n in (2, 1)]
    masses = _of_words(np.ones((4, 5)), Encoded(0, *sides), site)
    assert masses.shape == (4, n_words)
    assert np.isnan(masses).all(0).tolist() == [False] * (n_words - 1) + [True]


def test_nothing_is_said_of_gradients_that_are_cut_off(tmp_path):
    """HRM computes its first cycles without."""
    words = tiny.trained("sentence_piece")
    config = transformers.AutoConfig.for_model(
        "hrm_text", vocab_size=len(words), hidden_size=32, num_hidden_layers=1, head_dim=8,
        num_attention_heads=4, num_key_value_heads=4, intermediate_size=48, L_bp_cycles=[1],
    )  # fmt: skip
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    model, objective = Checkpoint(path=str(tmp_path)).load_speaking(NAME)
    encoder, places = Encoder(words, model.config), wiring(model)
    one = torch.full((4, 8), 0.5)
    means = [AtPlace({"punct": one}, one, {}, {"punct": 1}) for _ in places]
    patient = Patient(Subject(model, encoder, places, Trained(), 0), objective, means)
    how = Interventions(("punct",), every=1, observe_every=1, draws=0)
    tables = intervene_shard(patient, SENTENCES[:1], 0, how).tables
    weights = tables["observed"]["importance"]
    assert len(weights) == weights.null_count == 4 * len(places)
    losses = tables["effects"]["loss_change"].to_numpy()
    assert np.isfinite(losses).all()
