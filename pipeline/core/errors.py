"""Errors that a user can mend.

Whatever is wrong with a key, a path, a corpus or a checkpoint ends as one line that says what,
where and how to mend it. Everything else is a bug and keeps its traceback.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Bad input. The command line prints the message alone and exits with code 2."""


class MeasurementError(Exception):
    """A measurement that cannot be trusted: a shard fails rather than write a wrong number.

    The command line prints the message alone and exits with code 1.
    """


def first_line(error: BaseException) -> str:
    """What an exception of a library says, in one line; its type where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a machine or a device was full. Of a CPU torch raises what it raises of all else."""
    named = type(error).__name__ == "OutOfMemoryError"
    return named or isinstance(error, MemoryError) or "can't allocate memory" in str(error)


@contextmanager
def room_or(line: str) -> Iterator[None]:
    """Raises UserError with `line` where a machine or a device is full."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(line) from error
