"""Every number says where its definition comes from."""

import pyarrow as pa
import pytest

from pipeline.lake.schema import LAKE
from pipeline.lake.sources import OWN, source_of
from pipeline.lake.tables import TABLES


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("mass_prev", "Clark et al. 2019, §3.1"),
        ("uniform_mass_prev", "Clark et al. 2019, §3.1"),
        ("mass_sep", "Clark et al. 2019, §3.2"),
        ("mass_sep_low", "Chamandy et al. 2012"),
        ("rest_to_cls", "Clark et al. 2019, §3.2"),
        ("entropy_normalised", "Clark et al. 2019, §3.3"),
        ("confidence_content", "Voita et al. 2019"),
        ("sink_rate_2", "Gu et al. 2024"),
        ("z", "Obuchowski 1998"),
        ("q", "Benjamini & Yekutieli 2001"),
        ("aer_high", "Chamandy et al. 2012"),
        ("aer_all", "Och & Ney 2003"),
        ("baseline_aer", "Och & Ney 2003"),
        ("tracks", OWN),
    ],
)
def test_a_source_by_the_columns_name(column, source):
    assert source_of(column) == source


def test_no_column_is_without_a_source_and_few_are_our_own():
    fields = [field for schema in (*TABLES.values(), *LAKE.values()) for field in schema]
    assert all(field.metadata[b"source"] for field in fields)
    real = [f for f in TABLES["heads"] if pa.types.is_floating(f.type)]
    own = [f.name for f in real if f.metadata[b"source"] == OWN.encode()]
    # Sums of all attention and mean distances are nobody's in particular.
    assert {name.split("_")[0] for name in own} <= {
        "row",
        "distance",
        "displacement",
        "offdiagonal",
    }
