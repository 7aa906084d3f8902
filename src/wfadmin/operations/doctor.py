"""
The doctor: five components at once, then what follows from their answers. Reads only.

An ill engine is a report, never an error, and one slow component costs nothing to the others.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import attrs

from wfadmin.domain.components import Component, ComponentStatus, component_status
from wfadmin.domain.doctor import (
    RECENT_FAILURES,
    AdminReport,
    DeploymentsReport,
    DoctorReport,
    IngressReport,
    InvocationsReport,
    ServicesReport,
)
from wfadmin.domain.finding import ComponentFact, DoctorFacts, OpenIntent
from wfadmin.domain.findings import findings_from, lists_disagree
from wfadmin.domain.model import Deployment, Service, Survey
from wfadmin.operations.able import lacks
from wfadmin.operations.asking import Asked, ask_all
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine

__all__ = ["UNFINISHED_IN_DETAIL", "doctor"]

#: How many unfinished invocations are read in detail; beyond it the counts stay exact and a
#: finding says that the details were cut.
UNFINISHED_IN_DETAIL = 1000

# Below this there is no time left for a second look: the first one is reported as it is.
_TOO_SHORT = timedelta(milliseconds=50)


@attrs.frozen
class _Answers:
    ingress: Asked[None]
    admin: Asked[str | None]
    deployments: Asked[tuple[Deployment, ...]]
    services: Asked[tuple[Service, ...]]
    survey: Asked[Survey]
    intents: Asked[tuple[OpenIntent, ...]]


async def doctor(engine: Engine, host: Host) -> DoctorReport:
    """
    Say what is wrong with `engine`, with evidence, and what to do.

    Sends: reads only; one probe per component at once, and the two lists once more where they
    contradict each other.
    """
    at = host.clock.now()
    started = host.clock.monotonic()
    answers = _Answers(*await ask_all(engine, host, _questions(engine, host)))
    facts = _facts(answers, host, at)
    left = host.timeout - (host.clock.monotonic() - started)
    if lists_disagree(facts) and left > _TOO_SHORT:
        answers = await _second_look(engine, host, answers, left)
        facts = _facts(answers, host, at)
    report = _report(engine, at, answers, facts)
    host.observer.event("doctor.done", {"engine": engine.name, "verdict": report.verdict.value})
    problem = await note(engine, host, Attempt("doctor", report.verdict.value))
    warnings = [answers.intents.problem, problem]
    return attrs.evolve(report, warnings=tuple(one for one in warnings if one is not None))


def _questions(engine: Engine, host: Host) -> tuple[Callable[[], Awaitable[Any]], ...]:
    deployments, listing = engine.deployments, engine.listing

    async def survey() -> Survey:
        if listing is None:
            raise lacks(engine, "listing")
        return await listing.survey(failures=RECENT_FAILURES, unfinished=UNFINISHED_IN_DETAIL)

    async def list_deployments() -> tuple[Deployment, ...]:
        if deployments is None:
            raise lacks(engine, "deployments")
        return await deployments.list()

    async def open_intents() -> tuple[OpenIntent, ...]:
        return await host.audit.open_intents(engine.address)

    return (
        engine.admin.probe_ingress,
        engine.admin.probe_admin,
        list_deployments,
        engine.admin.list_services,
        survey,
        open_intents,
    )


async def _second_look(engine: Engine, host: Host, first: _Answers, left: timedelta) -> _Answers:
    """
    Read both lists again: they were read at the same time as the runs, and not as one.

    A deployment that was registered in between looks like one that is gone.
    """
    questions = _questions(engine, host)[2:4]
    deployments, services = await ask_all(engine, host, questions, timeout=left)
    if deployments.error is not None or services.error is not None:
        return first
    latency = first.deployments.latency, first.services.latency
    return attrs.evolve(
        first,
        deployments=attrs.evolve(deployments, latency=latency[0]),
        services=attrs.evolve(services, latency=latency[1]),
    )


def _facts(answers: _Answers, host: Host, at: datetime) -> DoctorFacts:
    components = (
        (Component.INGRESS, answers.ingress),
        (Component.ADMIN, answers.admin),
        (Component.DEPLOYMENTS, answers.deployments),
        (Component.SERVICES, answers.services),
        (Component.INVOCATIONS, answers.survey),
    )
    return DoctorFacts(
        now=at,
        components=tuple(
            ComponentFact(component, component_status(asked.error), asked.problem, asked.fix)
            for component, asked in components
        ),
        deployments=answers.deployments.value,
        services=answers.services.value,
        survey=answers.survey.value,
        open_intents=answers.intents.value or (),
        thresholds=host.thresholds,
    )


def _milliseconds(asked: Asked[Any]) -> int | None:
    if asked.latency is None:
        return None
    return round(asked.latency / timedelta(milliseconds=1))


def _report(
    engine: Engine,
    at: datetime,
    answers: _Answers,
    facts: DoctorFacts,
) -> DoctorReport:
    def common(asked: Asked[Any]) -> dict[str, Any]:
        status: ComponentStatus = component_status(asked.error)
        return {"status": status, "latency_ms": _milliseconds(asked), "error": asked.problem}

    survey = answers.survey.value or Survey()
    return DoctorReport(
        engine=engine.name,
        checked_at=at,
        ingress=IngressReport(**common(answers.ingress)),
        admin=AdminReport(version=answers.admin.value, **common(answers.admin)),
        deployments=DeploymentsReport(
            items=answers.deployments.value or (),
            **common(answers.deployments),
        ),
        services=ServicesReport(
            items=answers.services.value or (),
            **common(answers.services),
        ),
        invocations=InvocationsReport(
            by_status=survey.counts,
            recent_failures=survey.failures,
            **common(answers.survey),
        ),
        findings=findings_from(facts),
    )
