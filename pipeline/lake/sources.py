"""Where each number comes from: the paper that defined it, by the names of the columns."""

import re

OWN = "headcensus"
"""A definition of this project; docs/decisions.md says more of the flags."""

_KOBAYASHI = "Kobayashi et al. 2020"
_SOURCES = (
    (r"uuas_\w+|tree(_max)?|hits_m(ax|st)\w*", "Htut et al. 2019"),
    (r"(norm|value_norm)_?\w*|spearman|constancy_\w+|output|energy|\w+_norm", _KOBAYASHI),
    (r"js_divergence", "Clark et al. 2019, §6"),
    (
        r"vertical|diagonal|mixed|block|heterogeneous|\w*own_segment|\w*segment_(own|both)",
        "Kovaleva et al. 2019, §4.1",
    ),
    (r"\w+_low|\w+_high", "Chamandy et al. 2012"),
    (r"(mass|uniform_mass|lift_mass)_(prev|next|self)", "Clark et al. 2019, §3.1"),
    (r"(mass|uniform_mass|lift_mass)_\w+|\w+_to_(cls|sep)|self_\w+", "Clark et al. 2019, §3.2"),
    (r"entropy_\w+|broad", "Clark et al. 2019, §3.3"),
    (r"confidence\w*|best_offset\w*|positional|argmax_offset", "Voita et al. 2019"),
    (r"alpha_\d|sink_rate_\d", "Gu et al. 2024"),
    (
        r"attends_to|attended_by|hits(_all)?|accuracy|baseline_(offset|accuracy)",
        "Clark et al. 2019, §4",
    ),
    (r"margin", "Voita et al. 2019"),
    (r"b|c|z|p", "Obuchowski 1998"),
    (r"q|significant", "Benjamini & Yekutieli 2001"),
    (r"aer(_\w+)?|baseline_aer|precision|recall|n_sure|hits_(sure|possible)", "Och & Ney 2003"),
)


def source_of(column: str) -> str:
    """The source of a column's definition; that of the first pattern that its name fits."""
    return next((source for name, source in _SOURCES if re.fullmatch(name, column)), OWN)
