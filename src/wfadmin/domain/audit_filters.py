"""Which records of an audit log are meant."""

from datetime import datetime
from typing import Protocol

import attrs

from wfadmin.domain.auditing import Recorded
from wfadmin.domain.errors import UsageError

__all__ = ["EVERY_RECORD", "INTENT", "AuditFilter", "outcome_word"]

#: What an intent, which has no outcome yet, is called where an outcome is told.
INTENT = "intent"
_KEY = "service_key"


class _Signed(Recorded, Protocol):
    """What a filter reads of a record."""

    @property
    def actor(self) -> str: ...


def _has_zone(one: object, field: "attrs.Attribute[datetime | None]", at: datetime | None) -> None:
    del one
    if at is not None and at.utcoffset() is None:
        raise UsageError(field.name, "it is a time without a zone")


@attrs.frozen(kw_only=True)
class AuditFilter:
    """
    What has to be so of a record; None: it does not matter. Texts are compared as a whole.

    Attributes:
        verb: What was to be done, such as `recover`.
        key: The service key.
        target: The value of any argument: a service, a key, a URL or an id.
        actor: Who did it.
        engine: The address of the engine, as it is on record.
        outcome: How it ended; `intent` for one that only says what was about to be sent.
        since: Not before this time.
        until: Before this time.

    Raises:
        UsageError: A time has no zone.
    """

    verb: str | None = None
    key: str | None = None
    target: str | None = None
    actor: str | None = None
    engine: str | None = None
    outcome: str | None = None
    since: datetime | None = attrs.field(default=None, validator=_has_zone)
    until: datetime | None = attrs.field(default=None, validator=_has_zone)

    def takes(self, record: _Signed) -> bool:
        """Whether all of it is so of `record`."""
        told = (
            (self.verb, record.verb),
            (self.actor, record.actor),
            (self.engine, record.engine),
            (self.outcome, outcome_word(record.outcome)),
        )
        return (
            all(wanted in (None, found) for wanted, found in told)
            and (self.key is None or (_KEY, self.key) in record.arguments)
            and (self.target is None or self.target in [value for _, value in record.arguments])
            and (self.since is None or self.since <= record.at)
            and (self.until is None or record.at < self.until)
        )


#: Leaves nothing out.
EVERY_RECORD = AuditFilter()


def outcome_word(outcome: str | None) -> str:
    """How an outcome is told: an intent has none, and yet is looked for."""
    return INTENT if outcome is None else outcome
