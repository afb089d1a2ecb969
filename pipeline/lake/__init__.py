"""The lake as LazyFrames: the answers, `open_table("relations")`; what they are made of,
`open_measured("pointers")` and `open_sentences("treebank")`; and any published folder."""

from pipeline.lake.read import open_measured, open_sentences, open_table, scan

__all__ = ["open_measured", "open_sentences", "open_table", "scan"]
