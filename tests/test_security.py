"""What docs/security.md says and no other test holds; and that the tests it names are there."""

import ast
import base64
import hashlib
import re
from pathlib import Path

import pytest
import yaml

from tests.atlas.test_page import evil_page
from tests.stages import small

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/security.md").read_text("utf-8"))


def test_the_tests_that_are_named_are_there() -> None:
    assert len(NAMED) > 20
    for file, name in NAMED:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_the_atlas_lets_in_nothing_from_outside(tmp_path) -> None:
    page = evil_page(tmp_path)
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found
    policy = dict(part.strip().split(" ", 1) for part in found[1].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert set(policy) == {*("default-src", "base-uri", "form-action", "img-src"), *_OWN}


_OWN = ("script-src", "style-src")


@pytest.mark.parametrize("path", sorted((ROOT / "conf/model").glob("*.yaml")), ids=lambda p: p.stem)
def test_models_of_the_hub_have_a_revision(path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    on_hub = re.fullmatch(r"[\w.-]+/[\w.-]+", content.get("path") or "")
    assert content["revision"] or not on_hub


def test_the_grid_of_dvc_takes_no_commands(tmp_path, capfd) -> None:
    for name in ("a; touch x", "$(touch x)", "minilm~$(touch x)", "minilm~a;b"):
        grid = {"models": [name], "controls": ["trained"], "corpora": ["treebank"]}
        (tmp_path / "grid.yaml").write_text(yaml.safe_dump(grid))
        assert small.run("compose", f"grid={tmp_path / 'grid.yaml'}", f"root={tmp_path}/out") == 2
        assert not (tmp_path / "out").exists()
