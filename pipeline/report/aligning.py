"""What the first lines say of alignments; nothing where the corpus has no gold links."""

from pipeline.analysis.nulls import TRAINED
from pipeline.report.blocks import Code, Inline, Strong
from pipeline.report.links import best_head, is_unjudged, n_aligning, rule
from pipeline.report.relations import head_name, is_undecided, points
from pipeline.report.section import CROSS, Section, most_in_nulls
from pipeline.report.text import number, plural, verb


def _error(row: dict, column: str) -> str:
    return f"{number(points(row, column), 1)} %"


def _errors(best: dict | None) -> str:
    if best is None:
        return " (no error rate: the confirming half has no gold links)"
    who = f"{head_name(best, (CROSS,))} by {best['convention']}"
    return (
        f" (alignment error rate on the confirming half: {_error(best, 'aer')} of the best head, "
        f"{who}; {_error(best, 'baseline_aer')} of the best rule of position, {rule(best)})"
    )


def align_parts(section: Section, row: dict) -> list[Inline]:
    """`row` is the census row of the trained model."""
    if not section.has_links:
        return []
    heads = f"Of the {plural(section.n_heads(CROSS), 'cross-attention head')}, "
    errors = _errors(best_head(section))
    if section.few_links is not None:
        links = plural(section.few_links, "sure link")
        few = f"not decided: the confirming half has fewer than {links}"
        return [f"{heads}how many align words is ", Strong(few), f"{errors}. "]
    if is_unjudged(section):
        others = f"; heads that pass the two other flags: {n_aligning(section, TRAINED)}"
        parts: list[Inline] = [
            f"{heads}how many align words is ",
            Strong("not decided: no null control was measured"),
            f"{errors}{others}",
        ]
        # Said once: tracking asks for the same.
        hint = () if is_undecided(section) else ("; add ", Code("control=[trained,random_weights]"))
        return [*parts, *hint, ". "]
    null = most_in_nulls(section, "n_aligns")
    in_nulls = (
        ""
        if null is None
        else f"In any one null control, {f'at most {null}' if null else 'none'} do. "
    )
    return [heads, Strong(f"{verb(row['n_aligns'], 'align')} words"), f"{errors}. {in_nulls}"]


def align_briefly(section: Section, row: dict) -> str:
    """The same for the terminal, to stand behind what is said of tracking."""
    if not section.has_links:
        return ""
    best, n_heads = best_head(section), section.n_heads(CROSS)
    errors = (
        ""
        if best is None
        else f"best AER {_error(best, 'aer')}, position {_error(best, 'baseline_aer')}"
    )
    if section.few_links is not None:
        links = plural(section.few_links, "sure link")
        return f"; aligning not decided, fewer than {links} ({errors or 'no error rate'})"
    if is_unjudged(section):
        return f"; aligning not decided, no null control was measured ({errors or 'no error rate'})"
    null = most_in_nulls(section, "n_aligns")
    in_nulls = "" if null is None else f"{f'at most {null}' if null else 'none'} in any null"
    said = "; ".join(part for part in (errors, in_nulls) if part)
    return f"; {row['n_aligns']} of {plural(n_heads, 'cross head')} align words ({said})"
