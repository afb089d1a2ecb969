"""Every number of the tables: what it is, in which unit, and where its definition comes from."""

from collections.abc import Mapping

import pyarrow as pa

from pipeline.report.blocks import Block, Heading, Table, say


def definitions(title: str, schemas: Mapping[str, pa.Schema]) -> list[Block]:
    """From the metadata of the Arrow schemas alone, so that it cannot say anything else than they.

    Columns that an earlier table of the same list has too are not said again.
    """
    blocks: list[Block] = [Heading(2, title)]
    told: dict[str, pa.Field] = {}
    for name, schema in schemas.items():
        rows = tuple(
            _row(field)
            for field in schema
            if field.name not in told or not told[field.name].equals(field, check_metadata=True)
        )
        told |= {field.name: field for field in schema}
        blocks.append(Heading(3, f"{name}.parquet"))
        if len(rows) < len(schema):
            blocks.append(say("Keys that stand in a table above are left out."))
        blocks.append(_table(name, rows))
    return blocks


def columns(name: str, schema: pa.Schema) -> Table:
    """All columns of one table."""
    return _table(name, tuple(map(_row, schema)))


def _table(name: str, rows: tuple[tuple[str, ...], ...]) -> Table:
    header = ("column", "type", "unit", "meaning", "source")
    return Table(f"Columns of {name}", header, rows, words=5)


def _row(field: pa.Field) -> tuple[str, ...]:
    said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    kind = str(field.type).replace("item: ", "")
    return (field.name, kind, said["unit"], said["meaning"], said["source"])
