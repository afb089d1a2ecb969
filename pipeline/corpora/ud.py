"""Universal Dependencies from the hub: any treebank, streamed, with no script and no local copy.

The data set keeps one Parquet file per treebank and split, `parquet/<treebank>/<split>.parquet`,
with a row per sentence. `tokens` are the syntactic words; multiword tokens and empty nodes stand in
columns of their own and shift nothing. `head` may be stored as strings, `upos` as class numbers.
A local folder of the same layout can stand in for the hub.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from datasets import ClassLabel, IterableDataset

from pipeline.core.errors import UserError
from pipeline.corpora.base import describe, streamed
from pipeline.corpora.files import local_files
from pipeline.corpora.hub import hub_rows, open_hub, open_parquet
from pipeline.corpora.parquet import record_row
from pipeline.corpora.rows import Row

HUB = "commul/universal_dependencies"
COLUMNS: dict[str, str | None] = {
    "words": "tokens",
    "upos": "upos",
    "governors": "head",
    "deprels": "deprel",
}
OPTIONAL: dict[str, str | None] = {"sentence_id": "sent_id", "text": "text"}


@dataclass(frozen=True)
class Ud:
    """One split of a UD treebank, as `en_ewt` and `dev`.

    `revision` is the UD release, a tag of the data set such as "2.17", or a commit; a local folder
    needs none. `path` is the hub's name for the data set, or a folder that looks like it.
    """

    treebank: str
    split: str
    revision: str | None = None
    path: str = HUB
    limit: int | None = None
    shuffle_seed: int | None = None
    shuffle_buffer: int = 10_000

    def stream(self) -> IterableDataset:
        """All rows. Raises UserError where the treebank or a column of it cannot be found."""
        _open(self)
        return streamed(self, _rows)


def _rows(corpus: Ud) -> Iterator[Row]:
    stream = _open(corpus)
    classes = _class_names(stream, corpus)
    source = f"{corpus.path}/{_file(corpus)}"
    columns = COLUMNS | {k: c for k, c in OPTIONAL.items() if c in (stream.features or ())}
    for number, record in enumerate(hub_rows(stream, source), start=1):
        if classes is not None and record["upos"] is not None:
            # Where a class is missing, `datasets` stores null or −1. A number without a class
            # stays one, which the row's check finds.
            names = dict(enumerate(classes)) | {None: "_", -1: "_"}
            record["upos"] = [names.get(n, n) for n in record["upos"]]
        name = f"{corpus.treebank}-{corpus.split}:{number}"
        yield record_row(source, number, name, record, columns)


def _file(corpus: Ud) -> str:
    return f"parquet/{corpus.treebank}/{corpus.split}.parquet"


def _open(corpus: Ud) -> IterableDataset:
    """The treebank's own columns. Raises UserError where it or one of them cannot be found."""
    if os.path.isdir(corpus.path):
        (file,) = local_files(os.path.join(corpus.path, _file(corpus)), "parquet/*/*.parquet")
        stream = open_parquet(file, COLUMNS, OPTIONAL)
    elif corpus.path.count("/") != 1 or corpus.path.startswith((".", "/", "~")):
        raise UserError(
            f"{corpus.path}: no such folder; mend the path, or leave it out for the hub"
        )
    else:
        stream = open_hub(
            corpus.path,
            corpus.revision,
            data_files=_file(corpus),
            columns=COLUMNS,
            optional=OPTIONAL,
        )
    _class_names(stream, corpus)
    return stream


def _class_names(stream: IterableDataset, corpus: Ud) -> list[str] | None:
    """Names of the parts of speech where they are stored as numbers, None where as strings."""
    upos = getattr((stream.features or {}).get("upos"), "feature", None)
    if isinstance(upos, ClassLabel):
        return upos.names
    if getattr(upos, "dtype", "string") not in ("string", "large_string"):
        raise UserError(
            f"{describe(corpus)}: column 'upos' holds numbers without names; use another revision"
        )
    return None
