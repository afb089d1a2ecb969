"""What lands in the folder: the right counts, whole files, the same bytes every time."""

import json
import re
from dataclasses import replace

import polars as pl
import pytest
from report_tables import Grid, make, quarantine

from pipeline.core.errors import UserError
from pipeline.report import write
from pipeline.report.write import ReportSettings, render, write_report
from tests import once

SETTINGS = ReportSettings()
SMALL = Grid(
    layers=4, heads=4, deprels=("nsubj", "obj", "iobj", "csubj", "nsubj:pass"), quarantined=1
)
LOG = quarantine(("ewt", "test.conllu", 812, "weblog-1", "governor 9 out of range"))


TINY = Grid(layers=1, heads=2, deprels=("nsubj",), controls=(("trained", (0,)),))


@pytest.fixture(scope="module")
def tiny():
    return make(TINY)


@pytest.fixture(scope="module")
def tables():
    return make(SMALL)


@pytest.fixture(scope="module")
def files(tables):
    return render(tables, LOG, SETTINGS)[0]


def test_first_lines_state_the_counts_of_the_census(tables, files):
    row = tables["census"].filter(control="trained").row(0, named=True)
    nulls = tables["census"].filter(pl.col("control") != "trained")["n_tracks"].max()
    assert row["n_tracks"] > 0, "the example must have something to say"
    line = files["census.md"].splitlines()[2].replace("**", "").replace("\\", "")
    track = "tracks" if row["n_tracks"] == 1 else "track"
    dump = "dumps" if row["n_dumps"] == 1 else "dump"
    many = f"at most {nulls} do" if nulls else "none do"
    still = row["n_dumps_by_norm"] or "none"
    assert line == (
        f"minilm × ewt. Of {row['n_heads']} heads, {row['n_tracks']} {track} at least one relation "
        f"(all three flags on one relation; heads that pass each flag alone: margin "
        f"{row['n_margin']}, significant {row['n_significant']}, beats nulls "
        f"{row['n_beats_nulls']}). In any one null control, {many}. {row['n_dumps']} {dump} their "
        f"attention: on [CLS] {row['n_dumps_cls']}, on [SEP] {row['n_dumps_sep']}, on the first "
        f"piece {row['n_dumps_first']} (by weights × value norms {still} of these); both track "
        f"and dump: {row['n_tracks_and_dumps']}. "
        f"Positional: {row['n_positional']}; broad: {row['n_broad']}; none of these: "
        f"{row['n_neither']}."
    )


def test_side_by_side_shows_every_control_and_the_range_of_seeds(tables, files):
    naive = tables["census"].filter(control="random_weights").sort("n_naive")["n_naive"].to_list()
    assert naive[0] < naive[2], "the example must have a range to show"
    header = next(line for line in files["census.md"].splitlines() if "heads that …" in line)
    assert header.split(" | ")[1:] == [
        "trained",
        "no_projection",
        "random_weights × 3 seeds",
        "shuffled_weights |",
    ]
    row = next(line for line in files["census.md"].splitlines() if "naive count" in line)
    assert row.split(" | ")[3] == f"{naive[1]} ({naive[0]}–{naive[2]})"


def test_metrics_are_flat_and_equal_the_census(tables, files):
    row = tables["census"].filter(control="trained").row(0, named=True)
    metrics = json.loads(files["metrics.json"])
    names = ("tracks", "dumps_cls", "dumps_sep", "dumps_first", "positional", "broad")
    expected = {f"minilm.ewt.{name}": row[f"n_{name}"] for name in names}
    nulls = tables["census"].filter(pl.col("control") != "trained")["n_tracks"].max()
    assert metrics == expected | {"minilm.ewt.heads": 16, "minilm.ewt.nulls_tracks": nulls}
    assert list(metrics) == sorted(metrics)


def test_quarantined_rows_name_source_line_and_reason(files):
    assert "| ewt | test.conllu | 812 | weblog-1 | governor 9 out of range |" in files["census.md"]
    assert "The first 1 of 1 quarantined sentence:" in files["census.md"]


def test_only_the_first_twenty_quarantined_rows(tiny):
    many = quarantine(*(("ewt", "f", k, f"s{k}", "two roots") for k in range(1, 31)))
    page = render(tiny, many.reverse(), SETTINGS)[0]["census.md"]
    assert page.count("two roots") == 20
    assert "| ewt | f | 20 | s20 |" in page
    assert "The first 20 of 30" in page


def test_two_runs_write_identical_bytes(tables, files):
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=1) for name, frame in tables.items()
    }
    once.forget()
    assert render(shuffled, LOG, SETTINGS)[0] == files


def test_committed_files_ignore_the_seventh_digit(tables, files):
    """Another processor's floats differ in the sixth or seventh digit; integers do not."""

    def nudge(frame: pl.DataFrame) -> pl.DataFrame:
        floats = pl.col(pl.Float64)
        row = pl.int_range(pl.len())
        return frame.with_columns(floats * (1 + 1e-7 * ((row % 3).cast(pl.Float64) - 1)))

    nudged = {name: nudge(frame) for name, frame in tables.items() if name != "dumps"}
    assert not nudged["heads"].equals(tables["heads"])
    again = render(nudged | {"dumps": tables["dumps"]}, LOG, SETTINGS)[0]
    assert {name for name in files if again[name] != files[name]} == set()


def test_folder_holds_exactly_the_rendered_files(tmp_path, tables, files):
    figures = tmp_path / "figures"
    figures.mkdir()
    (figures / "left-the-grid.svg").write_text("<svg/>")
    # What is no figure of its own is somebody's.
    own = {"figures/notes.txt": "mine", "figures/kept/old.svg": "<svg/>"}
    for name, text in own.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    headline = write_report(tables, LOG, tmp_path, SETTINGS)
    found = {str(p.relative_to(tmp_path)): p.read_text("utf-8") for p in tmp_path.rglob("*.*")}
    assert found == files | own
    assert headline.startswith("minilm × ewt: ")
    assert "\n" not in headline


def test_nothing_is_written_when_rendering_fails(tmp_path, tiny, monkeypatch):
    def fail(*_):
        raise RuntimeError("the last step of rendering")

    monkeypatch.setattr(write, "to_html", fail)
    with pytest.raises(RuntimeError, match="last step"):
        write_report(tiny, LOG, tmp_path / "reports", SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path, tiny, monkeypatch):
    write_report(tiny, LOG, tmp_path, SETTINGS)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.*")}

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_report(tiny, LOG, tmp_path, replace(SETTINGS, title="Another"))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize("name", ["census", "relations"])
def test_a_table_of_an_older_version_is_named(tables, name):
    column = tables[name].columns[-1]
    with pytest.raises(UserError, match=f"'{name}' lacks the column '{column}'"):
        render(tables | {name: tables[name].drop(column)}, LOG, SETTINGS)


def test_an_empty_census_is_refused(tables):
    with pytest.raises(UserError, match="no rows"):
        render(tables | {"census": tables["census"].clear()}, LOG, SETTINGS)


def test_markdown_and_html_say_the_same(files):
    """Headings, captions and table cells agree: both are printed from the same blocks."""
    page = files["census.html"].replace("<wbr>", "")
    tags = re.findall(r"<h[123][^>]*>(.*?)</h[123]>", page)
    heads = [line.lstrip("# ") for line in files["census.md"].splitlines() if re.match("#+ ", line)]
    assert tags == heads
    cells = re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", page)
    rows = [r for r in files["census.md"].splitlines() if r.startswith("| ") and "---" not in r]
    printed = [cell.strip() for row in rows for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
    plain = {cell.replace("\\", "") for cell in printed}
    assert set(cells) == plain
    assert len(cells) == len(printed)
