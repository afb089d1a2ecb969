"""Data sets on the hub, streamed: the only place of the corpora that may touch the network.

`datasets` retries for minutes before it gives up. Here one short request asks first whether the
hub answers at all, retries are few, and whatever goes wrong ends as one line that names the data
set. A revision is always required: without one, the same command reads other data next month.
"""

import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Protocol

import datasets
import datasets.config
import pyarrow as pa
from datasets import IterableDataset
from datasets.exceptions import DatasetsError
from huggingface_hub.errors import HTTPError  # pyrefly: ignore

from pipeline.core.errors import UserError
from pipeline.corpora.base import quiet_datasets
from pipeline.corpora.tables import first_line, record_columns, schema_columns

PROBE_SECONDS = 8
RETRIES = {
    "STREAMING_OPEN_MAX_RETRIES": 3,
    "STREAMING_READ_MAX_RETRIES": 3,
    "STREAMING_READ_SERVER_UNAVAILABLE_RETRY_INTERVAL": 5,
    "STREAMING_READ_RATE_LIMIT_RETRY_INTERVAL": 5,
}
"""Settings of `datasets`, whose own add up to minutes: with these it gives up in 15 seconds."""

BROKEN = (OSError, HTTPError, pa.ArrowException, DatasetsError)
"""What `datasets` and the client under it raise for a bad connection, name or file.

`HTTPError` is the client's own root of all that can happen on the wire; most of it is no OSError.
"""

Columns = dict[str, str | None]


class OnHub(Protocol):
    """A corpus that names a split of a data set on the hub."""

    @property
    def dataset(self) -> str | None: ...
    @property
    def config(self) -> str | None: ...
    @property
    def split(self) -> str: ...
    @property
    def revision(self) -> str | None: ...


def open_corpus(corpus: OnHub, columns: Columns) -> IterableDataset:
    """The split with `columns`. Raises UserError as `open_hub` does."""
    assert corpus.dataset is not None
    return open_hub(
        corpus.dataset,
        corpus.revision,
        config=corpus.config,
        split=corpus.split,
        columns=columns,
    )


def hub_records(corpus: OnHub, columns: Columns) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """What to call the split, and each row of it with its number from 1."""
    source = f"{corpus.dataset}@{corpus.revision}/{corpus.split}"
    for number, record in enumerate(hub_rows(open_corpus(corpus, columns), source), start=1):
        yield source, number, record


def open_hub(
    dataset: str,
    revision: str | None,
    *,
    config: str | None = None,
    split: str = "train",
    data_files: str | None = None,
    columns: Columns,
    optional: Columns | None = None,
) -> IterableDataset:
    """A split of a data set on the hub, or with `data_files` one file of its repository.

    Little more than its schema is read yet. It has `columns` (YAML key to column) and those of
    `optional` that there are. Raises UserError where the hub cannot be reached, the data set, its
    configuration, split, revision or file does not exist, or one of `columns` is missing.
    """
    name = " ".join(filter(None, ("hub data set", dataset, config, data_files or split)))
    if not revision:
        raise UserError(f"{name}: give a revision (a tag or commit), so that a run can be repeated")
    _check_reachable(name)
    for setting, value in RETRIES.items():
        setattr(datasets.config, setting, value)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        with quiet_datasets():
            stream = datasets.load_dataset(
                dataset,
                name=config,
                split=split,
                data_files=data_files,
                revision=revision,
                streaming=True,
            )
    # No such configuration or split is a ValueError, a data set that is a script a RuntimeError.
    except (*BROKEN, ValueError, RuntimeError) as error:
        raise UserError(
            f"{name} at revision {revision} cannot be opened: {first_line(error)}; "
            "check these names and the network, or give a local path"
        ) from error
    assert isinstance(stream, IterableDataset)
    return _select(stream, name, columns, optional)


def open_parquet(file: str, columns: Columns, optional: Columns | None = None) -> IterableDataset:
    """A local Parquet file, streamed by the same reader as the hub's; columns as in `open_hub`.

    Raises UserError where it is no Parquet file or lacks one of `columns`.
    """
    try:
        with quiet_datasets():
            stream = datasets.load_dataset(
                "parquet", data_files=[file], split="train", streaming=True
            )
            assert isinstance(stream, IterableDataset)
            return _select(stream, file, columns, optional)
    except BROKEN as error:
        raise UserError(f"{file}: is no readable Parquet file: {first_line(error)}") from error


def _select(
    stream: IterableDataset, name: str, columns: Columns, optional: Columns | None
) -> IterableDataset:
    """The stream with no other columns. Raises UserError where one of `columns` is missing."""
    # Parquet states its schema; of other formats the first row shows it.
    if stream.features:
        top, present = list(stream.features), schema_columns(stream.features.arrow_schema)
    else:
        record = next(hub_rows(stream, name), {})
        top, present = list(record), record_columns(record)
    for key, column in columns.items():
        if column is not None and column not in present:
            raise UserError(
                f"{name}: no column {column!r} (key `{key}`); "
                f"the columns there are: {', '.join(present)}"
            )
    wanted = {column for column in (*columns.values(), *(optional or {}).values()) if column}
    return stream.select_columns(
        [name for name in top if any(f"{column}.".startswith(f"{name}.") for column in wanted)]
    )


def hub_rows(stream: IterableDataset, name: str) -> Iterator[dict[str, Any]]:
    """The rows of an open stream. Raises UserError where it breaks off."""
    number = 0
    try:
        for row in stream:
            number += 1
            yield row
    # In a damaged file there may be anything, and what `datasets` makes of it raises as much.
    except Exception as error:
        raise UserError(
            f"{name}: broke off after row {number}: {first_line(error)}; "
            "check the network and start again, or give a local path"
        ) from error


def _check_reachable(name: str) -> None:
    """Raise UserError unless the hub answers, whatever it answers."""
    endpoint = datasets.config.HF_ENDPOINT
    advice = "check the network, or give a local path"
    if datasets.config.HF_HUB_OFFLINE:
        raise UserError(f"{name}: HF_HUB_OFFLINE is set; unset it, or give a local path")
    try:
        request = urllib.request.Request(endpoint, method="HEAD")
        urllib.request.urlopen(request, timeout=PROBE_SECONDS).close()
    except urllib.error.HTTPError as error:
        error.close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        # Certificates are the business of the library, which may have been told of others.
        if not isinstance(reason, ssl.SSLError):
            raise UserError(f"{name}: {endpoint} cannot be reached ({reason}); {advice}") from error
