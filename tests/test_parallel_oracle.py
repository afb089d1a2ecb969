"""A parallel corpus through an encoder-decoder, against a plain implementation with eager patterns.

The reference reads the files itself, asks the model for its attentions sentence by sentence, and
counts alignments with sets. It shares no code with the package.
"""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoTokenizer, BartConfig, BartModel

from pipeline.analysis.halves import confirming
from pipeline.corpora.base import read
from pipeline.corpora.invented import Invented
from pipeline.lake import open_measured, open_table
from tests import tiny
from tests.stages import small

N_LAYERS, N_HEADS = 2, 4


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bart")
    words = tiny.trained("word_piece")
    config = BartConfig(
        vocab_size=len(words), d_model=32, encoder_layers=N_LAYERS, decoder_layers=N_LAYERS,
        encoder_attention_heads=N_HEADS, decoder_attention_heads=N_HEADS, encoder_ffn_dim=48,
        decoder_ffn_dim=48, max_position_embeddings=128, pad_token_id=words.pad_token_id,
        decoder_start_token_id=words.sep_token_id, eos_token_id=words.sep_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    model = BartModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() >= 2:
                parameter.mul_(12)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> tuple[Path, list[dict]]:
    draw = random.Random(0)
    forms = sorted({word for text in tiny.TEXTS for word in text.split()})
    records = []
    for _ in range(24):
        source = [draw.choice(forms) for _ in range(draw.randint(2, 9))]
        target = [draw.choice(forms) for _ in range(draw.randint(2, 9))]
        links = {(draw.randrange(len(source)), draw.randrange(len(target))) for _ in range(6)}
        pharaoh = " ".join(f"{i}{draw.choice('--?')}{j}" for i, j in sorted(links))
        records.append({"en": " ".join(source), "de": " ".join(target), "links": pharaoh})
    path = tmp_path_factory.mktemp("parallel") / "pairs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path, records


def words_of(offsets, text: str) -> list[int]:
    ends = np.cumsum([len(word) + 1 for word in text.split(" ")])
    return [-1 if a == b else int(np.searchsorted(ends, a, side="right")) for a, b in offsets]


def reference(folder: Path, records: list[dict]):
    """Means per (site, layer, head), and links A per (convention, layer, head, sentence)."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BartModel.from_pretrained(folder, attn_implementation="eager").eval()
    sums, n_queries, aligned = {}, {}, {}
    for s, record in enumerate(records):
        source = tokenizer(record["en"], return_offsets_mapping=True)
        labels = tokenizer(record["de"], return_offsets_mapping=True)
        read = [tokenizer.sep_token_id, *labels["input_ids"][:-1]]
        said = words_of(labels["offset_mapping"], record["de"])
        heard = [-1, *said[:-1]]
        of_source = np.array(words_of(source["offset_mapping"], record["en"]))
        with torch.inference_mode():
            out = model(
                input_ids=torch.tensor([source["input_ids"]]),
                decoder_input_ids=torch.tensor([read]),
                output_attentions=True,
            )
        keys = {"encoder": source["input_ids"], "cross": source["input_ids"], "decoder": read}
        attentions = zip(
            ("encoder", "decoder", "cross"),
            (out.encoder_attentions, out.decoder_attentions, out.cross_attentions),
            strict=True,
        )
        for site, patterns in attentions:
            is_sep = np.array(keys[site]) == tokenizer.sep_token_id
            for layer, pattern in enumerate(patterns):
                for head in range(N_HEADS):
                    weights = pattern[0, head].double().numpy()
                    where = (site, layer, head)
                    entropy = -(weights * np.log(np.maximum(weights, 1e-300))).sum()
                    found = (weights[:, 0].sum(), weights[:, is_sep].sum(), entropy)
                    sums[where] = sums.get(where, 0) + np.array(found)
                    n_queries[where] = n_queries.get(where, 0) + len(weights)
                    if site != "cross":
                        continue
                    for convention, word in (("awi", heard), ("awo", said)):
                        links = set()
                        for w in range(len(record["de"].split(" "))):
                            row = weights[[i for i, x in enumerate(word) if x == w]].mean(0)
                            mass = [row[of_source == v].sum() for v in range(of_source.max() + 1)]
                            links.add((int(np.argmax(mass)), w))
                        aligned[convention, layer, head, s] = links
    return {where: total / n_queries[where] for where, total in sums.items()}, aligned


def test_means_and_error_rates_equal_the_reference(checkpoint, pairs, tmp_path):
    path, records = pairs
    words = ["model=local", f"model.path={checkpoint}", "corpus=parallel", f"corpus.path={path}"]
    words += ["corpus.source_column=en", "corpus.target_column=de", "corpus.alignment_column=links"]
    words += ["ingest.shard_sentences=10", "analysis.min_arcs=1", "analysis.bootstrap=10"]
    small.tables(*words, f"root={tmp_path}")
    means, aligned = reference(checkpoint, records)

    heads = open_table("heads", tmp_path).collect()
    assert heads.height == len(means) == 3 * N_LAYERS * N_HEADS
    for row in heads.iter_rows(named=True):
        first, sep, entropy = means[row["site"], row["layer"], row["head"]]
        assert row["mass_first"] == pytest.approx(first, abs=1e-5)
        assert row["mass_sep"] == pytest.approx(sep, abs=1e-5)
        assert row["entropy_nats"] == pytest.approx(entropy, abs=1e-4)
        assert (row["mass_self"] is None) == (row["site"] == "cross")

    alignments = open_table("alignments", tmp_path).filter(weighting="attention").collect()
    assert alignments.height == 2 * N_LAYERS * N_HEADS
    for row in alignments.iter_rows(named=True):
        hits = size = 0
        for s, record in enumerate(records):
            links = record["links"].split()
            possible = {tuple(map(int, link.replace("?", "-").split("-"))) for link in links}
            sure = {tuple(map(int, link.split("-"))) for link in links if "-" in link}
            found = aligned[row["convention"], row["layer"], row["head"], s]
            hits += len(found & sure) + len(found & possible)
            size += len(found) + len(sure)
        assert row["aer_all"] == pytest.approx(1 - hits / size)
    assert row["aligns"] is None  # no null was measured


def test_the_same_text_on_both_sides(checkpoint, sentences_file, tmp_path):
    """A corpus without translations: the decoder's arcs are those of the same tree."""
    words = ["model=local", f"model.path={checkpoint}", "corpus=conllu"]
    words += [f"corpus.path={sentences_file}", "analysis.min_arcs=1", "analysis.bootstrap=10"]
    small.tables(*words, f"root={tmp_path}")
    relations = (
        open_table("relations", tmp_path).filter(level="full", weighting="attention").collect()
    )
    by_site = {site: relations.filter(site=site) for site in ("encoder", "decoder", "cross")}
    assert by_site["cross"].height == 0
    counted = [
        by_site[s].group_by("deprel").agg(pl.col("n_all").max()) for s in ("encoder", "decoder")
    ]
    assert counted[0].sort("deprel").equals(counted[1].sort("deprel"))
    assert open_table("alignments", tmp_path).collect().height == 0


@pytest.mark.parametrize(
    ("family", "reads"),
    [("bart", {"encoder": "source", "decoder": "target"}), ("gpt2", {"decoder": "source"})],
)
def test_a_stack_has_the_trees_of_what_it_reads(family, reads, tmp_path):
    """A decoder beside an encoder reads the translation, one by itself the sentence."""
    words = ["model=local", f"model.path={tiny.save(tmp_path / 'model', family)}"]
    words += ["corpus=invented", "corpus.sentences=12", "analysis.min_arcs=1"]
    small.tables(*words, "analysis.bootstrap=10", f"root={tmp_path / 'out'}")
    relations = open_table("relations", tmp_path / "out").collect()
    relations = relations.filter(level="full", weighting="attention", direction="dep_to_gov")
    assert set(relations["site"]) == set(reads)
    pairs = list(read(Invented(sentences=12)))
    measured = open_measured("heads", tmp_path / "out").select("sentence").unique().collect()
    pairs = [pairs[row] for row in measured["sentence"]]  # some are too long
    sides = {"source": pairs, "target": [pair.target for pair in pairs]}
    counts = {
        side: Counter(
            deprel
            for sentence in of_side
            for governor, deprel in zip(sentence.governors, sentence.deprels, strict=True)
            if governor > 0
        )
        for side, of_side in sides.items()
    }
    assert counts["source"] != counts["target"]
    for site, side in reads.items():
        found = relations.filter(site=site).select("deprel", "n_all").unique()
        assert dict(found.iter_rows()) == counts[side], site


def test_an_offset_is_fitted_on_the_trees_of_what_a_stack_reads(tmp_path):
    words = ["model=local", f"model.path={tiny.save(tmp_path / 'model', 'bart')}"]
    words += ["corpus=invented", "corpus.sentences=12", "analysis.bootstrap=10"]
    small.tables(*words, f"root={tmp_path / 'out'}")
    relations = open_table("relations", tmp_path / "out").filter(
        level="full", direction="dep_to_gov"
    )
    stated = relations.select("site", "deprel", "baseline_offset").unique().collect()
    confirms = confirming(np.arange(12), 0)
    fitting = [
        pair for pair, c in zip(read(Invented(sentences=12)), confirms, strict=True) if not c
    ]
    for site, sentences in (("encoder", fitting), ("decoder", [pair.target for pair in fitting])):
        offsets: dict[str, Counter[int]] = {}
        for sentence in sentences:
            for k, (governor, deprel) in enumerate(
                zip(sentence.governors, sentence.deprels, strict=True), start=1
            ):
                offsets.setdefault(deprel, Counter())[governor - k] += governor > 0
        for deprel, offset in stated.filter(site=site).select("deprel", "baseline_offset").rows():
            counts = offsets.get(deprel, Counter({1: 1}))
            assert counts[offset] == max(counts.values()), (site, deprel)


@pytest.fixture
def sentences_file(tmp_path) -> Path:
    path = tmp_path / "some.conllu"
    path.write_text(small.conllu(14), encoding="utf-8")
    return path
