"""The first lines: what a trained model's heads do, in words and whole numbers."""

from pipeline.analysis.nulls import TRAINED
from pipeline.core.names import DUMP_CLASSES
from pipeline.report.aligning import align_briefly, align_parts
from pipeline.report.blocks import Block, Code, Inline, Strong, say
from pipeline.report.links import is_unjudged
from pipeline.report.relations import is_undecided
from pipeline.report.section import CLASS_NAMES, Section, most_in_nulls
from pipeline.report.text import DASH, number, plural, verb


def _tracking(section: Section, row: dict) -> list[Inline]:
    heads = plural(row["n_heads"], "head")
    if len(section.sites) > 1:
        heads += f" ({', '.join(f'{site} {section.n_heads(site)}' for site in section.sites)})"
    if not section.has_syntax:
        return [
            f"Of {heads}: whether any tracks a relation is not asked, as the corpus has no "
            "syntactic arcs. "
        ]
    if section.few is not None:
        return [
            f"Of {heads}, how many track a relation is ",
            Strong(f"not decided: no relation has {plural(section.few, 'arc')}"),
            " in the confirming half. ",
        ]
    flags = f"margin {number(row['n_margin'])}, significant {number(row['n_significant'])}"
    if is_undecided(section):
        return [
            f"Of {heads}, how many track a relation is ",
            Strong("not decided: no null control was measured"),
            f"; heads that pass the two other flags on one relation: {row['n_margin_significant']}"
            f" (each flag alone: {flags}); add ",
            Code("control=[trained,random_weights]"),
            ". ",
        ]
    parts: list[Inline] = [
        f"Of {heads}, ",
        Strong(f"{verb(row['n_tracks'], 'track')} at least one relation"),
        f" (all three flags on one relation; heads that pass each flag alone: {flags}, beats nulls "
        f"{number(row['n_beats_nulls'])}). ",
    ]
    null = most_in_nulls(section, "n_tracks")
    if null is not None:
        parts.append(f"In any one null control, {f'at most {null}' if null else 'none'} do. ")
    return parts


def _dumps(section: Section, row: dict) -> str:
    """Heads that dump, per class; a class that the tokenizer lacks is said to be lacking."""
    there = section.dump_classes
    parts = [f"on {'the ' * (c == 'first')}{CLASS_NAMES[c]} {row[f'n_dumps_{c}']}" for c in there]
    lacking = [CLASS_NAMES[c] for c in DUMP_CLASSES if c not in there]
    none = f" (there is no {' and no '.join(lacking)})" if lacking else ""
    return ", ".join(parts) + none


def first_lines(section: Section) -> Block:
    row = section.trained
    title = Strong(f"{section.title}.")
    if row is None:
        return say(title, f" Only controls were measured; the {TRAINED} model itself was not.")
    whose = "its" if row["n_dumps"] == 1 else "their"
    dumps: list[Inline] = [Strong(verb(row["n_dumps"], "dump")), f" {whose} attention"]
    dumps.append(f": {_dumps(section, row)}")
    if row["n_dumps"] and row["n_dumps_by_norm"] is not None:
        still = row["n_dumps_by_norm"] or "none"
        dumps.append(f" (by weights × value norms {still} of these)")
    if row["n_tracks_and_dumps"] is not None:
        dumps.append(f"; both track and dump: {row['n_tracks_and_dumps']}")
    rest = f". Positional: {number(row['n_positional'])}; broad: {number(row['n_broad'])}; "
    neither = f"none of these: {number(row['n_neither'])}"
    undecided = [
        does
        for does, unknown in (("tracking", is_undecided), ("aligning", is_unjudged))
        if unknown(section)
    ]
    if undecided:
        neither += f" (the two other flags standing in for {' and '.join(undecided)})"
    answered = (*_tracking(section, row), *align_parts(section, row))
    return say(title, " ", *answered, *dumps, f"{rest}{neither}.")


def headline(sections: list[Section]) -> str:
    """The answer in one line, for the terminal."""
    parts = []
    for section in sections:
        row = section.trained
        if row is None:
            continue
        if not section.has_syntax:
            tracks = f"{row['n_heads']} heads, no syntactic arcs"
        elif section.few is not None:
            arcs = plural(section.few, "arc")
            tracks = f"tracking not decided, no relation has {arcs} ({row['n_heads']} heads)"
        elif is_undecided(section):
            tracks = (
                f"tracking not decided, no null control was measured ({row['n_margin_significant']}"
                f" of {row['n_heads']} heads pass the two other flags; "
                "add control=[trained,random_weights])"
            )
        else:
            does = "tracks" if row["n_tracks"] == 1 else "track"
            tracks = f"{row['n_tracks']} of {row['n_heads']} heads {does} a relation"
            null = most_in_nulls(section, "n_tracks")
            tracks += (
                "" if null is None else f" ({f'at most {null}' if null else 'none'} in any null)"
            )
        tracks += align_briefly(section, row)
        dumps = ", ".join(f"{c} {number(row[f'n_dumps_{c}'])}" for c in DUMP_CLASSES)
        parts.append(f"{section.title}: {tracks}; {verb(row['n_dumps'], 'dump')} ({dumps})")
    return " | ".join(parts) or f"no {TRAINED} cell was measured {DASH} controls only"
