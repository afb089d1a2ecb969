"""Errors that a user can mend.

Whatever is wrong with a key, a path, a corpus or a checkpoint ends as one line that says what,
where and how to mend it. Everything else is a bug and keeps its traceback.
"""


class UserError(Exception):
    """Bad input. The command line prints the message alone and exits with code 2."""


class MeasurementError(Exception):
    """A measurement that cannot be trusted: a shard fails rather than write a wrong number.

    The command line prints the message alone and exits with code 1.
    """


def first_line(error: BaseException) -> str:
    """What an exception of a library says, in one line; its type where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
