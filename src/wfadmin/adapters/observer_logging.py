"""What happens, as records of the standard library's logging."""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from typing_extensions import override

from wfadmin.ports.observer import Observer
from wfadmin.wire.facts import Fact, facts, text_of

__all__ = ["LEVELS", "LoggingObserver"]

#: The level of each event; `doctor.done` takes that of its verdict. Any other event is info.
LEVELS: Final[Mapping[str, int]] = {
    "authenticate.denied": logging.WARNING,
    "cleanup.waiting": logging.INFO,
    "doctor.done": logging.INFO,
    "doctor.done ok": logging.DEBUG,
    "doctor.done warning": logging.WARNING,
    "doctor.done error": logging.ERROR,
    "http.answered": logging.INFO,
    "http.authentication_failed": logging.WARNING,
    "http.failed": logging.ERROR,
    "http.warning": logging.WARNING,
    "repair.waiting": logging.WARNING,
    "serve.listening": logging.INFO,
    "serve.problem": logging.WARNING,
    "serve.stopped": logging.INFO,
    "serve.stopping": logging.INFO,
}
# No attribute of a record begins with it.
_PREFIX = "wfadmin_"


class LoggingObserver(Observer):
    """
    Tells the standard library's logging, and sets nothing up there.

    The message is one line, such as `doctor.done engine=restate verdict=ok`. The record carries
    the same as attributes: `wfadmin_event`, and each fact as `wfadmin_` and its name. Values are
    bounded, on one line, and without what looks like a secret. A logger or handler that raises is
    not noticed: the operation goes on.

    Args:
        logger: Where to; the logger `wfadmin`, unless given.
    """

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logging.getLogger("wfadmin") if logger is None else logger

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """See `Observer.event`."""
        with suppress(Exception):
            level = _level(name, fields)
            if self._logger.isEnabledFor(level):
                told, event = facts(fields), text_of(name)
                line = " ".join((event, *(f"{_word(key)}={_word(told[key])}" for key in told)))
                extra = {_PREFIX + key: value for key, value in told.items()}
                # No arguments: without any, logging leaves a "%" in the line alone.
                self._logger.log(
                    level, line, extra=extra | {f"{_PREFIX}event": event}, stacklevel=2
                )


def _level(name: str, fields: Mapping[str, object]) -> int:
    usual = LEVELS.get(name, logging.INFO)
    verdict = fields.get("verdict")
    return LEVELS.get(f"{name} {verdict}", usual) if isinstance(verdict, str) else usual


def _word(value: Fact) -> str:
    text = str(value)
    # In quotes, whatever could be taken for the next fact.
    is_plain = text and not any(character in text for character in " =\"'\\")
    return text if is_plain else json.dumps(text, ensure_ascii=False)
