"""What a worker of any engine does, wherever it is: load a subject once, turn shards into bytes."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from pipeline.core.errors import UserError, first_line
from pipeline.engines.work import ShardBytes, Task, Work, in_bytes
from pipeline.statistics.kernels import NoKernel, choose


def loaded(work: Work, load: Callable[[], Any], n_threads: int) -> Any:
    """The subject, its kernel made ready on this machine too. Raises UserError for what cannot be
    had here."""
    torch.set_num_threads(n_threads)
    kernel = getattr(work.asked, "kernel", None)
    try:
        subject = load()
        if kernel is not None:
            choose(kernel, str(subject.model.device))
    except NoKernel as error:
        raise UserError(f"{work.name}: measure.kernel={kernel} on a worker: {error}") from error
    except (RuntimeError, AssertionError) as error:  # torch, of a device that is not there
        raise UserError(
            f"{work.name}: a worker cannot load it ({first_line(error)}); give engine.gpus, or"
            " measure.device=cpu"
        ) from error
    return subject


def done(work: Work, subject: Any, task: Task, metadata: dict[str, str]) -> ShardBytes:
    (shard,) = work.shards(subject, iter([task]), lambda n: None)
    return in_bytes(shard, metadata)


def in_a_job(
    work: Work, load: Callable[[], Any], metadata: dict[str, str], tasks: Sequence[Task], n: int
) -> list[ShardBytes] | Exception:
    """All tasks of a job of its own, on `n` threads. What it says of its input is a result too: as
    an error it would come back as the text of a traceback, and be taken for the job's loss."""
    try:
        subject = loaded(work, load, n)
        return [done(work, subject, task, metadata) for task in tasks]
    except Exception as error:
        if type(error).__module__.startswith("submitit."):  # of a job that is stopped
            raise
        return error
