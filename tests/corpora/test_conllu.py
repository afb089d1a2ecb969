"""CoNLL-U that is well formed comes out exactly as it stands in the file."""

import os
import re
from pathlib import Path

import pytest

from pipeline.core.errors import UserError
from pipeline.core.sentence import Sentence
from pipeline.corpora.base import read
from pipeline.corpora.conllu import Conllu

REAL = Path(__file__).resolve().parents[3] / "shared/data/ud/en_ewt-ud-dev.conllu"

TWO = """\
# newdoc id = d
# sent_id = a-1
# text = Don't pay 10 000 kr, please.
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\t_\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\t_\t_\t3\tadvmod\t_\t_
3\tpay\tpay\tVERB\t_\t_\t0\troot\t_\t_
4\t10 000\t10000\tNUM\t_\t_\t5\tnummod\t_\tGloss=two  spaces
5\tkr\tkr\tNOUN\t_\t_\t3\tobj\t_\tSpaceAfter=No
5.1\tghost\tghost\tVERB\t_\t_\t_\t_\t3:conj\t_
6\t,\t,\tPUNCT\t_\t_\t7\tpunct\t_\t_
7\tplease\tplease\tINTJ\t_\t_\t3\tdiscourse:polite\t_\tSpaceAfter=No
8\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_

1\tYes\tyes\tINTJ\t_\t_\t0\troot\t_\tSpaceAfter=No|X=1
2\t!\t!\tPUNCT\t_\t_\t1\tpunct\t_\tSpaceAfter=No
"""


def expected(name: str) -> list[Sentence]:
    return [
        Sentence(
            "a-1",
            "Don't pay 10 000 kr, please.",
            ("Do", "n't", "pay", "10 000", "kr", ",", "please", "."),
            ("AUX", "PART", "VERB", "NUM", "NOUN", "PUNCT", "INTJ", "PUNCT"),
            (3, 3, 0, 5, 3, 7, 3, 3),
            ("aux", "advmod", "root", "nummod", "obj", "punct", "discourse:polite", "punct"),
        ),
        Sentence(f"{name}:15", "Yes!", ("Yes", "!"), ("INTJ", "PUNCT"), (0, 1), ("root", "punct")),
    ]


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO + "\n\n\n",
        TWO.rstrip("\n"),
        TWO.replace("\n", "\r\n"),
        TWO.rstrip("\n").replace("\n", "\r\n"),
        "\ufeff" + TWO,
        TWO.replace("\n\n", "\n\n\ufeff", 1),
        TWO.replace("\n\n", "\n  \n"),
        TWO + "\n# a comment after the last sentence\n",
    ],
    ids=[
        "plain",
        "blanks",
        "no final line end",
        "crlf",
        "crlf cut",
        "bom",
        "bom within",
        "spaces",
        "comment",
    ],
)
def test_words_of_a_sentence_are_its_integer_ids(write, content: str) -> None:
    assert list(read(Conllu(write("two.conllu", content)))) == expected("two.conllu")


def test_text_is_rebuilt_from_the_surface_where_it_is_missing(write) -> None:
    content = re.sub("# text.*\n", "", TWO)
    first, _ = read(Conllu(write("two.conllu", content)))
    assert first.text == "Don't pay 10 000 kr, please."


def test_a_block_of_comments_is_no_sentence(write) -> None:
    blocks = "# a licence\n\n# another = one\n\n" + TWO
    first, second = read(Conllu(write("two.conllu", blocks)))
    assert (first.sentence_id, second.sentence_id) == ("a-1", "two.conllu:19")


def test_unannotated_columns_are_none(write) -> None:
    content = re.sub(r"\t\d\t[a-z:]+\t_\t", "\t_\t_\t_\t", TWO)
    first, second = read(Conllu(write("two.conllu", content)))
    assert first.words == expected("")[0].words
    assert (first.governors, first.deprels, second.governors) == (None, None, None)
    assert first.upos == expected("")[0].upos

    content = re.sub(r"\t(AUX|PART|VERB|NUM|NOUN|PUNCT|INTJ)\t", "\t_\t", TWO)
    first, second = read(Conllu(write("two.conllu", content)))
    assert (first.upos, second.upos) == (None, None)
    assert first.governors == expected("")[0].governors


def test_unusual_forms_are_words(write) -> None:
    forms = [
        "_",
        "#",
        "\u200b",
        "\u3000",
        "\u00ad",
        "<script>",
        "नमस्ते",
        "\U0001f469\u200d\U0001f4bb",
        "a  b",
        '"',
    ]
    lines = [f"{i}\t{form}\t_\t_\t_\t_\t{i - 1}\tdep\t_\t_" for i, form in enumerate(forms, 1)]
    (sentence,) = read(Conllu(write("odd.conllu", "\n".join(lines))))
    assert sentence.words == tuple(forms)
    assert sentence.governors == tuple(range(len(forms)))


def test_paths_lists_and_globs(write, cwd: Path) -> None:
    b, a, c = (write(f"{n}.conllu", TWO) for n in ("x/b", "x/y/a", "c[1]"))

    def files(path: str | tuple[str, ...]) -> list[str]:
        found = [s.sentence_id for s in read(Conllu(path)) if s.sentence_id != "a-1"]
        return [name.removesuffix(".conllu:15") for name in found]

    assert files("x/b.conllu") == ["b"]
    assert files((a, b)) == ["a", "b"]
    assert files("x/**/*.conllu") == ["b", "a"]  # in the order of the whole path
    assert files(("x/*.conllu", b, "x/**/*.conllu")) == ["b", "a"]  # none twice
    assert files("c[1].conllu") == files(c) == ["c[1]"]  # a name, not a pattern


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.conllu", "none.conllu: no such file"),
        ("x/*.txt", r"x/\*.txt: no file matches this pattern"),
        ("x", r"x: is a folder; give its files, as in x/\*\*/\*.conllu"),
        ("empty.conllu", "empty.conllu: is empty"),
        ("blank.conllu", "blank.conllu: is empty"),
        ("comments.conllu", "comments.conllu: no sentence in this file"),
        ("binary.conllu", "binary.conllu: is binary"),
        ("utf16.conllu", "utf16.conllu: is binary or not UTF-8"),
        ("prose.conllu", r"no sentence to measure: all 1 are damaged, first prose.conllu:1: 1 col"),
        (("x/two.conllu", "none.conllu"), "none.conllu: no such file"),
        ((), "empty list"),
    ],
)
def test_what_cannot_be_read_is_one_line(write, cwd: Path, path, message: str) -> None:
    write("x/two.conllu", TWO)
    write("empty.conllu", "")
    write("blank.conllu", "\n \n\n")
    write("comments.conllu", "# a\n\n# b\n")
    write("binary.conllu", bytes(range(256)) * 9)
    write("utf16.conllu", TWO.encode("utf-16"))
    write("prose.conllu", "It was a dark\nand stormy night.\n")
    with pytest.raises(UserError, match=message) as error:
        list(read(Conllu(path)))
    assert "\n" not in str(error.value)


def test_a_file_that_the_system_refuses(write, monkeypatch) -> None:
    path = write("two.conllu", TWO)
    monkeypatch.setattr("pipeline.corpora.files.open", refuse, raising=False)
    with pytest.raises(UserError, match=r"two.conllu: cannot be read: Permission denied"):
        list(read(Conllu(path)))


def refuse(*_):
    raise PermissionError(13, "Permission denied")


def test_a_real_treebank(judge) -> None:
    if not REAL.exists():
        pytest.skip(f"no {REAL}")
    lines = REAL.read_text("utf-8").split("\n")
    sentences = list(read(Conllu(str(REAL))))
    assert len(sentences) == 2001
    assert all(isinstance(sentence, Sentence) for sentence in sentences)
    for sentence in sentences:
        judge(sentence)

    def column(n: int) -> list[str]:
        return [line.split("\t")[n] for line in lines if re.match(r"\d+\t", line)]

    assert [word for s in sentences for word in s.words] == column(1)
    assert [tag for s in sentences for tag in s.upos] == column(3)
    assert [str(governor) for s in sentences for governor in s.governors] == column(6)
    assert [deprel for s in sentences for deprel in s.deprels] == column(7)
    assert sum(len(s.words) for s in sentences) == 25_147
    ids = [line.removeprefix("# sent_id = ") for line in lines if line.startswith("# sent_id = ")]
    assert [s.sentence_id for s in sentences] == ids
    texts = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    assert [s.text for s in sentences] == texts


def test_relations_without_governors_are_left_out(write) -> None:
    content = "1\ta\t_\tX\t_\t_\t_\tdet\t_\t_\n2\tb\t_\tX\t_\t_\t_\t_\t_\t_\n"
    (sentence,) = read(Conllu(write("x.conllu", content)))
    assert (sentence.words, sentence.governors, sentence.deprels) == (("a", "b"), None, None)


def test_what_begins_with_very_many_blank_lines_is_not_empty(write) -> None:
    path = write("two.conllu", "\n" * (1 << 16) + TWO)
    assert [s.words for s in read(Conllu(path))] == [s.words for s in expected("two.conllu")]


def test_a_file_of_two_names_is_called_by_the_first(write, cwd) -> None:
    write("b.conllu", TWO)
    os.symlink("b.conllu", "a.conllu")
    assert [s.sentence_id for s in read(Conllu(("b.conllu", "a.conllu")))] == ["a-1", "b.conllu:15"]
    assert [s.sentence_id for s in read(Conllu("?.conllu"))] == ["a-1", "a.conllu:15"]


def test_what_is_no_regular_file_is_refused() -> None:
    with pytest.raises(UserError, match=r"/dev/null: is no regular file"):
        Conllu("/dev/null").stream()


def test_only_the_key_itself_says_that_no_space_follows(write) -> None:
    """UD has `CorrectSpaceAfter` too."""
    line = "{0}\t{1}\t_\tX\t_\t_\t{2}\tdep\t_\t{3}\n"
    words = (("a", 0, "CorrectSpaceAfter=No"), ("b", 1, "X=1|SpaceAfter=No"), (".", 1, "_"))
    content = "".join(line.format(k, *word) for k, word in enumerate(words, 1))
    (sentence,) = read(Conllu(write("x.conllu", content)))
    assert sentence.text == "a b."
