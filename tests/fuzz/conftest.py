"""Fuzzing: a little in every run, the same each time; much with HYPOTHESIS_PROFILE=deep."""

import os

from hypothesis import HealthCheck, Phase, settings

QUIET = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)
# What fails here is not made smaller: each example is a run, and there are minutes for all tests.
settings.register_profile(
    "brief",
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=QUIET,
)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=QUIET)
BRIEF = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "brief"))

from tests.stages.conftest import checkpoint, root, sentences, words  # noqa: E402

__all__ = ["BRIEF", "checkpoint", "root", "sentences", "words"]
