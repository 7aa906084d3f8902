"""
What every repair goes through: lease, plan, evidence, intent, steps, outcome, release.

A verb says how to plan and how to execute; this says in which order, and what is recorded, for
all of them.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, TypeVar

import attrs

from wfadmin.domain.auditing import UNKNOWN
from wfadmin.domain.errors import (
    AuditUnavailable,
    OutcomeUnknown,
    Refused,
    Sent,
    StalePlan,
    WfadminError,
)
from wfadmin.domain.plan import PLAN_LIFETIME, Item, Plan, Verb, is_suffix
from wfadmin.domain.results import Result
from wfadmin.operations.auditing import Attempt, note, record_of
from wfadmin.operations.host import Host
from wfadmin.operations.writing import Writing
from wfadmin.ports.audit import AuditRecord
from wfadmin.ports.engine import Engine

__all__ = ["Planned", "Repair", "carry_out", "engine_of", "plan_of"]

_R = TypeVar("_R", bound=Result)
_R_co = TypeVar("_R_co", bound=Result, covariant=True)

# The outcome of an attempt that was stopped before anything was sent.
_INTERRUPTED = "interrupted"
# How long the outcome may take to be stored, and a lease to be let go, although the caller was
# cancelled.
_TIDY_UP = timedelta(seconds=5)


@attrs.frozen
class Planned:
    """What a verb would do now: items with their steps, and what to know before doing it."""

    items: tuple[Item, ...]
    warnings: tuple[str, ...] = ()


class Repair(Protocol[_R_co]):
    """One verb with its arguments, on one engine. Used once."""

    __slots__ = ()

    @property
    @abstractmethod
    def verb(self) -> Verb:
        """Which verb it is."""

    @property
    @abstractmethod
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """Names and values from which the same repair can be made again; nothing secret."""

    @property
    @abstractmethod
    def scope(self) -> str:
        """What nobody else may work on at the same time, as a name for the lease."""

    @abstractmethod
    async def plan(self) -> Planned:
        """
        Read, and decide what to do. Reads only.

        Raises:
            Refused: It must not be done.
            NotFound: What it is for is not there.
            EngineError: It could not be read.
        """

    @abstractmethod
    async def save_evidence(self, writing: Writing) -> None:
        """
        Save what the steps will destroy.

        Raises:
            EvidenceUnavailable: It could not be saved: nothing is sent.
        """

    @abstractmethod
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> _R_co:
        """Send the steps of `items` and confirm them; without any step, only say so."""


async def plan_of(engine: Engine, host: Host, repair: Repair[Result]) -> Plan:
    """
    What `repair` would do now, frozen. Reads only.

    Raises:
        Refused: It must not be done.
        NotFound: What it is for is not there.
        EngineError: It could not be read.
    """
    verb = f"plan {repair.verb.value}"
    try:
        planned = await repair.plan()
    except WfadminError as error:
        await note(engine, host, Attempt(verb, error.code, repair.arguments, error.message))
        raise
    problem = await note(engine, host, Attempt(verb, "planned", repair.arguments))
    return Plan(
        verb=repair.verb,
        arguments=repair.arguments,
        items=planned.items,
        warnings=planned.warnings if problem is None else (*planned.warnings, problem),
        engine=engine_of(engine),
        expires_at=host.clock.now() + PLAN_LIFETIME,
    )


def engine_of(engine: Engine) -> str:
    """The engine that a plan is for: its adapter and where it is."""
    return f"{engine.name} {engine.address}"


async def carry_out(
    engine: Engine,
    host: Host,
    repair: Repair[_R],
    *,
    approved: Plan | None = None,
) -> _R:
    """
    Plan `repair` and execute it, under a lease and on record.

    Args:
        engine: Where.
        host: Who brings the lease, the records and the clock.
        repair: The verb with its arguments.
        approved: The plan that was approved; None executes what is planned here.

    Raises:
        LeaseHeld: Somebody else works on the same thing. Nothing was sent.
        StalePlan: What would be done now is not what was approved. Nothing was sent.
        AuditUnavailable: The intent could not be stored. Nothing was sent.
        EvidenceUnavailable: What will be destroyed could not be saved. Nothing was sent.
        OutcomeUnknown: Something was sent, and how it ended is not known.
        WfadminError: What the verb itself raises.
    """
    writing = Writing(engine, host, host.ids.fresh())
    lease = host.lease.hold(repair.scope)
    try:
        await lease.__aenter__()
    except WfadminError as error:
        await _note(writing, repair, error.code, error.message)
        raise
    try:
        result = await _under_lease(writing, repair, approved)
    finally:
        await _tidy(writing, lambda: lease.__aexit__(None, None, None), "The lease was not let go")
    # Last of all, because tidying up may add one.
    return attrs.evolve(result, warnings=tuple(writing.warnings))


async def _tidy(writing: Writing, call: Callable[[], Awaitable[object]], what: str) -> None:
    """Run what must run although the caller was cancelled; the result stands without it."""
    try:
        await writing.host.tasks.shielded(call, timeout=_TIDY_UP)
    except Exception as error:  # noqa: BLE001 - whatever a host's port raises, the result stands
        known = isinstance(error, WfadminError)
        problem = str(error) if known else type(error).__name__
        writing.warnings.append(f"{what}: {problem}")


async def _under_lease(writing: Writing, repair: Repair[_R], approved: Plan | None) -> _R:
    try:
        items = await _prepare(writing, repair, approved)
        if items is None:
            result = await repair.execute(writing, ())
            await _note(writing, repair, result.effect.value)
            return result
        await _store_intent(writing, repair)
    except WfadminError as error:
        await _note(writing, repair, error.code, error.message)
        raise
    return await _on_record(writing, repair, items)


async def _store_intent(writing: Writing, repair: Repair[_R]) -> None:
    try:
        await writing.host.audit.intent(_record(writing, repair, None))
    except AuditUnavailable:
        raise
    except BaseException as error:
        # It may stand: what it announces was not begun.
        await _store(writing, repair, _INTERRUPTED, type(error).__name__)
        raise


async def _prepare(
    writing: Writing,
    repair: Repair[_R],
    approved: Plan | None,
) -> tuple[Item, ...] | None:
    """The items to execute, after their evidence is saved; None where there is nothing to do."""
    planned = await repair.plan()
    writing.warnings.extend(planned.warnings)
    if approved is not None:
        _check(approved, planned, writing)
    if not any(item.steps for item in planned.items):
        return None
    await repair.save_evidence(writing)
    return planned.items


def _check(approved: Plan, planned: Planned, writing: Writing) -> None:
    if writing.host.clock.now() >= approved.expires_at:
        raise StalePlan("it has expired")
    if approved.engine != engine_of(writing.engine):
        raise StalePlan(f"it is for the engine {approved.engine}")
    steps = {item.target: item.steps for item in approved.items}
    for item in planned.items:
        if not is_suffix(item.steps, steps.get(item.target, ())):
            raise StalePlan(f"what would be done now to {item.target} is not what it says")


async def _on_record(writing: Writing, repair: Repair[_R], items: tuple[Item, ...]) -> _R:
    try:
        result = await repair.execute(writing, items)
    except WfadminError as error:
        if error.sent is Sent.NO:
            error.sent = writing.sent
        error.also = (*error.also, *writing.paused.values())
        words = " ".join((error.message, *error.also))
        await _store(writing, repair, _outcome_of(error), words)
        raise
    except BaseException as error:
        # A cancellation, or an adapter's mistake: what was sent may or may not have happened.
        outcome = _INTERRUPTED if writing.sent is Sent.NO else UNKNOWN
        words = " ".join((type(error).__name__, *writing.paused.values()))
        await _store(writing, repair, outcome, words)
        raise
    await _store(writing, repair, result.effect.value, None)
    return result


def _outcome_of(error: WfadminError) -> str:
    """The word for the record; `unknown` wherever the exit code says so too."""
    declined = error.sent is Sent.NO or isinstance(error, Refused)
    return error.code if declined and not isinstance(error, OutcomeUnknown) else UNKNOWN


def _record(
    writing: Writing,
    repair: Repair[_R],
    outcome: str | None,
    error: str | None = None,
) -> AuditRecord:
    attempt = Attempt(repair.verb.value, outcome, repair.arguments, error)
    return record_of(writing.engine, writing.host, writing.operation_id, attempt)


async def _note(
    writing: Writing,
    repair: Repair[_R],
    outcome: str,
    error: str | None = None,
) -> None:
    attempt = Attempt(repair.verb.value, outcome, repair.arguments, error)
    problem = await note(writing.engine, writing.host, attempt)
    if problem is not None:
        writing.warnings.append(problem)


async def _store(writing: Writing, repair: Repair[_R], outcome: str, error: str | None) -> None:
    """Store the outcome, although the caller was cancelled; what happened stands without it."""
    record = _record(writing, repair, outcome, error)
    audit = writing.host.audit
    await _tidy(writing, lambda: audit.outcome(record), "The outcome was not recorded")
