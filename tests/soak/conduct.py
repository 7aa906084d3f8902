"""How an operation behaved: what it sent, in which order, what it says, and what is on record."""

from collections.abc import Iterator

import attrs

from tests.soak.diary import Did, Write
from tests.soak.watching import Operation, Records
from wfadmin.domain.answers import Answer
from wfadmin.domain.auditing import FINISHED, UNKNOWN
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.model import Invocation, InvocationOutcome
from wfadmin.domain.plan import Action
from wfadmin.ports.audit import AuditRecord

_TOLD = (Did.HEARD, Did.LOST)
_READS = ("doctor", "inspect")
_OF_DEPLOYMENTS = (Action.REMOVE, Action.REGISTER)


def misconduct(operation: Operation, records: Records) -> Iterator[str]:
    """What an operation did that none may do, whatever went wrong around it."""
    yield from _in_what_it_says(operation)
    for write in dict.fromkeys(operation.diary.writes):
        yield from _in_sending(operation, write)
        if operation.act.approved and not _is_approved(operation, write):
            yield "sends what was not approved"
    if operation.act.verb in _READS and operation.diary.writes:
        yield "sends a write, and only reads"
    own = records.of(operation)
    intents = [one for one in own if one.outcome is None]
    if len(intents) > 1:
        yield "stores two intents"
    ended = {one.id for one in own if one.outcome is not None}
    was_ill = operation.actor in records.refused
    if not was_ill and any(one.id not in ended for one in intents):
        yield "leaves an intent without an outcome"


def _in_what_it_says(operation: Operation) -> Iterator[str]:
    ending = operation.ending
    if not isinstance(ending, WfadminError):
        if isinstance(ending, BaseException):
            yield f"ends with {ending!r}"
        return
    if not all((ending.code, ending.message, ending.why, ending.fix, str(ending))):
        yield f"does not say what {type(ending).__name__} means"
    if ending.sent is Sent.NO and operation.left:
        yield "says that nothing was sent"


def _in_sending(operation: Operation, write: Write) -> Iterator[str]:
    diary = operation.diary
    if diary.writes.count(write) > 1:
        yield "sends the same write twice"
    intents, first = diary.places(Did.INTENDED), diary.pages.index((Did.SENT, write))
    if not intents or intents[0] > first:
        yield "sends without a stored intent"
    if write.action in _OF_DEPLOYMENTS:
        return
    saved = diary.places(Did.SAVED)
    if operation.act.verb == "recover" and not (saved and saved[0] < first):
        yield "destroys what was not saved before"
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    if write.action is Action.CLEAR_STATE:
        return
    if (write.target, write.incarnation) not in planned:
        yield "sends for a run that was not planned"
    is_recovery = operation.act.verb == "recover"
    if is_recovery and write.action is Action.RESUME and not _was_parked(operation, write):
        yield "resumes what it did not pause"
    did, look = diary.pages[first - 1]
    seen = [one for one in look if one.id == write.target] if did is Did.LOOKED else []
    if not any(_may_be_told(one, write) for one in seen):
        yield f"sends a {write.action.value} that its last look does not allow"


def _is_approved(operation: Operation, write: Write) -> bool:
    """Whether a write is a step of the plan that was applied; a recovery parks and lets go."""
    serves = (Action.PAUSE, Action.RESUME) if operation.act.verb == "recover" else ()
    steps = operation.act.approved[-1].steps
    if write.action is Action.CLEAR_STATE:
        return any(one.action is write.action for one in steps)
    same = ((one.action, one.target, one.incarnation) for one in steps)
    return write.action in serves or (write.action, write.target, write.incarnation) in same


def _was_parked(operation: Operation, resume: Write) -> bool:
    """Whether the operation paused the run before, and may have: the engine did not decline."""
    pause = attrs.evolve(resume, action=Action.PAUSE)
    if pause not in operation.left:
        return False
    place = operation.diary.place_of(pause)
    answer = next(what for did, what in operation.diary.pages[place + 1 :] if did in _TOLD)
    return answer in (Answer.ACCEPTED, None)


def _may_be_told(seen: Invocation, write: Write) -> bool:
    """Whether the run in the look right before a write is the one, and stands so."""
    if seen.ref.incarnation != write.incarnation:
        return False
    if write.action is Action.PURGE:
        return seen.is_completed and seen.outcome is not InvocationOutcome.SUCCEEDED
    if write.action is Action.FORCE_PURGE:
        return seen.outcome is not InvocationOutcome.SUCCEEDED
    return not seen.is_completed


def names(operation: Operation, invocation_id: str, records: Records) -> bool:
    """Whether an operation named a run that it left paused, to its caller or on record."""
    ending = operation.ending
    said = list(ending.also) if isinstance(ending, WfadminError) else []
    said += [one.error for one in records.of(operation) if one.error is not None]
    if ending is None and not operation.diary.places(Did.ENDED):
        return True  # cancelled, and the record was ill: there was nobody left to tell
    return any(invocation_id in line for line in said)


def word_for(ending: object) -> str:
    """Name how an operation ended."""
    if isinstance(ending, WfadminError):
        return ending.code
    if isinstance(ending, BaseException):
        return type(ending).__name__
    effect = getattr(ending, "effect", None)
    if effect is not None:
        return str(effect.value)
    return "cancelled" if ending is None else "read"


def open_writes(records: tuple[AuditRecord, ...]) -> Iterator[str]:
    """The writes of which nobody knows the end, found without the code that reports them."""
    for place, one in enumerate(records):
        if one.outcome is not None or any(end.id == one.id for end in records[:place]):
            continue
        ends = [end.outcome for end in records if end.id == one.id and end.outcome is not None]
        if ends and ends[-1] != UNKNOWN:
            continue
        if not any(_settles(end, one, records) for end in records[place + 1 :]):
            yield one.id


def _settles(end: AuditRecord, one: AuditRecord, records: tuple[AuditRecord, ...]) -> bool:
    """Whether a later operation on the same thing, begun after it, was seen to have its effect."""
    if end.outcome not in FINISHED or end.id == one.id or _subject(end) != _subject(one):
        return False
    begun = next((n for n, begins in enumerate(records) if begins.id == end.id), 0)
    return begun > next(n for n, begins in enumerate(records) if begins.id == one.id)


def _subject(record: AuditRecord) -> tuple[str | None, ...]:
    said = dict(record.arguments)
    return tuple(said.get(name) for name in ("service_name", "service_key", "service_url"))
