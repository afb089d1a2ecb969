"""How tables become bytes: a cell's fingerprint hashes this file, since shards of two encodings are
not the same bytes, though they hold the same numbers."""

from typing import Any

import pyarrow as pa


def options(schema: pa.Schema) -> dict[str, Any]:
    """What `pyarrow.parquet` is asked for, for a table of this schema."""
    # Repeated keys and the layout's own numbers shrink to nothing by dictionary; measured floats
    # do not, and a dictionary of them costs more than it saves. Pointers go along with their word,
    # so that from one to the next there is little change.
    pointers = [
        field.name
        for field in schema
        if pa.types.is_list(field.type) and pa.types.is_integer(field.type.value_type)
    ]
    repeated = [
        field.name
        for field in schema
        if field.name not in pointers
        and (not pa.types.is_floating(field.type) or field.name.startswith("uniform_"))
    ]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": repeated,
        "column_encoding": dict.fromkeys((f"{p}.list.element" for p in pointers), _BY_CHANGES),
    }


_BY_CHANGES = "DELTA_BINARY_PACKED"
