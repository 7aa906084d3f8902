"""
What is wrong with runs: one row of the table per code, and the first row that fits is taken.

A run that is pinned to a removed deployment is a zombie whatever else it is: no retry, resume or
wait helps it, so the other remedies would mislead.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import attrs

from wfadmin.domain import remedies
from wfadmin.domain.components import Component
from wfadmin.domain.finding import (
    MAX_SAMPLES,
    DoctorFacts,
    Finding,
    FindingCode,
    Severity,
    sample_of,
)
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationStatus,
    Service,
    ServiceKind,
    Survey,
)
from wfadmin.domain.remedies import Remedy
from wfadmin.domain.text import shown

__all__ = ["is_zombie", "of_runs"]


@attrs.frozen
class _Group:
    """Runs of one service with the same trouble."""

    facts: DoctorFacts
    service_name: str
    runs: tuple[Invocation, ...]

    @property
    def first(self) -> Invocation:
        return self.runs[0]

    @property
    def service(self) -> Service | None:
        services = self.facts.services or ()
        return next((one for one in services if one.name == self.service_name), None)

    @property
    def latest_url(self) -> str | None:
        """The URL of the deployment that serves the service now."""
        service = self.service
        if service is None:
            return None
        places = self.facts.deployments or ()
        return next((d.service_url for d in places if d.id == service.deployment_id), None)


def is_zombie(one: Invocation, facts: DoctorFacts) -> bool:
    """Whether it is pinned to a deployment that is no longer registered."""
    if facts.deployments is None or one.deployment_id is None or one.is_completed:
        return False
    return one.deployment_id not in {d.id for d in facts.deployments}


def _age(since: datetime | None, facts: DoctorFacts) -> timedelta:
    return timedelta(0) if since is None else facts.now - since


def _is_paused(one: Invocation, _: DoctorFacts) -> bool:
    return one.status is InvocationStatus.PAUSED


def _is_stalled(one: Invocation, _: DoctorFacts) -> bool:
    return one.status is InvocationStatus.STALLED


def _is_hopeless(one: Invocation, facts: DoctorFacts) -> bool:
    return one.is_backing_off and one.failed_attempts >= facts.thresholds.backing_off_attempts


def _is_backing_off(one: Invocation, _: DoctorFacts) -> bool:
    return one.is_backing_off


def _is_suspended_long(one: Invocation, facts: DoctorFacts) -> bool:
    waits = _age(one.modified_at, facts) > facts.thresholds.suspended_long
    return one.status is InvocationStatus.SUSPENDED and waits


def _is_quiet_long(one: Invocation, facts: DoctorFacts) -> bool:
    rests = _age(one.modified_at, facts) > facts.thresholds.quiet_long
    return one.status is InvocationStatus.RUNNING and rests


def _is_pending_long(one: Invocation, facts: DoctorFacts) -> bool:
    waits = _age(one.created_at, facts) > facts.thresholds.pending_long
    return one.status in (InvocationStatus.PENDING, InvocationStatus.READY) and waits


def _is_pending_undated(one: Invocation, _: DoctorFacts) -> bool:
    return one.status is InvocationStatus.PENDING and one.created_at is None


def _is_overdue(one: Invocation, facts: DoctorFacts) -> bool:
    late = _age(one.due_at, facts) > facts.thresholds.timer_overdue
    return one.status is InvocationStatus.SCHEDULED and late


def _pinned_elsewhere(group: _Group) -> bool:
    """Whether a deployment other than the one it is pinned to serves its service now."""
    service = group.service
    pinned = group.first.deployment_id
    return service is not None and pinned is not None and service.deployment_id != pinned


def _is_shared(group: _Group) -> bool:
    kind = group.first.handler_kind
    if kind is HandlerKind.UNKNOWN and group.service is not None:
        kind = group.service.handler_kind(group.first.handler_name)
    return kind is HandlerKind.SHARED


def _purge(group: _Group, stuck: str | None = None) -> Iterator[Remedy]:
    # Only workflow keys can be recovered: elsewhere a purge takes data that outlives the run.
    # And what a shared handler met says nothing about the run that a recovery would purge.
    key, kind = group.first.key, group.first.service_kind
    if key is not None and kind is ServiceKind.WORKFLOW and not _is_shared(group):
        yield remedies.recover(
            key,
            stuck=stuck,
            with_children=group.facts.takes_children,
            force=group.first.status in group.facts.unkillable,
        )


def _redeploy(group: _Group) -> Remedy:
    if group.latest_url is None:
        title = "Register a deployment that serves it: wfadmin redeploy URL"
        return remedies.advise(title, remedies.Mildness.REDEPLOY)
    return remedies.redeploy(group.latest_url)


def _without_key(group: _Group) -> tuple[Remedy, ...]:
    title = f"It has no key: use the engine's own tool on {group.first.id!r}"
    return (remedies.advise(title),)


def _heal_zombie(group: _Group) -> tuple[Remedy, ...]:
    if group.facts.services is None:
        return _look(group)  # nobody can say whether anything serves it now
    if group.service is None:
        return (_redeploy(group),)
    if group.first.key is None:
        return _without_key(group)
    return (remedies.resume_latest(group.first.key, group.first.id),)


def _heal_paused(group: _Group) -> tuple[Remedy, ...]:
    key = group.first.key
    if key is None:
        return _without_key(group)
    if group.first.id in group.facts.ruined:
        return tuple(_purge(group, "paused"))
    moves = (remedies.resume_latest(key, group.first.id),) if _pinned_elsewhere(group) else ()
    return (remedies.resume(key, group.first.id), *moves, *_purge(group, "paused"))


def _heal_backing_off(group: _Group) -> tuple[Remedy, ...]:
    key = group.first.key
    if key is None:
        return (_redeploy(group),)
    if _pinned_elsewhere(group):
        first = remedies.resume_latest(key, group.first.id)
    else:
        first = _redeploy(group)
    # The narrowest rule that still fits the run that the line is for.
    stuck = f"backing_off:attempts={max(group.first.failed_attempts, 1)}"
    return (first, *_purge(group, stuck))


def _look(group: _Group) -> tuple[Remedy, ...]:
    key = group.first.key
    return _without_key(group) if key is None else (remedies.inspect(key),)


def _look_or_force(group: _Group, stuck: str) -> tuple[Remedy, ...]:
    forces = group.first.status in group.facts.unkillable
    return (*_look(group), *(_purge(group, stuck) if forces else ()))


def _heal_stalled(group: _Group) -> tuple[Remedy, ...]:
    return _look_or_force(group, "stalled")


def _heal_pending(group: _Group) -> tuple[Remedy, ...]:
    return _look_or_force(group, "pending")


@attrs.frozen
class _Row:
    code: FindingCode
    severity: Severity
    fits: Callable[[Invocation, DoctorFacts], bool]
    message: str
    heal: Callable[[_Group], tuple[Remedy, ...]]


_TABLE = (
    _Row(
        FindingCode.ZOMBIE,
        Severity.ERROR,
        is_zombie,
        "pinned to a deployment that is no longer registered, so it can never go on by itself",
        _heal_zombie,
    ),
    _Row(
        FindingCode.PAUSED,
        Severity.ERROR,
        _is_paused,
        "paused: it gave up retrying, or somebody paused it, and holds its key until resumed",
        _heal_paused,
    ),
    _Row(
        FindingCode.STALLED,
        Severity.ERROR,
        _is_stalled,
        "stalled: the code that it started with is not there",
        _heal_stalled,
    ),
    _Row(
        FindingCode.BACKING_OFF,
        Severity.ERROR,
        _is_hopeless,
        "failing again and again",
        _heal_backing_off,
    ),
    _Row(
        FindingCode.BACKING_OFF,
        Severity.WARNING,
        _is_backing_off,
        "retrying after a failure",
        _heal_backing_off,
    ),
    _Row(
        FindingCode.SUSPENDED_LONG,
        Severity.WARNING,
        _is_suspended_long,
        "waiting for a long time without moving",
        _look,
    ),
    _Row(
        FindingCode.QUIET_LONG,
        # Long work and long waits look the same from outside.
        Severity.INFO,
        _is_quiet_long,
        "running, and its last event is old: it works or waits for long, or it hangs",
        _look,
    ),
    _Row(
        FindingCode.PENDING_LONG,
        Severity.WARNING,
        _is_pending_long,
        "waiting for a long time to start",
        _look,
    ),
    _Row(
        FindingCode.PENDING_UNDATED,
        Severity.INFO,
        _is_pending_undated,
        "not started, and the engine does not say since when it waits",
        _heal_pending,
    ),
    _Row(
        FindingCode.TIMER_OVERDUE,
        Severity.WARNING,
        _is_overdue,
        "scheduled for a time that is past",
        _look,
    ),
)


def of_runs(facts: DoctorFacts) -> Iterator[Finding]:
    """Findings about single runs, grouped by code, severity and service."""
    survey = facts.survey
    if survey is None:
        return
    groups: dict[tuple[int, str], list[Invocation]] = {}
    for one in survey.unfinished:
        row = next((i for i, row in enumerate(_TABLE) if row.fits(one, facts)), None)
        if row is not None:
            groups.setdefault((row, one.service_name), []).append(one)
    for (row, service_name), runs in groups.items():
        yield _finding(_TABLE[row], _Group(facts, service_name, tuple(runs)))
    yield from _of_failures(facts, survey)


def _finding(row: _Row, group: _Group) -> Finding:
    many = len(group.runs)
    return Finding(
        code=row.code,
        severity=row.severity,
        component=Component.INVOCATIONS,
        message=f"{_counted(many, 'run')} of {shown(group.service_name)}: {row.message}",
        service_name=group.service_name,
        count=many,
        samples=tuple(map(sample_of, group.runs[:MAX_SAMPLES])),
        remedies=row.heal(group),
    )


def _counted(many: int, noun: str) -> str:
    return f"1 {noun}" if many == 1 else f"{many} {noun}s"


def _of_failures(facts: DoctorFacts, survey: Survey) -> Iterator[Finding]:
    by_service: dict[str, list[Invocation]] = {}
    for one in survey.failures:
        by_service.setdefault(one.service_name, []).append(one)
    listed = len(survey.failures)
    more = survey.failed is None or survey.failed > listed
    for service_name, failures in by_service.items():
        group = _Group(facts, service_name, tuple(failures))
        name = shown(service_name)
        among = f" among the newest {listed}" if more else ""
        yield Finding(
            code=FindingCode.FAILED_RETAINED,
            severity=Severity.INFO,
            component=Component.INVOCATIONS,
            message=f"{_counted(len(failures), 'failure')} of {name} retained{among}",
            service_name=service_name,
            count=len(failures),
            samples=tuple(map(sample_of, failures[:MAX_SAMPLES])),
            remedies=_heal_failed(group),
        )


def _heal_failed(group: _Group) -> tuple[Remedy, ...]:
    key = group.first.key
    return () if key is None else (remedies.inspect(key), *_purge(group))
