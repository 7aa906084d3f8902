"""What happens, as lines of JSON: the log of a process that serves."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from typing_extensions import override

from wfadmin.ports.observer import Observer
from wfadmin.wire.facts import facts, text_of

__all__ = ["JsonLinesObserver", "LineStream"]

# What a line says by itself; a fact of one of these names is told with a line below it.
_OWN = ("at", "event")


class LineStream(Protocol):
    """What lines are written to, such as `sys.stderr`."""

    def write(self, text: str, /) -> object:
        """Take one line, with its end."""

    def flush(self) -> object:
        """Hand on what was taken."""


class JsonLinesObserver(Observer):
    """
    Writes each event as one line, such as `{"at": "2026-05-09T10:00:00.000Z", "event": ...}`.

    The facts of the event follow, bounded, and without what looks like a secret. A line is ASCII,
    and written whole: lines of several threads do not mix. A stream that is closed, or that nobody
    reads any more, is not noticed: the operation goes on.

    Args:
        stream: Where to. It is flushed after each line, and stays open.
        now: The time of day; this machine's, unless given.
    """

    __slots__ = ("_now", "_stream", "_turn")

    def __init__(self, stream: LineStream, *, now: Callable[[], datetime] | None = None) -> None:
        self._stream = stream
        self._now = now or _now
        self._turn = threading.Lock()

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """See `Observer.event`."""
        with suppress(Exception):
            line = self._line(name, fields)
            with self._turn:
                self._stream.write(line)
                self._stream.flush()

    def _line(self, name: str, fields: Mapping[str, object]) -> str:
        at = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        told: dict[str, object] = {"at": at.replace("+00:00", "Z"), "event": text_of(name)}
        for key, value in facts(fields).items():
            told[f"{key}_" if key in _OWN else key] = _finite(value)
        return json.dumps(told, allow_nan=False) + "\n"


def _now() -> datetime:
    return datetime.now(UTC)


def _finite(value: object) -> object:
    # JSON has no word for the other numbers.
    is_odd = isinstance(value, float) and value - value != 0
    return str(value) if is_odd else value
