"""The atlas: look at what was counted. Any head of any model that is measured, beside its nulls.

`build` runs subjects over sentences, `render` makes one HTML file of the result, `show` does both
for a notebook. `exemplars.choose` finds sentences that are worth looking at.
"""

from pipeline.atlas.build import Example, build
from pipeline.atlas.capture import Subject
from pipeline.atlas.notebook import show
from pipeline.atlas.page import render

__all__ = ["Example", "Subject", "build", "render", "show"]
