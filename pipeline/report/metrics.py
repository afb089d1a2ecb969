"""The few numbers that DVC compares between two runs: flat, keyed `model.corpus.name`."""

import json

from pipeline.report.answer import most_tracking_null
from pipeline.report.section import Section

NAMES = ("tracks", "dumps_cls", "dumps_sep", "dumps_first", "positional", "broad")


def metrics_json(sections: list[Section]) -> str:
    """A number that was not decided is null."""
    metrics: dict[str, int | None] = {}
    for section in sections:
        row = section.trained
        if row is None:
            continue
        prefix = f"{section.model}.{section.corpus}"
        metrics[f"{prefix}.heads"] = row["n_heads"]
        metrics |= {f"{prefix}.{name}": row[f"n_{name}"] for name in NAMES}
        metrics[f"{prefix}.nulls_tracks"] = most_tracking_null(section)
    return json.dumps(metrics, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
