"""`make docs` refuses what leads nowhere: a page, an anchor, a part of another file."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.promises

pytest.importorskip("zensical")

READ = ("zensical.toml", "README.md", "CONTRIBUTING.md", "reports/method.md")


@pytest.fixture
def built(tmp_path) -> Path:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for name in READ:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert build(tmp_path).returncode == 0
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_every_page_is_in_the_site_and_in_the_navigation(built):
    home = (built / "site/index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        if page.stem != "index":
            assert (built / "site" / page.stem / "index.html").is_file()
            assert f'href="./{page.stem}/"' in home
    assert '<script src="http' not in home
    assert 'rel="stylesheet" href="http' not in home


@pytest.mark.parametrize(
    "line", ["[a](nowhere.md)", "[a](report.md#nowhere)", '--8<-- "README.md:nowhere"']
)
def test_what_leads_nowhere_fails_the_build(line, built):
    with (built / "docs/index.md").open("a", encoding="utf-8") as page:
        page.write(f"\n\n{line}\n")
    assert build(built).returncode != 0
