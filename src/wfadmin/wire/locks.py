"""The lock that keeps several processes of a host from writing to one file at once."""

import errno
import fcntl
import time
from datetime import timedelta

from anyio import from_thread

__all__ = ["lock_file"]

_BETWEEN_TRIES = 0.002


def lock_file(file: int, *, patience: timedelta, problem: str) -> None:
    """
    Lock a file that is open, waiting for whoever has it. Only in a worker thread.

    Closing the file frees it, and so does the end of the process, whatever ended it.

    Args:
        patience: How long to wait.
        problem: What to say when that was not enough.

    Raises:
        TimeoutError: It was not.
    """
    until = time.monotonic() + patience.total_seconds()
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, problem) from None
        else:
            return
        from_thread.check_cancelled()
        time.sleep(_BETWEEN_TRIES)
