"""Command lines of any words: one line that says what, and nothing outside the root."""

import contextlib
import io
from dataclasses import fields

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.corpora.parallel import Parallel
from pipeline.models.checkpoint import Checkpoint
from pipeline.stages import say
from pipeline.stages.cells import requested
from pipeline.stages.overrides import SECTIONS
from pipeline.stages.settings import PLAIN, NurserySettings
from tests.fuzz.laws import examples, obeyed
from tests.stages import small

KEYS = sorted(
    {f"{section}.{f.name}" for section, cls in PLAIN.items() for f in fields(cls)}
    | {f"model.{f.name}" for f in fields(Checkpoint)}
    | {f"corpus.{f.name}" for f in fields(Parallel)}
    | {f"{section}._target_" for section in SECTIONS}
    | {"model", "control", "corpus", "grid", "seed", "colour", "corpus.a.b", "model.", ".x", "é.é"}
)
# fmt: off
VALUES = st.sampled_from(
    ["null", "~", "[", "{", "[]", "{}", "[a,b]", "[[a]]", "???", "true", "-1", "0", "1", "2",
     "0.5", "nan", "inf", "1e999", "9" * 30, "9" * 5000,
     "!!python/object/apply:os.system [id]", "[!!python/name:os.system]", "${oc.env:HOME}",
     "${root}", "$HOME", "`id`", "$(id)", "=", "a=b", "../../x", "/", "..", "~nobody/x",
     "a\nb", "\x1b[2J", "\udce9", "\u202e", "<script>", "%2e%2e", "[" * 5000 + "]" * 5000,
     "[&a a, *a]", "[&a [*a]]", '["\\U00110000"]', "x" * 50_000, "trained", "os.system",
     "builtins.int", "pipeline.corpora.conllu.Conllu", "..X",
     "pipeline.models.checkpoint.Checkpoint", "pipeline.grammar.__main__.X",
     "random_weights-1", "trained-" + "9" * 5000, "trained-01", "a,b", " "]
)
# fmt: on
WORDS = st.tuples(st.sampled_from(KEYS), VALUES | st.text(max_size=20)).map("=".join)


def above(root) -> set:
    return {path for path in root.parent.iterdir() if path != root}


@examples(8)
@given(st.lists(WORDS | st.text(max_size=9), max_size=3))
@example(["corpus.path=" + "[" * 5000 + "]" * 5000])
@example(["control=trained-" + "9" * 5000])
@example(["control._target_=pipeline.corpora.conllu.Conllu"])
@example(["model.path=${oc.env:HOME}"])
@example(['corpus.path=["\\U00110000"]'])
def test_any_words_are_composed_or_refused(fresh, words: list[str]) -> None:
    words = [word for word in words if not word.startswith(("-", "root="))]
    given = {word.split("=")[0] for word in words}
    base = [w for w in ("model=local", "model.path=m", "corpus=conllu", "corpus.path=c")
            if w.split("=")[0] not in given | ({"model", "corpus"} & given)]  # fmt: skip
    with fresh() as folder:
        root = folder / "in/out"
        root.parent.mkdir()
        code, said = obeyed(root, "compose", f"root={root}", *base, *words)
        assert not above(root)
        if code:
            assert not root.exists()
            assert len(said) < say.LONGEST + 99
        for path in root.glob("resolved/*.yaml"):
            assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


@examples(8)
@given(st.lists(WORDS, min_size=1, max_size=2))
def test_corpora_with_any_words(fresh, words: list[str]) -> None:
    words = [w for w in words if w.startswith(("corpus", "ingest"))]
    given = {word.split("=")[0] for word in words}
    with fresh() as folder:
        root = folder / "in/out"
        root.parent.mkdir()
        (folder / "c.conllu").write_text(small.conllu(3))
        base = ["corpus=conllu", f"corpus.path={folder / 'c.conllu'}", "model=local"]
        base = [word for word in base if word.split("=")[0] not in given]
        _, said = obeyed(root, "ingest", f"root={root}", "model.path=m", *base, *words)
        assert not above(root)
        assert "/root" not in said or "HOME" not in " ".join(words)


@examples(15)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
@example("${oc.env:HOME}")
@example("a,b=[c]{d}")
@example("!!python/object/apply:os.system [x]")
@example("\\${x}")
def test_a_text_comes_through_as_it_stands(text: str) -> None:
    """No environment is read, no code run, nothing folded: a title is that title."""
    words = [f"report.title={text}"]
    if text[0] + text[-1] == "[]":  # spelled so, a list, and no title
        with pytest.raises(UserError, match=r"report\.title"):
            requested(words).resolved()
        return
    ((_, config),) = requested(words).resolved()
    assert config["report"]["title"] == (None if text == "null" else text)


DEVICES = ("hpu", "privateuseone", "mkldnn", "xla", "cuda:99999999999999999999", "\udce9")


@pytest.mark.parametrize("device", DEVICES)
def test_devices_that_there_are_not(census, device: str) -> None:
    root, words = census
    code, said = obeyed(root, "measure", *words, f"measure.device={device}")
    assert code == 2
    assert "measure.device=" in said
    assert said.count("\n") == 1


OTHERS = {
    "corpus": (
        "pipeline.models.checkpoint.Checkpoint",
        "pipeline.analysis.rules.Rules",
        "os.system",
    ),
    "model": ("pipeline.corpora.conllu.Conllu", "pipeline.lake.layout.Cell", "os._exit"),
    "control": ("pipeline.corpora.conllu.Conllu", "pipeline.lake.layout.Lake", "builtins.exit"),
}


@pytest.mark.parametrize("section", OTHERS)
def test_a_plug_in_of_another_kind_is_refused(tmp_path, section: str) -> None:
    for target in OTHERS[section]:
        code, said = obeyed(tmp_path / "out", "run", f"{section}._target_={target}")
        assert (code, said.count("\n")) == (2, 1)
        assert f"{section}._target_={target} is no " in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("end", ["raise SystemExit(0)", "1 / 0", "raise RuntimeError('no screen')"])
def test_a_module_that_cannot_be_imported(tmp_path, monkeypatch, end: str) -> None:
    (tmp_path / "of_theirs.py").write_text(end)
    monkeypatch.syspath_prepend(tmp_path)
    code, said = obeyed(tmp_path / "out", "ingest", "corpus._target_=of_theirs.X")
    assert (code, said.count("\n")) == (2, 1)
    assert "corpus._target_=of_theirs.X" in said


ROOTS = ("caf\udce9", "\udce9/x")


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("stage", ["run", "verify", "repair", "nursery", "compose", "compare"])
def test_a_root_that_is_no_text(tmp_path, monkeypatch, root: str, stage: str) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("a", "b") if stage == "compare" else ()
    code, said = obeyed(tmp_path / "none", stage, *names, f"root={root}")
    assert code == 2
    assert "UTF-8" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stage", ["verify", "run", "compare", "nursery"])
def test_a_root_given_twice(tmp_path, stage: str) -> None:
    names = ("a", "b") if stage == "compare" else ()
    code, said = obeyed(tmp_path / "out", stage, *names, "root=x", "root=y")
    assert (code, "twice" in said) == (2, True)


def test_a_home_that_there_is_not(census) -> None:
    root, words = census
    words = [word for word in words if not word.startswith("model.path=")]
    code, said = obeyed(root, "measure", *words, "model.path=~nobody-at-all/x")
    assert code == 2
    assert "no such folder" in said


def test_a_sentence_of_bytes_that_are_no_text(census, tmp_path) -> None:
    root, words = census
    words = [word for word in words if word != small.NO_ATLAS]
    code, _ = obeyed(root, "atlas", *words, "atlas.text=caf\udce9 noir")
    assert code == 0
    assert (root / "report/atlas-text.html").is_file()
    (root / "report/atlas-text.html").unlink()


@examples(10)
@given(st.lists(st.tuples(
    st.sampled_from([f.name for f in fields(NurserySettings)]) | st.text(max_size=5), VALUES
).map("=".join) | st.just("steps=no"), min_size=1, max_size=3))  # fmt: skip
def test_a_nursery_of_any_words(fresh, words: list[str]) -> None:
    """Without a `steps` that is none, it would train."""
    with fresh() as folder:
        words = [w for w in words if not w.startswith(("-", "steps=", "root="))]
        code, _ = obeyed(folder / "out", "nursery", *words, "steps=no", f"root={folder / 'out'}")
        assert code == 2


def test_a_terminal_is_told_nothing_that_it_would_obey(capsys) -> None:
    assert say.fail("a\x1b[2J\nb\u202e\udce9\x9b", 2) == 2
    assert capsys.readouterr().err == "headcensus: a\\x1b[2J b\\u202e\\udce9\\x9b\n"


def test_an_answer_that_stdout_cannot_write(monkeypatch) -> None:
    raw = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(raw, "ascii", write_through=True)):
        say.tell("7 – 9 × 文")
        assert raw.getvalue() == b"7 \\u2013 9 \\xd7 \\u6587\n"


def test_too_little_memory_is_one_line(census, monkeypatch) -> None:
    root, words = census

    def full(*_: object) -> None:
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr("pipeline.analysis.aggregate.fit", full)
    code, said = obeyed(root, "aggregate", *words)
    assert (code, said.count("\n")) == (1, 1)
    assert "9 TiB" in said
