"""Whose code is hashed: a plug-in's, what it extends, and what lies beside it and is imported."""

import importlib
import sys
import zipfile

import pytest

from pipeline.controls.base import Control
from pipeline.stages.own_code import own_code
from pipeline.stages.settings import plugin
from tests.stages import small

PLUGIN = "from pipeline.controls.base import Control\n\n\nclass Mine(Control):\n    pass\n"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Names of the own code of a class, once such files are there."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def found(module: str, **sources: str) -> set[str]:
        for place, source in sources.items():
            file = tmp_path / f"{place.replace('.', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source, encoding="utf-8")
        return set(own_code(importlib.import_module(module).Mine, f"{module}.Mine"))

    yield found
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_nothing_of_this_package_or_pythons_is():
    assert own_code(Control, "pipeline.controls.base.Control") == {}
    assert own_code(Exception, "builtins.Exception") == {}


@pytest.mark.parametrize(
    "how",
    [
        "import helper",
        "import helper as other",
        "from helper import SCALE",
        "def later():\n    from helper import SCALE",
        "try:\n    import helper\nexcept ImportError:\n    helper = None",
    ],
)
def test_what_is_imported_from_beside_is(how, found):
    sources = {"helper": "import deep\nSCALE = 2\n", "deep": "import mine, helper\n"}
    assert found("mine", mine=PLUGIN + how, other="", **sources) == {"mine", "helper", "deep"}


def test_a_change_there_changes_one_hash(tmp_path, found):
    found("mine", mine=f"{PLUGIN}import helper\n", helper="SCALE = 2\n")
    before = own_code(sys.modules["mine"].Mine, "mine.Mine")
    (tmp_path / "helper.py").write_text("SCALE = 3\n", encoding="utf-8")
    now = own_code(sys.modules["mine"].Mine, "mine.Mine")
    assert {name for name in now if now[name] != before[name]} == {"helper"}


@pytest.mark.parametrize(
    "how",
    [
        "from other import Same as Mine\n",
        "from dataclasses import make_dataclass\nimport other\nMine = make_dataclass('Mine', [])\n",
        "import other\nMine = type('Mine', (other.Same,), {'__module__': 'builtins'})\n",
    ],
)
def test_where_a_plug_in_is_named_may_be_elsewhere_than_where_it_is_made(how, found):
    same = PLUGIN.replace("Mine", "Same")
    assert found("mine", mine=how, other=same) == {"mine", "other"}


@pytest.mark.parametrize("init", [True, False])
def test_packages_are_with_and_without_a_file_of_their_own(init, found):
    sources = {
        "lib.sub.mine": f"{PLUGIN}from ..near import one\nfrom . import beside\nimport far.away\n",
        "lib.near": "one = 1\n",
        "lib.sub.beside": "",
        "far.away": "",
        "far.other": "",
    }
    inits = {f"{name}.__init__": "" for name in ("lib", "lib.sub", "far")} if init else {}
    packages = {name.removesuffix(".__init__") for name in inits}
    assert found("lib.sub.mine", **sources, **inits) == packages | set(sources) - {"far.other"}


def test_a_library_is_not_unless_the_plug_in_is_of_it(tmp_path, monkeypatch, found):
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    files = {
        "site-packages.lib.mine": f"{PLUGIN}import lib.near, other\nfrom yaml import dump\n",
        "site-packages.lib.near": "",
        "site-packages.other": "",
    }
    assert found("lib.mine", **files) == {"lib.mine", "lib.near"}
    extends = "from lib.mine import Mine as Base\nclass Mine(Base): pass\n"
    assert found("own", own=extends) == {"own", "lib.mine"}


def test_what_nobody_could_import_is_hashed_and_not_read(found):
    guarded = "try:\n    import broken\nexcept SyntaxError:\n    pass\n"
    beyond = "try:\n    from ... import far\nexcept ImportError:\n    pass\n"
    assert found("mine", mine=PLUGIN + guarded + beyond, broken="import helper\n)", helper="") == {
        "mine", "broken",
    }  # fmt: skip


def test_of_an_archive_all_is(tmp_path, monkeypatch):
    """What is in it is imported from beside."""
    packed = tmp_path / "lib.zip"
    monkeypatch.syspath_prepend(packed)
    hashes = []
    for scale in (2, 3):
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("zipped/__init__.py", "")
            archive.writestr("zipped/mine.py", f"{PLUGIN}from zipped import helper\n")
            archive.writestr("zipped/helper.py", f"SCALE = {scale}\n")
        importlib.invalidate_caches()
        hashes.append(own_code(importlib.import_module("zipped.mine").Mine, "zipped.mine.Mine"))
        for name in ("zipped.mine", "zipped.helper", "zipped"):
            del sys.modules[name]
    assert [set(found) for found in hashes] == [{"zipped.mine"}] * 2
    assert hashes[0] != hashes[1]


def test_only_a_project_s_own_folder_is_imported_from_and_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    asked = {"_target_": "pipeline.corpora.conllu.Conllu", "path": "x"}
    plugin("corpus", asked)
    assert str(tmp_path) not in sys.path
    (tmp_path / "conf").symlink_to(small.ROOT / "conf")
    plugin("corpus", asked)
    assert sys.path[-1] == str(tmp_path)
