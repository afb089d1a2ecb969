"""The lake: `open_table("relations")` and `scan(folder)` give LazyFrames."""

from pipeline.lake.read import open_table, scan

__all__ = ["open_table", "scan"]
