"""The notebook, run by a kernel: by a test over a small lake, by `make notebook` over `data`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
EXPLORE = ROOT / "reports/notebooks/explore.ipynb"


def executed(folder: Path) -> NotebookNode:
    """The notebook with its outputs, run with `folder` as working folder.

    Raises nbclient's CellExecutionError, with the cell and its traceback, where one fails.
    """
    book = nbformat.read(EXPLORE, as_version=4)
    with TemporaryDirectory() as sockets:
        # By files that are ours alone: at a port anybody could listen.
        kernel = {"transport": "ipc", "ip": f"{sockets}/kernel"}
        client = NotebookClient(
            book,
            startup_timeout=300,
            timeout=600,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
            config=Config({"KernelManager": kernel}),
        )
        return client.execute()


def stripped(book: NotebookNode) -> NotebookNode:
    """Without what differs between machines: versions, and what front ends note in passing."""
    book.metadata.pop("language_info", None)
    for cell in book.cells:
        cell.metadata = NotebookNode()
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = NotebookNode()
    return book


if __name__ == "__main__":
    nbformat.write(stripped(executed(ROOT)), EXPLORE)
