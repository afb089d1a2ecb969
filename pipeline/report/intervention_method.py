"""What the page of interventions says of how they are made and judged."""

from pipeline.analysis.effects import COVERED, FEWEST, Judging
from pipeline.lake.effect_tables import EFFECT_TABLES, VERDICTS
from pipeline.report.blocks import Block, Bullets, Heading, Strong, say
from pipeline.report.definitions import definitions


def how_it_is_done(rules: Judging) -> list[Block]:
    covered = "; ".join(f"of {n}, {low} to {high} %" for n, (low, high) in COVERED.items())
    return [
        Heading(2, "Method"),
        say(
            "Each change is made in the attention of some heads, and the model is run on: its last"
            " states (of the decoder, where there is one) are held against those of the model as it"
            " is. A state's change is measured by its length, so that 100 % is a change as long as"
            " the state. Where a checkpoint has the head of its language model, what it says is"
            " held against what it said too: at masked pieces, at each next piece, or at each piece"
            " of the translation. Means are over pieces, 95 % intervals over sentences (bootstrap)."
        ),
        say(
            "Intervals of few sentences are too narrow. Drawn again and again from sentences of the"
            f" shipped treebank, those that are called 95 % held the mean less often: {covered}."
            " More sentences (intervene.sentences) make them what they say, and surer the verdicts,"
            " which hang on their ends."
        ),
        Bullets(tuple((Strong(name), f": {what}.") for name, what in VERDICTS.items())),
        say(
            f"An effect does something when its interval lies above {100 * rules.negligible:g} %"
            " of what removing a head does, in the median over the heads of the cell, and does"
            " nothing when its interval lies below; of divergences, which grow with the square"
            " of a change, the square of that share is taken. With fewer than"
            f" {FEWEST} sentences nothing is decided. A count of dumping heads takes each"
            " head once, by the class that it dumps on most."
        ),
        *definitions("What the tables hold", EFFECT_TABLES),
    ]
