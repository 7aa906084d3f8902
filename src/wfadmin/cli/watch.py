"""Whether a write may have left this process, for whoever has to say it after a Ctrl-C."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

__all__ = ["Watch", "watched", "watching"]


@attrs.define
class Watch:
    """
    What one command line has done so far.

    Attributes:
        verb: The write that is on record as about to be sent; None while there is none.
        target: What it is for.
    """

    verb: str | None = None
    target: str = ""


_CURRENT: ContextVar[Watch | None] = ContextVar("wfadmin_watch", default=None)


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch what is done inside."""
    watch = Watch()
    token = _CURRENT.set(watch)
    try:
        yield watch
    finally:
        _CURRENT.reset(token)


def watching() -> Watch:
    """The watch that is kept now; one that nobody reads, where there is none."""
    return _CURRENT.get() or Watch()
