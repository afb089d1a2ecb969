"""What the method section adds for models with several sites, and for alignments."""

from pipeline.report.blocks import Block, Bullets, Heading, Inline, Strong, say
from pipeline.report.settings import ReportSettings
from pipeline.report.text import setting


def site_terms() -> tuple[tuple[Inline, ...], ...]:
    return (
        (
            Strong("Site"),
            ": where a head attends. encoder and decoder: within one sequence. cross: from the "
            "decoder's pieces, the target, to the encoder's, the source; own piece, neighbours and "
            "offsets mean nothing there and are left out. Relations are scored at the encoder on "
            "the source's tree and at the decoder on the target's.",
        ),
        (
            Strong("Source and target"),
            ": a sentence and its translation; without translations both sides of an "
            "encoder-decoder read the same text. The decoder's input is the model's start piece "
            "followed by the target without its last piece.",
        ),
    )


def alignment_method(settings: ReportSettings) -> list[Block]:
    margin, low = setting(settings.margin), 100 - settings.null_percentile
    bullets: tuple[tuple[Inline, ...], ...] = (
        (
            Strong("A"),
            ": a head's links, each target word with the source word that it attends to most. ",
            Strong("awi"),
            ": from the position that reads the word, alignment with the decoder's input. ",
            Strong("awo"),
            ": from the position that has to say it, alignment with the decoder's output "
            "(Kobayashi et al. 2020).",
        ),
        (
            Strong("S"),
            ": the sure links of the corpus. ",
            Strong("P"),
            ": its possible links, the sure ones among them. ",
            Strong("Precision"),
            ": |A ∩ P| / |A|. ",
            Strong("Recall"),
            ": |A ∩ S| / |S|.",
        ),
        (
            Strong("AER"),
            ", the alignment error rate: 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|), over all sentences "
            "taken together (Och & Ney 2003); 0 % where A holds every sure link and no link "
            "outside P.",
        ),
        (
            Strong("Position"),
            ": one fixed offset (source − target, in words) or the diagonal (the source word at "
            "the same relative place), whichever has the smallest AER on the fitting half; its AER "
            "is stated on the confirming half.",
        ),
        (
            Strong("Aligns"),
            f": by one convention, AER at least {margin} points below position's (margin); |A ∩ P| "
            f"larger than position's, q < {settings.alpha:g}, by the same test and correction over "
            "all alignment tests of the cell (significant); AER below percentile "
            f"{low:g} of the heads of each null control, all its seeds together (beats nulls). "
            f"Each needs {settings.min_arcs} sure links.",
        ),
    )
    return [
        Heading(3, "Alignments"),
        Bullets(bullets),
        say("Words to which the tokenizer gives no piece are left out, and so are their links."),
    ]
