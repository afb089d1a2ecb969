"""Adverbs by kind; the kind decides where in the clause an adverb may stand."""

from __future__ import annotations

from .notation import listed

MANNER = listed(
    "quickly slowly carefully quietly properly directly personally together alone again "
    "correctly seriously regularly immediately"
)
FREQUENCY = listed("always usually often never sometimes rarely generally frequently")
PAST_TIME = listed("recently then")
PRESENT_TIME = listed("now currently nowadays")
FUTURE_TIME = listed("soon later then shortly")
MIDDLE = listed(
    "also just really still only probably actually even certainly simply definitely finally "
    "apparently obviously simply clearly probably also really just still"
)
SENTENCE = listed(
    "unfortunately maybe perhaps however fortunately finally also then actually obviously "
    "apparently luckily hopefully therefore instead so now sadly first overall basically "
    "meanwhile originally surprisingly recently otherwise anyway eventually suddenly"
)
FINAL = listed("too again anyway here there now though instead")
DEGREE = listed(
    "very very very so really too quite pretty extremely fairly rather incredibly highly "
    "slightly completely absolutely totally"
)
COMPARATIVE_DEGREE = listed("much even far slightly")
PLACE = listed("here there outside nearby inside downtown upstairs abroad everywhere")
APPROXIMATE = listed("about only almost nearly around approximately exactly over")
AGENTLESS_MANNER = listed("quickly carefully properly badly immediately regularly easily well")
ATTRIBUTIVE_DEGREE = listed("very very very really extremely fairly rather incredibly highly")
