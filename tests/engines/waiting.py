"""Wait for what another process does: ask again until it is so, never longer than a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")

PAUSE_SECONDS = 0.02
DEADLINE_SECONDS = 20.0


def wait_until(
    look: Callable[[], Seen],
    done: Callable[[Seen], bool] = bool,
    *,
    what: str,
    deadline: float = DEADLINE_SECONDS,
    explain: Callable[[], str] = str,
) -> Seen:
    """Look until what is seen is as wanted; else fail with the last that was seen."""
    ends_at = time.monotonic() + deadline
    while True:
        seen = look()
        if done(seen):
            return seen
        if time.monotonic() > ends_at:
            message = f"{what}: not within {deadline:g} s, last seen {seen!r}\n{explain()}"
            raise TimeoutError(message)
        time.sleep(PAUSE_SECONDS)
