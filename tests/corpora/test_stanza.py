"""Text parsed by Stanza: real models, small, trained here."""

import json
import random
import re
import shutil
import warnings
from pathlib import Path

import pytest
from toy_sentences import NOUNS, THINGS, VERBS, plain

from pipeline.core.errors import UserError
from pipeline.core.sentence import Fault, Sentence
from pipeline.corpora.base import read
from pipeline.corpora.text import Text


@pytest.fixture(scope="session")
def stanza_folder(tmp_path_factory) -> Path:
    """Models of an English of a few words, in the folders that Stanza downloads into."""
    home, made = tmp_path_factory.mktemp("stanza"), tmp_path_factory.mktemp("train")
    draw = random.Random(0)
    sentences = [treebank_sentence(negated=k % 3 == 0, draw=draw) for k in range(60)]
    (made / "all.conllu").write_text("".join(lines for _, lines in sentences))
    (made / "all.txt").write_text(" ".join(line for line, _ in sentences))
    with warnings.catch_warnings():
        # Its scorer leaves files open.
        warnings.simplefilter("ignore", ResourceWarning)
        train_stanza(home / "en", made)
    models = dict.fromkeys(("tokenize", "mwt", "pos", "depparse"), "tiny")
    packages = {"default": {**models, "lemma": "identity"}}
    english = {"lang_name": "English", "packages": packages, "lemma": {}}
    english |= {processor: {"tiny": {}} for processor in models}
    (home / "resources.json").write_text(json.dumps({"en": english}))
    return home


def treebank_sentence(negated: bool, draw: random.Random) -> tuple[str, str]:
    """Its text, and its lines of CoNLL-U, in which `cannot` is two words."""
    noun, verb, thing = (draw.choice(words) for words in (NOUNS, VERBS, THINGS))
    words = [("The", "DET", "det"), (noun, "NOUN", "nsubj")]
    words += [("can", "AUX", "aux"), ("not", "PART", "advmod")] if negated else []
    words += [(verb, "VERB", "root"), (thing, "NOUN", "obj"), (".", "PUNCT", "punct")]
    root = len(words) - 2
    lines = []
    for number, (form, upos, deprel) in enumerate(words, start=1):
        governor = {"det": 2, "root": 0}.get(deprel, root)
        space = "SpaceAfter=No" if deprel == "obj" else "_"
        lines.append(f"{number}\t{form}\t{form}\t{upos}\t_\t_\t{governor}\t{deprel}\t_\t{space}\n")
    if negated:
        lines.insert(2, "3-4\tcannot" + "\t_" * 8 + "\n")
    line = f"The {noun} {'cannot ' if negated else ''}{verb} {thing}."
    return line, f"# text = {line}\n" + "".join(lines) + "\n"


def train_stanza(folder: Path, made: Path) -> None:
    from stanza.models import mwt_expander, parser, tagger, tokenizer
    from stanza.utils.datasets import prepare_tokenizer_data

    def train(module, processor: str, **options) -> None:
        options |= {"lang": "en", "shorthand": "en_tiny", "save_name": "tiny.pt"}
        options |= {"save_dir": folder / processor, "cpu": True}
        module.main(
            [
                word
                for key, value in options.items()
                for word in ([f"--{key}"] if value is True else [f"--{key}", str(value)])
            ]
        )

    conllu, plain, labels, expansions = (
        str(made / f"all.{suffix}") for suffix in ("conllu", "txt", "labels", "json")
    )
    prepare_tokenizer_data.main([plain, conllu, "-o", labels, "-m", expansions])
    train(
        tokenizer, "tokenize", txt_file=plain, label_file=labels, mwt_json_file=expansions,
        dev_txt_file=plain, dev_label_file=labels, dev_conll_gold=conllu,
        steps=150, eval_steps=150, dropout=0, unit_dropout=0, lr0=1e-2,
    )  # fmt: skip
    files = {"train_file": conllu, "eval_file": conllu}
    train(mwt_expander, "mwt", **files, gold_file=conllu, dict_only=True)
    sizes = {"hidden_dim": 32, "word_emb_dim": 16, "tag_emb_dim": 8, "transformed_dim": 16}
    sizes |= {"deep_biaff_hidden_dim": 32, "num_layers": 1}
    steps = {"max_steps": 60, "eval_interval": 60, "batch_size": 500, "lr": 1e-2}
    bare = {"no_pretrain": True, "no_char": True, "no_second_optim": True, "word_cutoff": 0}
    steady = {"dropout": 0, "word_dropout": 0}
    common = files | sizes | steps | bare | steady
    train(tagger, "pos", **common, fix_eval_interval=True, composite_deep_biaff_hidden_dim=16)
    train(parser, "depparse", **common, deep_biaff_output_dim=16, no_checkpoint=True, optim="adam")


def by_stanza(path: str, folder: Path, language: str = "en") -> Text:
    return Text(path, annotator="stanza", annotator_model=language, annotator_folder=str(folder))


@pytest.mark.slow
def test_trees_of_stanza(stanza_folder, write, capfd) -> None:
    lines = [
        "The dogs see fish.",
        "The cats eat mice. The birds like bread.",
        "The dogs cannot eat bread.",
        "a \x07",
        "The birds see mice.",
    ]
    records = list(read(by_stanza(write("x.txt", "\n".join(lines)), stanza_folder)))
    assert records == [
        plain("x.txt:1", lines[0]),
        plain("x.txt:2.1", "The cats eat mice."),
        plain("x.txt:2.2", "The birds like bread."),
        Sentence(
            "x.txt:3",
            lines[2],
            ("The", "dogs", "can", "not", "eat", "bread", "."),
            ("DET", "NOUN", "AUX", "PART", "VERB", "NOUN", "PUNCT"),
            (2, 5, 5, 5, 0, 5, 5),
            ("det", "nsubj", "aux", "advmod", "root", "obj", "punct"),
        ),
        Fault(records[4].source, 4, "x.txt:4", "word 2: control character '\\x07' in its form"),
        plain("x.txt:5", lines[4]),
    ]
    assert capfd.readouterr() == ("", "")


ODD = [
    "fish", "\u200b", "The\u00a0dogs see 10 000 fish.", "...", "漢字" * 30, "The dogs cannot",
    "see. eat. The", "😀 ``` ---", "The dogs see fish.  The cats \t eat mice.", "x" * 1500, "x",
]  # fmt: skip


@pytest.mark.slow
def test_what_stanza_says_of_each_line_alone(stanza_folder, write, judge) -> None:
    """Together with others a line is read no differently, and no character is lost."""
    import stanza

    processors = "tokenize,pos,lemma,depparse"
    pipeline = stanza.Pipeline(
        "en", str(stanza_folder), "default", processors, "ERROR", download_method=None
    )
    assert "<UNK>" in [word.text for word in pipeline(ODD[-2]).iter_words()]
    by_line: dict[int, list[Sentence]] = {}
    for sentence in read(by_stanza(write("x.txt", "\n".join(ODD)), stanza_folder)):
        assert isinstance(sentence, Sentence)
        judge(sentence)
        by_line.setdefault(int(re.split("[:.]", sentence.sentence_id)[2]), []).append(sentence)
    for number, line in enumerate(ODD, start=1):
        expected = pipeline(line).sentences
        assert len(expected) == len(by_line[number])
        for theirs, ours in zip(expected, by_line[number], strict=True):
            assert [word.upos for word in theirs.words] == list(ours.upos or ())
            assert [word.head for word in theirs.words] == list(ours.governors or ())
            assert [word.deprel for word in theirs.words] == list(ours.deprels or ())
            for word, form in zip(theirs.words, ours.words, strict=True):
                assert word.text in (form, "<UNK>")
        letters = "".join(word for sentence in by_line[number] for word in sentence.words)
        assert letters.replace(" ", "") == "".join(line.split())


@pytest.mark.slow
def test_models_that_stanza_does_not_have(stanza_folder, write, tmp_path, monkeypatch) -> None:
    """One line, and nothing is downloaded."""
    import stanza.resources.common

    monkeypatch.setattr(
        stanza.resources.common, "download_file", lambda *_, **__: pytest.fail("downloads")
    )
    copies = [shutil.copytree(stanza_folder, tmp_path / str(k)) for k in range(4)]
    (copies[0] / "en/depparse/tiny.pt").unlink()
    (copies[1] / "en/depparse/tiny.pt").write_bytes(b"xx")
    (copies[2] / "en/pos/tiny.pt").write_bytes(b"")
    (copies[3] / "resources.json").write_text('{"en": {}}')
    wanted = [(stanza_folder, "xx"), (tmp_path / "none", "en"), *((copy, "en") for copy in copies)]
    before = sorted(tmp_path.rglob("*"))
    for folder, language in wanted:
        with pytest.raises(UserError, match=f"annotator_model={language}: .*stanza.download") as e:
            by_stanza(write("x.txt", "a"), folder, language).stream()
        assert "\n" not in str(e.value)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "x.txt"])
