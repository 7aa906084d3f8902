"""One key, looked at: what is there, what is wrong, and what a recovery would do. Reads only."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from wfadmin.domain.capabilities import CommandName, EngineFacts, Reach
from wfadmin.domain.errors import NotSupported, ServiceNotFound, WfadminError
from wfadmin.domain.finding import DoctorFacts, Finding
from wfadmin.domain.findings import findings_of_key
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    Service,
    Survey,
)
from wfadmin.domain.recovery import KeyReading, PriorEffect, Snapshot, evaluate
from wfadmin.domain.text import shown
from wfadmin.operations.able import lacks
from wfadmin.operations.asking import Asked, ask_all
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.host import Host
from wfadmin.operations.inside import ruined
from wfadmin.operations.keys import takes_children
from wfadmin.ports.engine import Engine

__all__ = ["inspect"]

# Each is a question of its own, and may be a scan.
_PARENTS_ASKED = 8
_NOT_STARTED = (InvocationStatus.SCHEDULED, InvocationStatus.PENDING)


@attrs.frozen
class _Answers:
    invocations: Asked[tuple[Invocation, ...]]
    services: Asked[tuple[Service, ...]]
    deployments: Asked[tuple[Deployment, ...]]
    state: Asked[KeyedState]
    facts: Asked[EngineFacts]


async def inspect(engine: Engine, host: Host, key: WorkflowKey, *, show_state: bool) -> Inspection:
    """
    Look at `key`.

    Sends: reads only; five questions at once, then one for each run whose children a recovery
    may take along.

    Raises:
        ServiceNotFound: The engine does not know the service, and nothing of it is left.
        EngineError: The runs of the key could not be read, or were not understood.
    """
    arguments = (("service_name", key.service_name), ("service_key", key.service_key))
    try:
        found = await _inspect(engine, host, key, show_state=show_state)
    except WfadminError as error:
        await note(engine, host, Attempt("inspect", error.code, arguments, error.message))
        raise
    problem = await note(engine, host, Attempt("inspect", "read", arguments))
    if problem is not None:
        found = attrs.evolve(found, warnings=(*found.warnings, problem))
    return found


async def _inspect(engine: Engine, host: Host, key: WorkflowKey, *, show_state: bool) -> Inspection:
    questions = _questions(engine, key, show_state=show_state)
    answers = _Answers(*await ask_all(engine, host, questions))
    runs = answers.invocations.unwrap()
    listed = answers.services.value
    service = next((one for one in listed or () if one.name == key.service_name), None)
    warnings: list[str | None] = [_warning("services", answers.services)]
    if not runs and service is None and listed is not None and not _has_state(answers):
        warnings.append(_unknown_service(answers.facts.unwrap(), key))
    incomplete = None if listed is not None else "the services could not be listed"
    reading = KeyReading(key, service, runs, incomplete)
    facts = answers.facts.value
    reach = Reach.UNKNOWN if facts is None else facts.capabilities.purge_reach
    children, children_warning = await _children(engine, host, reading, reach)
    # Where nobody can say which, that is not the same as none.
    may_go_along = children != ()
    spoiled = await _ruined(engine, host, runs, facts)
    now = host.clock.now()
    effect = await _effect(engine, host, key)
    unkillable = frozenset() if facts is None else facts.capabilities.unkillable
    snapshot = Snapshot(
        reading,
        now,
        children,
        effect,
        purge_reach=reach,
        unkillable=unkillable,
    )
    warnings += [
        _warning("deployments", answers.deployments),
        _warning("state", answers.state),
        _warning("what the engine can do", answers.facts),
        children_warning,
        *(f"No resume of {shown(run_id)}. {because}" for run_id, because in spoiled.items()),
    ]
    return Inspection(
        engine=engine.name,
        key=key,
        service=service,
        runs=_newest_first(runs),
        children=children,
        state=answers.state.value,
        recover=evaluate(snapshot, host.policy),
        findings=_findings(answers, host, may_go_along=may_go_along, spoiled=frozenset(spoiled)),
        warnings=tuple(one for one in warnings if one is not None),
    )


def _questions(
    engine: Engine,
    key: WorkflowKey,
    *,
    show_state: bool,
) -> tuple[Callable[[], Awaitable[Any]], ...]:
    deployments, state = engine.deployments, engine.state

    async def list_deployments() -> tuple[Deployment, ...]:
        if deployments is None:
            raise lacks(engine, "deployments")
        return await deployments.list()

    async def read_state() -> KeyedState:
        if state is None:
            raise lacks(engine, "state")
        return await state.read(key, values=show_state)

    return (
        lambda: engine.invocations.for_key(key),
        engine.admin.list_services,
        list_deployments,
        read_state,
        engine.facts,
    )


def _warning(what: str, asked: Asked[Any]) -> str | None:
    """Why something could not be read; nothing where the engine has no such thing."""
    if asked.error is None or isinstance(asked.error, NotSupported):
        return None
    return f"Not read: {what}. {asked.problem}"


def _has_state(answers: _Answers) -> bool:
    # State that could not be read may be there.
    state = answers.state
    if state.value is None:
        return not isinstance(state.error, NotSupported)
    return bool(state.value.entries)


def _unknown_service(facts: EngineFacts, key: WorkflowKey) -> str:
    if facts.capabilities.services_cover_names:
        raise ServiceNotFound(key.service_name)
    return f"Whether a service {key.service_name!r} exists cannot be told on this engine."


async def _children(
    engine: Engine,
    host: Host,
    reading: KeyReading,
    reach: Reach,
) -> tuple[tuple[Invocation, ...] | None, str | None]:
    parents = [one.ref for one in reading.invocations if _is_parent(reading, one, reach)]

    def question(index: int) -> Callable[[], Awaitable[Any]]:
        return lambda: engine.invocations.children(parents[index])

    asked = range(min(len(parents), _PARENTS_ASKED))
    answers = await ask_all(engine, host, [question(index) for index in asked])
    failed = next((one for one in answers if one.error is not None), None)
    if failed is not None:
        return None, _warning("children", failed)
    if len(parents) > _PARENTS_ASKED:
        left = len(parents) - _PARENTS_ASKED
        return None, f"Not read: the children of {left} of {len(parents)} runs."
    return tuple(child for one in answers for child in one.unwrap()), None


async def _ruined(
    engine: Engine,
    host: Host,
    runs: tuple[Invocation, ...],
    facts: EngineFacts | None,
) -> dict[str, str]:
    """The paused runs that a resume would ruin, where a needless one does harm at all."""
    if facts is not None and CommandName.RESUME in facts.capabilities.repeatable:
        return {}
    paused = tuple(one for one in runs if one.status is InvocationStatus.PAUSED)
    return await ruined(engine, host, paused)


def _is_parent(reading: KeyReading, one: Invocation, reach: Reach) -> bool:
    has_begun = not one.is_completed and one.status not in _NOT_STARTED
    return has_begun or takes_children(reading, one, reach)


async def _effect(engine: Engine, host: Host, key: WorkflowKey) -> PriorEffect:
    guard = host.guard
    if guard is None:
        return PriorEffect.NOT_ASKED
    (asked,) = await ask_all(engine, host, (lambda: guard.effect_of(key),))
    return PriorEffect.UNKNOWN if asked.error is not None else asked.unwrap()


def _newest_first(runs: tuple[Invocation, ...]) -> tuple[Invocation, ...]:
    dated = [one for one in runs if one.created_at is not None]
    undated = [one for one in runs if one.created_at is None]
    return (*sorted(dated, key=_created, reverse=True), *undated)


def _created(one: Invocation) -> Any:  # noqa: ANN401 - undated ones were taken out before
    return one.created_at


def _findings(
    answers: _Answers,
    host: Host,
    *,
    may_go_along: bool,
    spoiled: frozenset[str],
) -> tuple[Finding, ...]:
    runs = answers.invocations.unwrap()
    failures = tuple(one for one in runs if one.is_completed and _failed(one))
    unfinished = tuple(one for one in runs if not one.is_completed)
    facts = DoctorFacts(
        now=host.clock.now(),
        deployments=answers.deployments.value,
        services=answers.services.value,
        survey=Survey(
            failures=failures,
            failed=len(failures),
            unfinished=unfinished,
            unfinished_total=len(unfinished),
        ),
        thresholds=host.thresholds,
        takes_children=may_go_along,
        ruined=spoiled,
        unkillable=_to_force(answers.facts.value),
    )
    return findings_of_key(facts)


def _to_force(facts: EngineFacts | None) -> frozenset[InvocationStatus]:
    """The statuses that a forced purge is for, where the engine has one."""
    if facts is None or CommandName.FORCE_PURGE not in facts.capabilities.commands:
        return frozenset()
    return facts.capabilities.unkillable


def _failed(one: Invocation) -> bool:
    return one.outcome not in (InvocationOutcome.SUCCEEDED, InvocationOutcome.UNKNOWN)
