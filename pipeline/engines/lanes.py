"""Batches side by side on a CPU: each runs on one thread, as many at once as torch has threads.

Small operations then cost one core and not all of them, and Python's share of one batch passes
while another multiplies. And a batch's numbers do not hang on how many cores there are: how many
threads share a product may change its last bits.
"""

import gc
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

    On a device beside the CPU batches are begun one after the other, on a thread of its own too:
    while one is at work there, the next is made ready, and whoever takes a result has time for it.
    No more than `AHEAD` batches a lane, and on a device one more, are begun or done and not taken,
    so that memory does not grow with their number. What `work` raises is raised here, once the
    batches at work are done.
    """
    waiting: deque[Future[Result]] = deque()
    with _lanes(device) as n_lanes, _older_set_aside(), ThreadPoolExecutor(n_lanes) as pool:
        n_ahead = AHEAD * n_lanes + (device.type != "cpu")
        try:
            for batch in batches:
                if len(waiting) >= n_ahead:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(work, batch))
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


AHEAD = 2
"""One at work and one to go on with."""


@contextmanager
def _lanes(device: torch.device) -> Iterator[int]:
    """How many. On a CPU, threads that start inside have one thread of torch's each."""
    if device.type != "cpu":
        yield 1
        return
    with on_one_thread() as n_threads:
        yield n_threads


@contextmanager
def on_one_thread() -> Iterator[int]:
    """What is computed inside does not hang on how many threads torch has: that many."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield n_threads
    finally:
        torch.set_num_threads(n_threads)


@contextmanager
def _older_set_aside() -> Iterator[None]:
    """What was there before, Python's garbage collector does not look through: with torch and
    transformers half a million objects, a quarter of a second in which no lane goes on. By itself
    it would every few shards, for each sentence's pieces are new objects.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
