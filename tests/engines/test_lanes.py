"""Laws of batches side by side: nothing shows of it but the time."""

import gc
import threading
import time

import polars as pl
import pytest
import torch
from polars.testing import assert_frame_equal

from pipeline.controls.base import Trained
from pipeline.core.sentence import Sentence
from pipeline.engines.lanes import in_lanes
from pipeline.engines.shard import Asked, Subject, measure_shard
from pipeline.statistics.kernels import choose
from tests import tiny
from tests.models.against import Read

CPU = torch.device("cpu")


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_their_batches(three_threads):
    def late(n):
        time.sleep(0.02 * (3 - n % 4))
        return n

    assert list(in_lanes(late, range(9), CPU)) == list(range(9))


def test_each_has_one_thread_of_torch_and_as_many_run_as_there_were(three_threads):
    at_once = threading.Barrier(3, timeout=30)

    def together(_):
        at_once.wait()
        return torch.get_num_threads()

    assert list(in_lanes(together, range(6), CPU)) == [1] * 6


def test_a_collection_does_not_look_through_what_was_there_before(three_threads):
    n_objects = len(gc.get_objects())
    assert min(in_lanes(lambda _: gc.get_freeze_count(), range(6), CPU)) >= 0.9 * n_objects
    assert gc.get_freeze_count() == 0


def test_an_error_is_raised_once_those_at_work_are_done_and_no_more_begin(three_threads):
    begun, done = [], []

    def fails_first(n):
        begun.append(n)
        if n == 0:
            raise ValueError("of the first")
        time.sleep(0.05)
        done.append(n)

    with pytest.raises(ValueError, match="of the first"):
        list(in_lanes(fails_first, range(100), CPU))
    assert sorted(done) == sorted(begun)[1:]
    assert len(begun) <= 8


def test_leaving_early_ends_the_work(three_threads):
    begun = []
    results = in_lanes(begun.append, range(100), CPU)
    next(results)
    results.close()
    assert len(begun) <= 2 * 3


def test_no_more_are_begun_than_two_a_lane(three_threads):
    """Whoever takes them is slow."""
    begun = []
    for taken, _ in enumerate(in_lanes(begun.append, range(40), CPU), start=1):
        time.sleep(0.01)
        assert len(begun) <= taken + 2 * 3


def test_elsewhere_no_more_are_begun_than_three():
    """One at work, one made ready, one that is taken."""
    begun, ahead = [], []
    for taken, _ in enumerate(in_lanes(begun.append, range(40), torch.device("meta"))):
        time.sleep(0.01)
        ahead.append(len(begun) - taken)
    assert len(begun) == 40
    assert max(ahead) == 3


def test_elsewhere_one_batch_is_at_work_at_a_time(three_threads):
    """On a thread of its own, that keeps torch's threads."""

    def seen(_):
        return threading.get_ident(), torch.get_num_threads()

    threads = set(in_lanes(seen, range(5), torch.device("meta")))
    assert threads == {(thread, 3) for thread, _ in threads}
    assert len(threads) == 1
    assert threading.get_ident() not in {thread for thread, _ in threads}


@pytest.mark.parametrize("kernel", ["portable", "cpp"])
def test_a_shard_is_the_same_with_any_number_of_threads(tmp_path, kernel):
    """A product shared among threads may differ in its last bits; here none is."""
    choose(kernel, "cpu")
    read = Read.of(tiny.save(tmp_path, "bert"))
    subject = Subject(read.model, read.encoder, read.places, Trained(), 0)
    texts = [" ".join(tiny.TEXTS[k % 4].split()[: 1 + k % 11]) for k in range(40)]
    sentences = [Sentence(str(k), line, tuple(line.split())) for k, line in enumerate(texts)]
    shards = []
    before = torch.get_num_threads()
    try:
        for n_threads in (1, 2, 5):
            torch.set_num_threads(n_threads)
            shards.append(measure_shard(subject, sentences, 0, Asked(150, 3, kernel=kernel)))
    finally:
        torch.set_num_threads(before)
    assert len(shards[0].tables) > 2
    for other in shards[1:]:
        assert other.counts == shards[0].counts
        for name in shards[0].tables:
            pair = (pl.DataFrame(shard.tables[name]) for shard in (shards[0], other))
            assert_frame_equal(*pair, check_exact=True)
