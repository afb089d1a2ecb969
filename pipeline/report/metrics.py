"""The few numbers that DVC compares between two runs: flat, keyed `model.corpus.name`."""

import json

from pipeline.report.links import best_head
from pipeline.report.relations import points
from pipeline.report.section import Section, most_in_nulls

NAMES = ("tracks", "dumps_cls", "dumps_sep", "dumps_first", "positional", "broad")


def _alignment(section: Section, row: dict) -> dict[str, int | float | None]:
    """Error rates in percent, of the confirming half."""
    best = best_head(section)
    return {
        "aligns": row["n_aligns"],
        "nulls_aligns": most_in_nulls(section, "n_aligns"),
        "best_aer": None if best is None else points(best, "aer"),
        "position_aer": None if best is None else points(best, "baseline_aer"),
    }


def metrics_json(sections: list[Section]) -> str:
    """A number that was not decided is null."""
    metrics: dict[str, int | float | None] = {}
    for section in sections:
        row = section.trained
        if row is None:
            continue
        prefix = f"{section.model}.{section.corpus}"
        metrics[f"{prefix}.heads"] = row["n_heads"]
        metrics |= {f"{prefix}.{name}": row[f"n_{name}"] for name in NAMES}
        metrics[f"{prefix}.nulls_tracks"] = most_in_nulls(section, "n_tracks")
        if section.has_links:
            metrics |= {
                f"{prefix}.{name}": value for name, value in _alignment(section, row).items()
            }
    return json.dumps(metrics, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
