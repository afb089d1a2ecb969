"""docs/lake.md is what the schemas say today."""

from pipeline.lake.schema import LAKE
from pipeline.lake.tables import TABLES
from pipeline.report.lake_page import page
from tests.conftest import ROOT


def test_the_committed_page_is_that_of_the_code():
    written = (ROOT / "docs/lake.md").read_text(encoding="utf-8")
    assert written == page(), "write it anew: make schema"


def test_every_column_has_a_row_with_its_unit_and_source():
    parts = page().split("\n### ")[1:]
    for folder, schemas in (("tables", TABLES), ("lake", LAKE)):
        for name, schema in schemas.items():
            (part,) = (p for p in parts if p.startswith((f"{folder}/{name}", f"{name}/corpus=")))
            rows = [line.split(" | ") for line in part.splitlines() if line.startswith("| ")][2:]
            assert [row[0].removeprefix("| ") for row in rows] == schema.names
            for row, field in zip(rows, schema, strict=True):
                assert field.metadata[b"source"].decode().split(" ")[0] in row[-1]
                assert row[2].strip() == field.metadata[b"unit"].decode()
