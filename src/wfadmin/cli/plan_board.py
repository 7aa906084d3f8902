"""What a repair will do, and what it did, for people."""

from collections.abc import Callable, Iterator
from typing import Any

from wfadmin.cli.board import moment, notes_of
from wfadmin.cli.output import Paint
from wfadmin.domain.plan import Plan, Step
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    Effect,
    RecoverResult,
    RedeployResult,
    Result,
    StateAfter,
)
from wfadmin.domain.text import command_line, shown
from wfadmin.ports.audit import AuditListing, AuditRecord

__all__ = ["audit_board", "plan_board", "record_line", "result_board", "unread_lines"]

_LONG = 1000
_CELL = 80


def plan_board(
    plan: Plan,
    paint: Paint,
    *,
    address: str,
    saved: str | None = None,
) -> Iterator[str]:
    """
    The lines of a plan: every step in order, and every warning.

    Args:
        plan: What will be done.
        paint: Colours.
        address: Where the engine is.
        saved: The file that it was saved to.
    """
    yield paint(f"PLAN: {plan.verb.value} at {shown(address)}", "bold")
    for name, value in plan.arguments:
        yield f"  {shown(name)}: {shown(value, limit=_LONG)}"
    yield ""
    if plan.steps:
        yield paint("WILL BE SENT, in this order", "dim")
        yield from (f"  {n}. {_step(step)}" for n, step in enumerate(plan.steps, 1))
    else:
        yield "Nothing has to be sent."
    yield from notes_of(plan.warnings)
    yield ""
    yield f"Digest {plan.digest}, until {moment(plan.expires_at)}."
    if saved is not None:
        words = ("wfadmin", "apply", "--digest", plan.digest, "--", saved)
        yield f"Saved. To do it: {command_line(words)}"


def _step(step: Step) -> str:
    detail = f" ({shown(step.detail, limit=_LONG)})" if step.detail else ""
    return f"{step.action.value} {shown(step.target, limit=_LONG)}{detail}"


# --- what was done -------------------------------------------------------------------------------

_EFFECTS = {
    Effect.ACCEPTED: ("yellow", "ACCEPTED by the engine, and not confirmed"),
    Effect.CONFIRMED: ("green", "CONFIRMED by reading again"),
    Effect.NO_CHANGE: ("green", "NOTHING TO DO: it was so already"),
    Effect.UNKNOWN: ("red", "UNKNOWN: no answer came"),
}
_STATES = {
    StateAfter.CLEARED: "the stored data was cleared",
    StateAfter.WAS_EMPTY: "nothing was stored",
    StateAfter.NOT_EMPTY: "stored data remains",
    StateAfter.IN_USE: "a newer run of the key exists: what is stored is its own",
}


def result_board(result: Result, paint: Paint) -> Iterator[str]:
    """The lines of what a repair did."""
    style, told = _EFFECTS[result.effect]
    yield paint(told, style)
    read = next(read for kind, read in _RESULTS if isinstance(result, kind))
    yield from read(result)
    yield from notes_of(result.warnings)
    yield ""
    yield "Next: wfadmin doctor, to see whether it helped."


def _ids(name: str, ids: tuple[str, ...]) -> Iterator[str]:
    if ids:
        yield f"  {name}: {', '.join(map(shown, ids))}"


def _of_recover(result: RecoverResult) -> Iterator[str]:
    yield f"  {shown(result.key.service_name)} {shown(result.key.service_key)}"
    yield f"  runs found: {result.matched}"
    yield from _ids("killed", result.killed)
    yield from _ids("purged", result.purged)
    if result.state is not None:
        yield f"  state: {_STATES[result.state]}"
    if result.evidence is not None:
        yield f"  evidence: {shown(result.evidence, limit=_LONG)}"


def _of_cleanup(result: CleanupResult) -> Iterator[str]:
    yield from _ids("kept", result.kept)
    yield from _ids("removed", result.removed)
    for one in result.held:
        yield f"  held: {shown(one.deployment_id)}: {shown('; '.join(one.reasons), limit=_LONG)}"
    if result.orphaned_count:
        yield f"  orphaned: {result.orphaned_count} invocations without a deployment"
        yield from (f"    {shown(one)}" for one in result.orphaned)


def _of_redeploy(result: RedeployResult) -> Iterator[str]:
    yield f"  deployment: {shown(result.deployment_id)}"
    yield from (f"  serves {shown(s.name)}, revision {s.revision}" for s in result.services)


def _of_command(result: CommandResult) -> Iterator[str]:
    yield f"  {shown(result.invocation_id)}: {shown(result.status)}"


_RESULTS: tuple[tuple[type[Result], Callable[[Any], Iterator[str]]], ...] = (
    (RecoverResult, _of_recover),
    (CleanupResult, _of_cleanup),
    (RedeployResult, _of_redeploy),
    (CommandResult, _of_command),
)


# --- what is on record ---------------------------------------------------------------------------


def audit_board(listing: AuditListing, paint: Paint) -> Iterator[str]:
    """The lines of a part of an audit log, oldest first."""
    yield paint("AT                    OUTCOME       WHO, WHAT", "dim")
    yield from map(record_line, listing.records)
    yield from unread_lines(listing)


def unread_lines(listing: AuditListing) -> tuple[str, ...]:
    """What is to be said of lines that could not be read; nothing where all could."""
    number = listing.malformed
    return (f"Note: {number} lines could not be read.",) if number else ()


def record_line(one: AuditRecord) -> str:
    """One record in one line."""
    values = " ".join(f"{shown(n)}={shown(v, limit=_CELL)}" for n, v in one.arguments)
    reason = "" if one.reason is None else f"  because: {shown(one.reason, limit=_LONG)}"
    error = "" if one.error is None else f"  error: {shown(one.error, limit=_LONG)}"
    head = f"{moment(one.at)}  {shown(one.outcome or 'intent'):<12}  {shown(one.actor)}"
    return f"{head}  {shown(one.verb)} {values}  [{shown(one.id)}]{reason}{error}"
