"""The publish stage: a whole lake, verified, to a data set repository on the hub."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import UserError
from pipeline.lake.layout import Lake, cell_of
from pipeline.lake.manifest import Manifest
from pipeline.lake.outgoing import Outgoing
from pipeline.stages.checks import as_root
from pipeline.stages.mend import how, verify
from pipeline.stages.overrides import pairs
from pipeline.stages.project import ROOT
from pipeline.stages.settings import build


@dataclass(frozen=True)
class PublishSettings:
    """Nothing leaves this machine unless `push`. `texts`: sentences, quarantine and report too;
    `report` is its folder, where it is not that of `run` (those of `dvc repro` write `reports`)."""

    repo: str
    root: str = ROOT
    report: str | None = None
    push: bool = False
    private: bool = True
    texts: bool = False
    license: str = "other"


def settings(given: Sequence[str]) -> PublishSettings:
    """Raises UserError for words that are not KEY=VALUE, or for a key or value there cannot be."""
    from pipeline.lake.hub import check_name

    content = pairs(given, "repo=OWNER/NAME")
    if "repo" not in content:
        raise UserError("publish: repo is missing: give repo=OWNER/NAME")
    made = build("publish", PublishSettings, content)
    check_name(made.repo)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", made.license):
        raise UserError(f"license={made.license}: give the hub's word for it, such as cc-by-sa-4.0")
    if made.report is not None:
        if not made.texts:
            raise UserError(f"report={made.report}: it shows texts: give texts=true too")
        if not (Path(made.report) / "census.html").is_file():
            raise UserError(
                f"report={made.report}: there is no census.html: give the folder that a report was"
                " written into"
            )
    return made


def publish(chosen: PublishSettings) -> str:
    """Everything is verified, then pushed, or only shown. Gives what to say.

    Raises UserError where anything is wrong with the lake, or as `hub.push` does.
    """
    from pipeline.lake.hub import CARD, push
    from pipeline.lake.outgoing import outgoing

    lake = Lake(as_root(chosen.root))
    found = verify(lake.root)
    if found.wrong:
        more = f" (and {len(found.wrong) - 1} more)" if len(found.wrong) > 1 else ""
        raise UserError(
            f"{found.wrong[0].what}{more}: nothing was pushed; {how(lake.root, found.wrong)}"
        )
    report = None if chosen.report is None else Path(chosen.report)
    files = outgoing(lake, found.published, chosen.texts, report)
    if not files:
        raise UserError(
            f"{chosen.root} has neither tables nor a lake: give the root=DIR of a census; sentences"
            " alone go with texts=true"
        )
    card = _card(lake, found.published, chosen, files)
    size = _size(sum(file.size for file in files))
    if chosen.push:
        address = push(chosen.repo, files, card, chosen.private)
        return f"{len(files)} files and a card, {size}, are at {address}"
    sizes = {CARD: len(card.encode()), **{file.path: file.size for file in files}}
    listed = "\n".join(f"{_size(n):>10}  {path}" for path, n in sizes.items())
    return (
        f"{listed}\n\n{card}\n{len(files)} files and a card, {size}, for {chosen.repo}: "
        "nothing was pushed, push=true does"
    )


def _card(
    lake: Lake,
    published: Mapping[Path, Manifest],
    chosen: PublishSettings,
    files: Sequence[Outgoing],
) -> str:
    import polars as pl

    from pipeline.lake.origins import mapping
    from pipeline.lake.outgoing import parts
    from pipeline.report.card import Card

    tables = published.get(lake.tables)
    return Card(
        chosen.repo,
        chosen.license,
        chosen.texts,
        parts(lake, published, chosen.texts),
        _measured(lake, published),
        pl.read_parquet(lake.tables / "census.parquet", glob=False) if tables else None,
        mapping(lake, tables, "rules") if tables else {},
        f"{len(files)} files, {_size(sum(file.size for file in files))}",
    ).text()


def _measured(lake: Lake, published: Mapping[Path, Manifest]) -> list:
    """Every cell of the lake, by what its first shard says of its making."""
    from pipeline.lake.origins import making
    from pipeline.report.card import Measured

    found = []
    for folder, content in published.items():
        if folder.is_relative_to(lake.root / "lake/heads"):
            libraries = making(folder, "libraries").get("libraries", {})
            cell = cell_of(folder.relative_to(lake.root / "lake/heads"))
            counts = {key: value for key, value in content.facts.items() if type(value) is int}
            found.append(Measured(cell, content.fingerprint, counts, libraries))
    return found


def _size(n_bytes: float) -> str:
    for unit in ("B", "kB", "MB"):
        if n_bytes < 999.5:  # more would be rounded to 1e+03
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} GB" if n_bytes < 999.5 else f"{n_bytes:.0f} GB"
