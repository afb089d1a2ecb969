"""Batches side by side on a CPU: each runs on one thread, as many at once as torch has threads.

Small operations then cost one core and not all of them, and Python's share of one batch passes
while another multiplies. And a batch's numbers do not hang on how many cores there are: how many
threads share a product may change its last bits.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def in_lanes(
    work: Callable[[Batch], Result], batches: Iterable[Batch], device: torch.device
) -> Iterator[Result]:
    """What `work` makes of each batch, in their order.

    On a device beside the CPU one batch is at work at a time. No more results wait than there are
    lanes, so that memory does not grow with the number of batches. What `work` raises is raised
    here, once the batches at work are done.
    """
    if device.type != "cpu":
        yield from map(work, batches)
        return
    waiting: deque[Future[Result]] = deque()
    with _one_thread_each() as n_lanes, ThreadPoolExecutor(n_lanes) as pool:
        try:
            for batch in batches:
                if len(waiting) > n_lanes:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(work, batch))
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _one_thread_each() -> Iterator[int]:
    """Threads that start inside have one thread of torch's each; says how many it had."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield n_threads
    finally:
        torch.set_num_threads(n_threads)
