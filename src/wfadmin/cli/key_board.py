"""What `inspect` found, for people: one key, its runs, and what a recovery would do."""

import base64
from collections.abc import Iterator

import attrs

from wfadmin.cli.board import Page, moment, notes_of, of_finding
from wfadmin.domain.finding import Finding
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.model import HandlerKind, Invocation, KeyedState, StateEntry
from wfadmin.domain.recovery import Allowed, Blocked, BlockReason, KeyReading
from wfadmin.domain.text import first_line, shown

__all__ = ["REASONS", "key_board"]

_VALUE = 200
_NEXT = "do one thing, the mildest that helps, then inspect the key again"

#: Why a recovery refuses, and what that means for whoever asks.
REASONS = {
    BlockReason.NOT_A_WORKFLOW: "it is not a workflow: data that outlives the run would be lost",
    BlockReason.QUERY_FAILED: "not all of the key could be read, so nothing is known to be safe",
    BlockReason.UNKNOWN: "something stands in a way that is not known, so it may be alive",
    BlockReason.SUCCEEDED: "it succeeded: running it again would repeat what it did",
    BlockReason.ACTIVE: "it is not finished: that would stop work that may still go on",
    BlockReason.HAS_CHILDREN: "it has children, or may have some: they would go along with it",
    BlockReason.EFFECT_HAPPENED: "the effect of this key has already happened",
    BlockReason.EFFECT_UNKNOWN: "nobody can say whether the effect of this key has happened",
    BlockReason.NOT_RETAINED: "the engine keeps nothing of a killed run: its state would remain",
    BlockReason.NOT_KILLABLE: "a kill would not end it: only a forced purge removes it",
    BlockReason.PURGE_FAILED: "the engine did not purge it",
}


def key_board(found: Inspection, page: Page, *, show_state: bool) -> Iterator[str]:
    """The lines of an inspection."""
    key, paint = found.key, page.paint
    name = f"{shown(key.service_name)} {shown(key.service_key)}"
    yield paint(f"{name}, {shown(found.engine)} at {shown(page.address)}", "bold")
    yield _service(found)
    yield ""
    yield paint("RUNS, newest first", "dim")
    yield from _runs(found)
    yield ""
    yield paint("CHILDREN that would go along", "dim")
    yield from _children(found)
    yield ""
    yield paint("STATE", "dim")
    yield from _state(found.state, show_state=show_state)
    yield ""
    yield paint("A RECOVERY WOULD", "dim")
    yield from _recover(found)
    findings = [_without_look(one) for one in found.findings]
    for finding in findings:
        yield ""
        yield from of_finding(finding, page)
    yield from notes_of(found.warnings)
    yield ""
    yield f"Next: {_NEXT if findings else 'nothing is wrong with this key'}."


def _without_look(finding: Finding) -> Finding:
    # Whoever reads this has looked.
    left = tuple(one for one in finding.remedies if one.verb != ("inspect",))
    return attrs.evolve(finding, remedies=left)


def _service(found: Inspection) -> str:
    service = found.service
    if service is None:
        # Where an engine lists no such names, its runs say what they are.
        sure = (one for one in found.runs if one.handler_kind is not HandlerKind.UNKNOWN)
        known = {one.service_kind for one in sure}
        if len(known) == 1:
            return f"  {known.pop().value.replace('_', ' ')}"
        return "  The engine does not list this service now."
    kind = service.kind.value.replace("_", " ")
    revision = f", revision {service.revision}" if service.revision else ""
    place = f", served by {shown(service.deployment_id)}" if service.deployment_id else ""
    return f"  {kind}{revision}{place}"


def _runs(found: Inspection) -> Iterator[str]:
    if not found.runs:
        yield "  none: the engine keeps nothing of this key"
    reading = KeyReading(found.key, found.service, found.runs)
    for one in found.runs:
        yield f"  {shown(one.id)}  {shown(one.handler_name or '-')} ({_kind(one, reading)})"
        yield f"      {_status(one)}"
        yield f"      {', '.join(_facts(one))}"
        if one.failure is not None:
            yield f"      {first_line(one.failure)}"


def _kind(one: Invocation, reading: KeyReading) -> str:
    return f"{reading.handler_kind(one).value} handler"


def _status(one: Invocation) -> str:
    ended = "" if one.outcome is None else f", {one.outcome.value}"
    own = shown(one.engine_status)
    said = "" if own == one.status.value else f" (the engine says {own})"
    return f"{one.status.value}{ended}{said}"


def _facts(one: Invocation) -> Iterator[str]:
    yield f"created {moment(one.created_at)}"
    for word, at in (
        ("due", one.due_at),
        ("last moved", None if one.is_completed else one.modified_at),
        ("last failed", None if one.is_completed else one.failure_at),
        ("tries again", one.next_retry_at),
        ("ended", one.completed_at),
    ):
        if at is not None:
            yield f"{word} {moment(at)}"
    if one.failed_attempts:
        yield f"failed attempts {one.failed_attempts}"
    if one.deployment_id is not None:
        yield f"pinned to {shown(one.deployment_id)}"


def _children(found: Inspection) -> Iterator[str]:
    if found.children is None:
        yield "  not known"
        return
    if not found.children:
        yield "  none"
    for one in found.children:
        key = "" if one.key is None else f" {shown(one.key.service_key)}"
        yield f"  {shown(one.id)}  {shown(one.service_name)}{key}  {_status(one)}"


def _state(state: KeyedState | None, *, show_state: bool) -> Iterator[str]:
    if state is None:
        yield "  not known"
        return
    if not state.entries:
        yield "  none"
    for one in state.entries:
        value = _value(one) if show_state and one.value is not None else ""
        yield f"  {shown(one.name)}  {one.size} bytes{value}"
    if state.entries and not show_state:
        yield "  (--show-state shows the values)"


def _value(one: StateEntry) -> str:
    raw = one.value or b""
    try:
        return f"  {shown(raw.decode(), limit=_VALUE)}"
    except UnicodeDecodeError:
        told = base64.b64encode(raw).decode("ascii")
        return f"  base64 {shown(told, limit=_VALUE)}"


def _recover(found: Inspection) -> Iterator[str]:
    verdict = found.recover
    if isinstance(verdict, Allowed):
        yield f"  {_steps(verdict, found)}"
        return
    yield f"  refuse: {_because(verdict, 0)}"
    for index in range(1, len(verdict.blockers)):
        yield f"  and also: {_because(verdict, index)}"


def _steps(verdict: Allowed, found: Inspection) -> str:
    kill = [f"kill {shown(one)}" for one in verdict.to_kill]
    purge = [f"purge {shown(one)}" for one in verdict.to_purge]
    force = [f"purge {shown(one)} by force" for one in verdict.to_force_purge]
    if kill or purge or force:
        why = "it is stuck by the policy" if kill or force else "it ended without success"
        return f"{', then '.join(kill + force + purge)}: {why}"
    if found.state is not None and found.state.entries:
        return "clear the state: it is left over, and no run is there"
    return "do nothing: the key can be submitted as it is"


def _because(verdict: Blocked, index: int) -> str:
    blocker = verdict.blockers[index]
    ids = ", ".join(map(shown, blocker.invocation_ids))
    return f"{blocker.reason.value}{f' ({ids})' if ids else ''}, because {REASONS[blocker.reason]}"
