"""The compare stage: two cells of finished tables, head by head."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.analysis.rules import Rules
from pipeline.core.errors import UserError
from pipeline.lake import manifest
from pipeline.lake.layout import Cell, Lake
from pipeline.stages.checks import check_folder
from pipeline.stages.mend import root_of
from pipeline.stages.project import near
from pipeline.stages.settings import build


def compare(given: Sequence[str]) -> tuple[str, Path]:
    """`given` are two names of cells, and root=DIR. Gives the answer, and the page.

    Rules are those that the tables were made with. Raises UserError for cells that are not in the
    tables, or that cannot be compared, and for tables that are older than what the lake has of
    these, or of their nulls.
    """
    from pipeline.analysis.compare import compare as compare_cells
    from pipeline.lake.files import write_table
    from pipeline.lake.origins import check_current, mapping
    from pipeline.lake.read import read_tables
    from pipeline.lake.tables import COMPARISON
    from pipeline.report.comparison import write_comparison
    from pipeline.report.text import slug

    names = [word for word in given if "=" not in word]
    root = root_of([word for word in given if "=" in word], "compare takes two cells and root=DIR")
    if len(names) != 2 or names[0] == names[1]:
        raise UserError("compare: give the names of two cells, MODEL-CONTROL-CORPUS each")
    lake = Lake(root)
    made = manifest.read(lake.tables)
    tables = read_tables(root, made)
    keys = tables["census"].select("model", "control", "seed", "corpus")
    cells = [Cell(*row) for row in keys.iter_rows()]
    a, b = (_cell(name, cells) for name in names)
    # What a head tracks is said beside the nulls: controls of the same model and corpus.
    of = {(cell.model, cell.corpus) for cell in (a, b)}
    check_current(lake, [cell for cell in cells if (cell.model, cell.corpus) in of])
    folder = root / "report"
    check_folder(folder)
    rules = build("analysis", Rules, mapping(lake, made, "rules"))
    found = compare_cells(lake, a, b, rules, tables)
    file = f"compare--{slug(a.name)}--{slug(b.name)}"
    write_table(root / "compare" / f"{file}.parquet", found.to_arrow().cast(COMPARISON))
    answer = write_comparison(found, a.name, b.name, folder, file)
    return answer, folder / f"{file}.html"


def _cell(name: str, cells: Sequence[Cell]) -> Cell:
    known = {cell.name: cell for cell in cells}
    if name not in known:
        raise UserError(
            f"{name} is not in the tables: {near(name, known)}there are {', '.join(known)}; what is"
            " compared is of one run, as with corpus=[a,b]"
        )
    return known[name]
