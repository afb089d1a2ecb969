"""Words of the command line, and files of configuration: a line that says what is wrong, or a
config that holds what was said. Never a traceback, nothing half-written or outside the root.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.errors import UserError
from pipeline.stages.cells import requested
from pipeline.stages.overrides import PLAIN, SECTIONS
from tests.fuzz.conftest import BRIEF
from tests.stages import small

SPECIAL = st.sampled_from(
    [
        *("null", "~", "[", "]", "[]", "{", "{a: b}", "[a,[b]]", "&a [*a]", "*a", "[a,a]"),
        *("!!python/name:os.system", "${oc.env:HOME}", "${root}", "${model}", "\\${x}", "a=b", "="),
        *("'", '"', "\n", "\t", "\x00", "../../x", "/etc/passwd", "-1", "1e400", "0x10", "1_000"),
        *("true", "yes", ".nan", "2026-01-01", "\ud7ff", "\U0010ffff", "%s", "a" * 5000),
        *("<script>", "..", ".", "~x", "a~b~c"),
    ]
)
VALUES = st.one_of(SPECIAL, st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
KEYS = st.one_of(
    st.sampled_from(sorted({*PLAIN, *(f"{section}.x" for section in SECTIONS)})),
    st.sampled_from(
        [
            *("corpus.path", "corpus.limit", "ingest.shard_sentences", "ingest.max_quarantined"),
            *("measure.batch_pieces", "measure.dtype", "measure.norms", "analysis.bootstrap"),
            *("analysis.seed", "report.title", "model.path", "engine.workers", "lake.grain"),
            *("atlas.text", "intervene.classes", "model._target_", "a.b.c", "", ".", "seed"),
        ]
    ),
    st.text(max_size=8),
)


@pytest.fixture
def apart(monkeypatch):
    """A folder to stand in, of which everything that is written can be seen."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.chdir(folder)
    yield folder
    monkeypatch.undo()
    shutil.rmtree(folder)


@BRIEF
@given(pairs=st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=3))
@example(pairs=[("root", "nosuch://x")])
@example(pairs=[("corpus.path", "${oc.env:HOME}")])
@example(pairs=[("model", "../../../etc/passwd")])
@example(pairs=[("analysis.seed", "9" * 5000)])
def test_words_give_a_config_or_a_line(pairs, apart, capfd):
    given_words = [f"{key}={value}" for key, value in pairs]
    if any("root" in word.split("=")[0] or word.startswith("-") for word in given_words):
        given_words = [word for word in given_words if word.startswith("root=nosuch")]
    shutil.rmtree(apart / "out", ignore_errors=True)  # of the example before
    code = small.run("compose", *given_words, f"root={apart / 'out'}")
    err = capfd.readouterr().err
    written = {path.relative_to(apart).parts[0] for path in apart.rglob("*")}
    if code:
        assert code == 2, given_words
        assert err.startswith("headcensus: ")
        assert err.count("\n") == 1, err
        assert not written
    else:
        assert err == ""
        assert written <= {"out"}


@BRIEF
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
@example("${oc.env:HOME}")
@example("a,b=[c]{d}")
@example("!!python/object/apply:os.system [x]")
@example("\\${x}")
def test_a_text_comes_through_as_it_stands(text):
    """No environment is read, no code run, nothing folded: a title is that title."""
    words = [f"report.title={text}"]
    if text[0] + text[-1] == "[]":  # spelled so, a list, and no title
        with pytest.raises(UserError, match=r"report\.title"):
            requested(words).resolved()
        return
    ((_, config),) = requested(words).resolved()
    assert config["report"]["title"] == (None if text == "null" else text)


BOMB = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + k)}: &{chr(98 + k)} [" + ",".join([f"*{chr(97 + k)}"] * 8) + "]\n"
    for k in range(12)
)


@BRIEF
@given(content=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
@example(content=b"models: [minilm]\ncontrols: [trained]\ncorpora: 3\n")
@example(content=b"models: [minilm, minilm]\ncontrols: [trained]\ncorpora: [treebank]\n")
@example(content=b"models: [../../x]\ncontrols: [trained]\ncorpora: [treebank]\n")
@example(content=BOMB.encode())
@example(content=b"[" * 2000)
@example(content=b"a: " + b"{b: " * 1500)
@example(content=b"? " * 1000)
def test_files_of_configuration_give_a_line(content, apart, capfd):
    for name in ("grid.yaml", "resolved.yaml"):
        (apart / name).write_bytes(content)
    before = sorted(apart.rglob("*"))
    for command in (
        ["compose", "grid=grid.yaml", "root=out"],
        ["measure", "--resolved", "resolved.yaml"],
        ["aggregate", "--resolved", "resolved.yaml"],
        ["report", "--resolved", "resolved.yaml"],
    ):
        assert small.run(*command) == 2, command
        err = capfd.readouterr().err
        assert err.startswith("headcensus: ")
        assert err.count("\n") == 1, err
    assert sorted(apart.rglob("*")) == before


def test_no_object_is_made_of_yaml(apart, capfd):
    mark = apart / "mark"
    content = f"models: !!python/object/apply:os.mkdir ['{mark}']\ncontrols: [a]\ncorpora: [b]\n"
    (apart / "grid.yaml").write_text(content)
    with pytest.raises(yaml.constructor.ConstructorError):
        yaml.safe_load(content)
    assert small.run("compose", "grid=grid.yaml", "root=out") == 2
    assert not mark.exists()
    assert "is no YAML" in capfd.readouterr().err


def test_a_name_cannot_leave_the_root(apart, capfd):
    for word in ("model=../../x", "corpus=..", "control=/tmp/x", "model=a/b~../c"):
        assert small.run("run", word, "root=out") == 2
        capfd.readouterr()
    assert os.listdir(apart) == []
