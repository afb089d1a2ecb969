"""Text parsed by spaCy: a real pipeline, small, trained here."""

import itertools
import json
import random
import re
import shutil
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toy_sentences import NOUNS, THINGS, VERBS, plain

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora import text
from pipeline.corpora.annotate import close_parser
from pipeline.corpora.base import read
from pipeline.corpora.text import Text
from pipeline.lake import open_table, scan
from pipeline.lake.layout import Lake
from tests import tiny
from tests.stages import small

MORE = (small.ROOT / "docs/more.md").read_text(encoding="utf-8")
# Here, so that a page without it fails also where spaCy is not.
(COMMAND,) = re.findall(r"`(corpus\.annotator=spacy [^`]+)`", MORE)

PLAIN = (
    ["The", "{}", "{}", "{}", "."],
    ["DET", "NOUN", "VERB", "NOUN", "PUNCT"],
    [1, 2, 2, 2, 2],
    ["det", "nsubj", "ROOT", "obj", "punct"],
)
SPACED = (
    ["The", "{}", "{}", " ", "{}", "."],
    ["DET", "NOUN", "VERB", "SPACE", "NOUN", "PUNCT"],
    [1, 2, 2, 2, 3, 2],
    ["det", "nsubj", "ROOT", "dep", "obj", "punct"],
)
"""The object hangs on white space."""

TORN = (["{}", "  ", "{}"], ["NOUN", "SPACE", "NOUN"], [1, 1, 1], ["nsubj", "ROOT", "obj"])
"""White space is the root, of two words: a tree for spaCy, and none without that token."""

SMALL = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "pretrained_vectors": None,
    "width": 32,
    "depth": 2,
    "embed_size": 200,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": False,
}


@pytest.fixture(scope="session")
def spacy_folder(tmp_path_factory) -> Path:
    """A pipeline that has learnt these three kinds of sentences, one or two on a line."""
    import spacy

    spacy.util.fix_random_seed(0)
    pipeline = spacy.blank("en")
    for name in ("morphologizer", "parser"):
        pipeline.add_pipe(name, config={"model": {"tok2vec": SMALL}})
    draw = random.Random(0)
    lines = [draw.choices([PLAIN, PLAIN, SPACED, TORN], k=1 + k % 2) for k in range(60)]
    examples = [spacy_example(pipeline, kinds, draw) for kinds in lines]
    optimizer = pipeline.initialize(lambda: examples)
    for _ in range(40):
        pipeline.update(examples, sgd=optimizer)
    folder = tmp_path_factory.mktemp("spacy")
    pipeline.to_disk(folder)
    return folder


def spacy_example(pipeline, kinds, draw: random.Random):
    from spacy.tokens import Doc
    from spacy.training import Example

    words, upos, heads, deprels, starts = [], [], [], [], []
    for forms, *labels in kinds:
        chosen = [draw.choice(NOUNS), draw.choice(VERBS), draw.choice(THINGS)]
        filled = iter(chosen if len(forms) > 3 else chosen[::2])
        heads += [len(words) + head for head in labels[1]]
        words += [next(filled) if form == "{}" else form for form in forms]
        upos += labels[0]
        deprels += labels[2]
        starts += [True, *[False] * (len(forms) - 1)]
    spaces = [
        not word.isspace() and after != "."
        for word, after in itertools.pairwise([*words, "."])  # no space at the end either
    ]
    gold = {"pos": upos, "heads": heads, "deps": deprels, "sent_starts": starts}
    doc = Doc(pipeline.vocab, words, spaces, **gold)
    return Example(pipeline.make_doc(doc.text), doc)


def by_spacy(path: str, folder: Path, **keys) -> Text:
    return Text(path, annotator="spacy", annotator_model=str(folder), **keys)


@pytest.mark.slow
def test_trees_of_spacy(spacy_folder, write, capfd) -> None:
    lines = [
        "The dogs see fish.",
        "",
        "The cats eat mice. The birds like bread.",
        "The dogs see  fish.",
        "cats   mice",
        "  The birds see bread. \t",
    ]
    import spacy

    assert spacy.load(spacy_folder)(lines[3])[4].head.is_space
    records = list(read(by_spacy(write("x.txt", "\n".join(lines)), spacy_folder)))
    assert records == [
        plain("x.txt:1", lines[0]),
        plain("x.txt:3.1", "The cats eat mice."),
        plain("x.txt:3.2", "The birds like bread."),
        plain("x.txt:4", lines[3]),
        Fault(records[4].source, 5, "x.txt:5", "2 roots (words 1, 2)"),
        plain("x.txt:6", "The birds see bread."),
    ]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_every_kind_of_file_and_the_hub(spacy_folder, write, tmp_path, monkeypatch) -> None:
    texts = ["The dogs see fish.", None, "The cats eat mice. The birds like bread."]
    table = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": texts}), table)
    broken = "\n".join([*(json.dumps({"text": text}) for text in texts[:2]), "{", '{"text": 3}'])
    lines = write("x.jsonl", f"{broken}\n{json.dumps({'text': texts[2]})}")
    ids = [["x.parquet:1", "x.parquet:3.1", "x.parquet:3.2"]]
    ids += [["x.jsonl:1", "x.jsonl:3", "x.jsonl:4", "x.jsonl:5.1", "x.jsonl:5.2"]]
    for path, wanted in zip((str(table), lines), ids, strict=True):
        records = list(read(by_spacy(path, spacy_folder)))
        assert [record.sentence_id for record in records] == wanted
        assert [r.text for r in records if isinstance(r, Sentence)] == [
            "The dogs see fish.", "The cats eat mice.", "The birds like bread."
        ]  # fmt: skip
    monkeypatch.setattr(text, "open_corpus", lambda *_: None)
    hub = [("a/b@1/train", number, {"text": line}) for number, line in enumerate(texts, start=1)]
    monkeypatch.setattr(text, "hub_records", lambda *_: iter(hub))
    corpus = Text(None, "a/b", annotator="spacy", annotator_model=str(spacy_folder))
    ids = [record.sentence_id for record in read(corpus)]
    assert ids == ["a/b@1/train:1", "a/b@1/train:3.1", "a/b@1/train:3.2"]


@pytest.mark.slow
def test_the_same_each_time_shuffled_and_up_to_a_limit(spacy_folder, write) -> None:
    draw = random.Random(1)
    lines = [f"The {draw.choice(NOUNS)} see {k}. The cats eat mice." for k in range(200)]
    path = write("x.txt", "\n".join(lines))
    records = list(read(by_spacy(path, spacy_folder)))
    assert list(read(by_spacy(path, spacy_folder))) == records
    assert list(read(by_spacy(path, spacy_folder, limit=7))) == records[:7]
    keys = {"shuffle_seed": 3, "shuffle_buffer": 50}
    shuffled = list(read(by_spacy(path, spacy_folder, **keys)))
    assert shuffled == list(read(by_spacy(path, spacy_folder, **keys))) != records
    assert {r.sentence_id for r in shuffled} == {r.sentence_id for r in records}


@pytest.mark.slow
def test_a_pipeline_without_parts_of_speech(spacy_folder, write, tmp_path) -> None:
    import spacy

    spacy.load(spacy_folder, exclude=["morphologizer"]).to_disk(tmp_path / "p")
    (sentence,) = read(by_spacy(write("x.txt", "The dogs see fish."), tmp_path / "p"))
    assert (sentence.upos, sentence.governors) == (None, (2, 3, 0, 3, 3))


@pytest.mark.slow
def test_a_pipeline_of_another_version_is_no_reason_to_warn(spacy_folder, write, tmp_path) -> None:
    folder = shutil.copytree(spacy_folder, tmp_path / "p")
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | {"spacy_version": ">=3.1.0,<3.2.0"}))
    assert len(list(read(by_spacy(write("x.txt", "The dogs see fish."), folder)))) == 1


@pytest.mark.slow
def test_pipelines_that_give_no_trees(write, tmp_path) -> None:
    import spacy

    @spacy.Language.component("labels_alone")
    def label(doc):
        for token in doc:
            token.dep_ = "dep"
        return doc

    path = write("x.txt", "a")
    for name, message in {
        "sentencizer": "no parser in this pipeline, which has sentencizer",
        "labels_alone": "no ends of sentences in this pipeline",
        "": "no parser in this pipeline, which has nothing",
    }.items():
        pipeline = spacy.blank("en")
        if name:
            pipeline.add_pipe(name)
        pipeline.to_disk(tmp_path / "p")
        with pytest.raises(UserError, match=message):
            by_spacy(path, tmp_path / "p").stream()
        close_parser()


@pytest.mark.slow
def test_pipelines_that_are_none(spacy_folder, write, tmp_path) -> None:
    damaged = shutil.copytree(spacy_folder, tmp_path / "damaged")
    (damaged / "parser/model").write_bytes(b"xx")
    for folder in (tmp_path / "none", tmp_path, damaged, Path("no_such_package")):
        with pytest.raises(UserError, match=f"annotator_model={folder}: .*or give its folder$"):
            by_spacy(write("x.txt", "a"), folder).stream()


@pytest.mark.slow
def test_a_census_of_parsed_text(spacy_folder, write, tmp_path, capfd) -> None:
    """As `docs/more.md` has it."""
    (named,) = re.findall(r"corpus\.annotator_model=(\S+)", COMMAND)
    lines = [f"The {n} {v} {t}." for n, v, t in itertools.product(NOUNS, VERBS, THINGS)]
    path = write("x.txt", "\n".join([*lines, "cats   mice"]))
    root = tmp_path / "out"
    common = ["model=local", f"model.path={tiny.save(tmp_path / 'model')}", f"root={root}"]
    common += ["corpus=text", f"corpus.path={path}", small.NO_ATLAS, "analysis.min_arcs=5"]
    words = COMMAND.replace(named, str(spacy_folder)).split()
    code = small.run("run", *common, *words, "ingest.max_quarantined=0.1")
    assert (code, capfd.readouterr().err.count("rror")) == (0, 0)
    sentences = scan(Lake(root).sentences("text")).collect()
    assert sentences["governors"].to_list() == [[2, 3, 0, 3, 3]] * len(lines)
    assert sentences["upos"].to_list() == [["DET", "NOUN", "VERB", "NOUN", "PUNCT"]] * len(lines)
    (fault,) = scan(Lake(root).quarantine("text")).collect().rows(named=True)
    assert (fault["line"], fault["reason"]) == (len(lines) + 1, "2 roots (words 1, 2)")
    deprels = open_table("relations", root).select(pl.col("deprel").unique()).collect()["deprel"]
    assert {"det", "nsubj", "obj"} <= set(deprels)
