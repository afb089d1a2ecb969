"""What the command line can be asked for: a table, from which all help is written.

Of each command `pipeline.stages.actions` has a function by the same name.
"""

from dataclasses import dataclass

CELLS = """model=, control= and corpus= take one name or a list, as in
control=[trained,random_weights-1], or grid=FILE names all three; any other key
sets what conf/ has, as corpus.path=FILE, corpus.limit=500,
measure.device=cuda or analysis.min_arcs=50; root=DIR is where everything
goes (default: data)"""
CALIBRATED = """model= and corpus= take one name each, any other key sets what conf/ has, as
corpus.path=FILE, analysis.min_arcs=50 or calibrate.simulations=20; no control;
root=DIR is where what it reads is kept (default: data), calibrate.report=DIR
where method.md goes (default: reports)"""


@dataclass(frozen=True)
class Command:
    """`what` it does, in one line. `words`: what stands behind it, if anything may, and `operand`
    what each is called, with dots where there may be several; `examples` as they are typed, each
    with what it is for. `resolved`: it takes a file that `compose` wrote."""

    what: str
    examples: tuple[tuple[str, str], ...]
    words: str | None = CELLS
    resolved: bool = False
    operand: str = "KEY=VALUE ..."


GROUPS: dict[str, dict[str, Command]] = {
    "to begin": {
        "run": Command(
            "measure models over a corpus, and report: all stages in a row",
            (
                ("headcensus run", "the shipped model and treebank, into data/"),
                (
                    "headcensus run model=local model.path=DIR control=[trained,random_weights]",
                    "a checkpoint of yours beside its null, over the shipped treebank",
                ),
                (
                    "headcensus run corpus=conllu corpus.path=FILE corpus.limit=500 root=out",
                    "500 sentences of yours, into out/",
                ),
            ),
        ),
        "init": Command(
            "lay a project for `dvc repro` into a folder",
            (("headcensus init census", "into the new folder census/; README.md there goes on"),),
            "the folder, empty or new (default: this one)",
            operand="DIR",
        ),
        "list": Command(
            "name the models, corpora and controls there are",
            (("headcensus list", "each with one line"),),
            None,
        ),
    },
    "to look closer": {
        "atlas": Command(
            "write a page on which any head can be looked at",
            (
                ('headcensus atlas model=minilm atlas.text="The dog barks ."', "over your words"),
                ("headcensus atlas root=out", "over sentences of the corpus of out/"),
            ),
            resolved=True,
        ),
        "intervene": Command(
            "change heads one by one, and say what they were good for",
            (
                (
                    "headcensus intervene control=[trained,random_weights] root=out",
                    "the census first, where it is not there yet",
                ),
            ),
            resolved=True,
        ),
        "compare": Command(
            "set two cells of the tables side by side, head by head",
            (
                (
                    "headcensus compare minilm-trained-treebank minilm-random_weights-treebank",
                    "two of the cells in data/",
                ),
            ),
            "two cells, MODEL-CONTROL-CORPUS each; and root=DIR (default: data)",
        ),
    },
    "to trust it, and to pass it on": {
        "verify": Command(
            "hash the corpus, the lake and the tables anew, and name what is wrong",
            (("headcensus verify root=out", "nothing is changed"),),
            "root=DIR, the folder of a census (default: data)",
        ),
        "repair": Command(
            "make again what `verify` finds wrong, and that alone",
            (("headcensus repair model=local model.path=DIR root=out", "the words of the run"),),
        ),
        "calibrate": Command(
            "simulate censuses, and say how often they are wrong",
            (("headcensus calibrate corpus.limit=500", "one model, one corpus with trees"),),
            CALIBRATED,
        ),
        "nursery": Command(
            "train three small models, and measure them step by step",
            (("headcensus nursery models=[mlm] root=out", "one of the three"),),
            """models= of mlm, clm and mt (default: all three), steps=, sentences=,
measured=, root=DIR (default: data), report=DIR (default: reports)""",
        ),
        "publish": Command(
            "push a lake to the hub, or say what a push would hold",
            (
                ("headcensus publish repo=OWNER/NAME root=out", "nothing leaves this machine"),
                ("headcensus publish repo=OWNER/NAME root=out push=true", "a private data set"),
            ),
            """repo=OWNER/NAME, root=DIR (default: data), push=true, private=false,
texts=true, report=DIR (of texts; default: that of `run`, below the root),
license=cc-by-sa-4.0""",
        ),
    },
    "the stages that `dvc repro` runs, one by one": {
        "compose": Command(
            "write one resolved config per cell of a grid",
            (("headcensus compose", "of conf/grid.yaml, into data/resolved/"),),
        ),
        "ingest": Command(
            "stream a corpus into shards of sentences",
            (("headcensus ingest corpus=conllu corpus.path=FILE root=out", ""),),
            resolved=True,
        ),
        "measure": Command(
            "run models over the sentences, into the lake",
            (
                ("headcensus measure --resolved data/resolved/minilm-trained-treebank.yaml", ""),
                ("headcensus measure model=minilm corpus=treebank root=out", ""),
            ),
            resolved=True,
        ),
        "aggregate": Command(
            "make the tables from the lake",
            (("headcensus aggregate --resolved data/resolved/census.yaml", ""),),
            resolved=True,
        ),
        "report": Command(
            "write the report from the tables",
            (("headcensus report --resolved data/resolved/census.yaml", "into reports/"),),
            resolved=True,
        ),
    },
}

COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}
