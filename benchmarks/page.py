"""`reports/benchmark.md`, and its figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.contestants import CENSUS, EVERY, LENS, NUMPY, PLAIN
from benchmarks.timing import Times
from benchmarks.workloads import N_SHARDS
from pipeline.lake.files import write_text
from pipeline.report.blocks import Block, Code, Figure, Heading, Strong, Table, say
from pipeline.report.figures.canvas import WIDTH, house_style, place, sheet, to_svg
from pipeline.report.figures.palette import BASELINE, marks
from pipeline.report.markdown import to_markdown
from pipeline.report.text import DASH, number

FIGURE = "benchmark"


@dataclass(frozen=True)
class Result:
    """One workload: its sentences, their mean length in words, and the times by contestant."""

    name: str
    n_sentences: int
    words: float
    times: dict[str, Times]

    def over_plain(self, contestant: str) -> tuple[float, float, float]:
        return self.times[contestant].over(self.times[PLAIN])


@dataclass(frozen=True)
class Growth:
    """Of one contestant: sentences in a batch, and bytes over the model at the peak."""

    name: str
    batches: Sequence[int]
    peaks: Sequence[int]

    @property
    def slope(self) -> float:
        """Bytes a sentence."""
        return (self.peaks[-1] - self.peaks[0]) / (self.batches[-1] - self.batches[0])


def write(
    results: Sequence[Result],
    growths: Sequence[Growth],
    startup: float,
    rounds: int,
    machine: str,
    folder: Path,
) -> None:
    """`startup` in seconds."""
    blocks: list[Block] = [
        Heading(1, "What the statistics cost"),
        say(Strong(_answer(results))),
        say(
            f"Machine: {machine}. Each contestant runs the same sentences in the same"
            f" length-bucketed batches of {N_SHARDS} shards, in an order drawn anew for each of"
            f" {rounds} rounds, after one that is not counted; ratios are of each round, stated as"
            " the median and the least and the most. The census tokenizes, measures every group,"
            " with words, trees and value norms, and writes Parquet: by the kernel that it takes"
            " of itself, by the portable one, which runs on any device, and by the first with"
            " linear layers by oneDNN (",
            Code("measure.linears"),
            "), in float32 and where the processor can in bfloat16. Its pass ends at the last"
            " attention call, since what follows changes no pattern, and nothing is computed of"
            " padding; the others run the whole model over padded batches. Heads are compared with"
            f" one another on one of {EVERY} sentences, as they are by default; where a workload"
            " has fewer, on none."
            " The others are given their pieces and write nothing. Numpy's statistics are Clark et"
            " al.'s (2019), words head by head, as scripts for them are written.",
        ),
    ]
    blocks += [_table(result) for result in results]
    blocks.append(_figure(results))
    blocks += [
        Heading(2, "Start-up and memory"),
        say(
            f"From the start of a process to the end of the first batch of MiniLM: {startup:.1f} s"
            " with the files in the file cache and the native kernel compiled. That is not in the"
            " ratios above."
        ),
    ]
    if growths:
        blocks += [_memory(growths), say(_SIDE_BY_SIDE)]
    blocks += _owed(results)
    text = to_markdown(blocks, FIGURE)
    for block in blocks:
        if isinstance(block, Figure):
            write_text(folder / FIGURE / f"{block.name}.svg", block.svg)
    write_text(folder / "benchmark.md", text)


_SIDE_BY_SIDE = (
    "Each in a process of its own, one batch, over what the process held with its models loaded. On"
    " a CPU the census has as many batches at work at once as there are threads, one thread each:"
    " the last row has that many of the same size."
)


def _memory(growths: Sequence[Growth]) -> Table:
    (plain,) = (growth for growth in growths if growth.name == PLAIN)
    rows = []
    for growth in growths:
        peaks = [number(peak / 2**20) for peak in growth.peaks]
        rows.append(
            (
                growth.name,
                *peaks,
                number(growth.slope / 2**20),
                number(growth.slope / plain.slope, 2),
            )
        )
    sizes = [f"{n} sentences, MiB" for n in plain.batches]
    header = ("", *sizes, "MiB a sentence", "× nothing measured")
    return Table("BERT-base shape, 512: memory at the peak", header, tuple(rows))


def _owed(results: Sequence[Result]) -> list[Block]:
    owed = []
    if not torch.cuda.is_available():
        owed.append(
            "No GPU was at hand: timings on one are owed, of the portable kernel and of Triton's."
        )
    if LENS not in results[0].times:
        owed.append("TransformerLens was not installed (the extra `transformerlens`).")
    return [Heading(2, "Owed"), say(" ".join(owed))] if owed else []


def _answer(results: Sequence[Result]) -> str:
    said = []
    for result in results:
        ratio = result.over_plain(CENSUS)[0]
        faster = result.times[NUMPY].over(result.times[CENSUS])[0]
        said.append(
            f"{result.name}: {ratio:.2f} × a forward pass that measures nothing, {faster:.1f} times"
            " as fast as patterns and numpy"
        )
    return "; ".join(said) + "."


def _table(result: Result) -> Table:
    rows = []
    for name, times in result.times.items():
        middle, least, most = result.over_plain(name)
        rows.append(
            (
                name,
                number(times.median, 2),
                number(middle, 2),
                DASH if name == PLAIN else f"{least:.2f}{DASH}{most:.2f}",
            )
        )
    header = ("", "seconds", "× nothing measured", "least–most")
    caption = f"{result.name}: {result.n_sentences} sentences of {result.words:.0f} words"
    return Table(caption, header, tuple(rows))


def _figure(results: Sequence[Result]) -> Figure:
    names = [name for name in results[0].times if name != PLAIN]
    looks = marks(names)
    rows = [(result, name) for result in results for name in names]
    largest = max(result.over_plain(name)[2] for result, name in rows)
    alt = "Time over a forward pass that measures nothing. " + "; ".join(
        f"{result.name}, {name}: {result.over_plain(name)[0]:.2f}" for result, name in rows
    )
    # Below each workload's name its contestants; half a row's room before the next.
    row, left, step = 0.24, 2.7, len(names) + 1.5
    height = row * (step * len(results) - 0.5)
    places = {
        (result.name, name): step * k + 1 + j
        for k, result in enumerate(results)
        for j, name in enumerate(names)
    }
    with house_style():
        figure = sheet(height + 0.75)
        axes = place(figure, left, 0.1, WIDTH - left - 0.2, height)
        axes.axvline(1, color=BASELINE, linewidth=1.2, zorder=1)
        for result, name in rows:
            middle, least, most = result.over_plain(name)
            look, y = looks[name], places[result.name, name]
            axes.plot([least, most], [y, y], color=look.colour, linewidth=1.6)
            axes.plot(middle, y, color=look.colour, marker=look.marker, linestyle="none")
        axes.set_xlim(0, 1.05 * largest)
        axes.set_ylim(step * len(results) - 1, -0.5)
        axes.set_yticks(list(places.values()))
        axes.set_yticklabels([name for _, name in places], fontsize=7)
        headings = axes.secondary_yaxis("left")
        headings.set_yticks([step * k for k in range(len(results))])
        headings.set_yticklabels([r.name for r in results], fontsize=7, fontweight="bold")
        headings.tick_params(length=0)
        axes.set_xlabel("time over a forward pass that measures nothing")
        svg = to_svg(figure, FIGURE, "What the statistics cost", alt, {})
    caption = "Median of the rounds' ratios, and their least and most. The line is no cost at all."
    return Figure(FIGURE, caption, alt, svg)
