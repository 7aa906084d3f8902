"""From facts to findings: what doctor noticed, worst first."""

from collections.abc import Iterable, Iterator

from wfadmin.domain import remedies
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.drain import Draining, Removable, Serving, Unknown, drain_verdict
from wfadmin.domain.finding import (
    MAX_SAMPLES,
    DoctorFacts,
    Finding,
    FindingCode,
    Sample,
    Severity,
)
from wfadmin.domain.findings_of_runs import is_zombie, of_runs
from wfadmin.domain.model import Deployment, Service
from wfadmin.domain.remedies import Mildness, Remedy
from wfadmin.domain.text import command_line, shown
from wfadmin.domain.urls import same_url

__all__ = ["findings_from", "findings_of_key", "lists_disagree"]

_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_CODES = tuple(FindingCode)
# Room for a whole error, which is a few sentences.
_PROBLEM_CHARACTERS = 1000


def findings_from(facts: DoctorFacts) -> tuple[Finding, ...]:
    """
    What was noticed: errors first, then in the order of the codes, then by service.

    Nothing follows from a component that did not answer: its fact is None, and its own finding
    says so.
    """
    found = [
        *_of_components(facts),
        *_of_intents(facts),
        *_of_services(facts),
        *of_runs(facts),
        *_of_listing(facts),
        *_of_deployments(facts),
    ]

    return tuple(sorted(found, key=_rank))


def findings_of_key(facts: DoctorFacts) -> tuple[Finding, ...]:
    """What is wrong with the runs of one key, in the same order; its runs are the survey."""
    return tuple(sorted(of_runs(facts), key=_rank))


def _rank(one: Finding) -> tuple[int, int, str]:
    severity = _WORST_FIRST.index(one.severity)
    return (severity, _CODES.index(one.code), one.service_name or "")


def lists_disagree(facts: DoctorFacts) -> bool:
    """
    Whether deployments, services and runs contradict each other.

    They are read at the same time and not as one, so somebody may have changed them in between:
    read the lists again before believing it.
    """
    if facts.deployments is None:
        return False
    survey = facts.survey
    zombies = survey is not None and any(is_zombie(one, facts) for one in survey.unfinished)
    return zombies or any(
        one.code in (FindingCode.SERVICE_WITHOUT_DEPLOYMENT, FindingCode.DRAIN_UNKNOWN)
        for one in (*_of_services(facts), *_of_deployments(facts))
    )


_COMPONENT_CODES = {
    ComponentStatus.DEGRADED: FindingCode.COMPONENT_DEGRADED,
    ComponentStatus.UNREACHABLE: FindingCode.COMPONENT_UNREACHABLE,
}


def _of_components(facts: DoctorFacts) -> Iterator[Finding]:
    for one in facts.components:
        code = _COMPONENT_CODES.get(one.status)
        if code is not None:
            problem = shown(one.problem or "no details", limit=_PROBLEM_CHARACTERS)
            yield Finding(
                code=code,
                severity=Severity.ERROR,
                component=one.component,
                message=f"{one.component.value} is {one.status.value}: {problem}",
                remedies=() if one.fix is None else (_advise(one.fix),),
            )


def _advise(fix: str) -> Remedy:
    return remedies.advise(shown(fix, limit=_PROBLEM_CHARACTERS))


def _of_intents(facts: DoctorFacts) -> Iterator[Finding]:
    for one in facts.open_intents:
        close = command_line(("wfadmin", "audit", "close", "--reason", "TEXT", "--", one.id))
        title = f"Look at it, then close the record: {close or 'wfadmin audit close'}"
        yield Finding(
            code=FindingCode.OPEN_INTENT,
            severity=Severity.ERROR,
            component=Component.ADMIN,
            message=f"nobody knows whether {shown(one.verb)} of {shown(one.target)} happened",
            samples=(Sample(one.id, detail=one.at.isoformat()),),
            remedies=(remedies.advise(title),),
        )


def _of_services(facts: DoctorFacts) -> Iterator[Finding]:
    for service in facts.services or ():
        name = shown(service.name)
        if _lost_its_deployment(service, facts):
            yield Finding(
                code=FindingCode.SERVICE_WITHOUT_DEPLOYMENT,
                severity=Severity.ERROR,
                component=Component.SERVICES,
                message=f"{name} is routed to a deployment that is not registered",
                service_name=service.name,
                samples=(Sample(service.deployment_id or "", service.name),),
                remedies=(_register(service.name),),
            )
        if service.workers == 0:
            yield Finding(
                code=FindingCode.NO_WORKER,
                severity=Severity.ERROR,
                component=Component.SERVICES,
                message=f"{name} has no worker connected: nothing of it can run",
                service_name=service.name,
                remedies=(remedies.advise("Start its worker, or see why it does not connect"),),
            )


def _lost_its_deployment(service: Service, facts: DoctorFacts) -> bool:
    if facts.deployments is None or service.deployment_id is None:
        return False
    return service.deployment_id not in {one.id for one in facts.deployments}


def _register(service_name: str) -> Remedy:
    title = f"Register a deployment that serves {shown(service_name)}: wfadmin redeploy URL"
    return remedies.advise(title, Mildness.REDEPLOY)


def _of_listing(facts: DoctorFacts) -> Iterator[Finding]:
    survey = facts.survey
    if survey is None:
        return
    looked_at, all_of_them = len(survey.unfinished), survey.unfinished_total
    why = survey.truncated
    if why is None and looked_at < all_of_them:
        why = f"{looked_at} of {all_of_them} unfinished were looked at"
    if why is not None:
        yield Finding(
            code=FindingCode.LISTING_TRUNCATED,
            severity=Severity.WARNING,
            component=Component.INVOCATIONS,
            message=f"not everything was listed: {shown(why)}",
            count=max(all_of_them - looked_at, 1),
            remedies=(remedies.advise("Inspect single keys: that reads all of one key"),),
        )


def _of_deployments(facts: DoctorFacts) -> Iterator[Finding]:
    """Superseded deployments: those that are latest for no service."""
    deployments, services, survey = facts.deployments, facts.services, facts.survey
    if not deployments or services is None or survey is None:
        return
    verdicts = {
        one.id: drain_verdict(
            one,
            deployments=deployments,
            services=services,
            usage=survey.usage,
            after=(one.id,),
        )
        for one in deployments
    }
    drained = [d for d in deployments if isinstance(verdicts[d.id], Removable)]
    draining = {d.id: v for d in deployments if isinstance(v := verdicts[d.id], Draining)}
    kept = [d for d in deployments if isinstance(verdicts[d.id], Serving)]
    unknown = [v for v in verdicts.values() if isinstance(v, Unknown)]
    if unknown:
        yield _drain_unknown(unknown[0], deployments)
    for one in deployments:
        if one.id in draining:
            yield _draining(one, draining[one.id], kept)
    if drained:
        yield _drained(drained, kept)


def _drain_unknown(verdict: Unknown, deployments: tuple[Deployment, ...]) -> Finding:
    return Finding(
        code=FindingCode.DRAIN_UNKNOWN,
        severity=Severity.WARNING,
        component=Component.DEPLOYMENTS,
        message=f"which deployments are still needed cannot be told: {verdict.why}",
        count=len(deployments),
        samples=tuple(map(_sample, deployments[:MAX_SAMPLES])),
        remedies=(remedies.advise("Remove nothing; run doctor again"),),
    )


def _sample(one: Deployment) -> Sample:
    return Sample(one.id, detail=shown(one.location))


def _clean_up(
    stale: Iterable[Deployment],
    kept: Iterable[Deployment],
    *,
    wait: bool,
) -> tuple[Remedy, ...]:
    places = tuple(dict.fromkeys(d.service_url for d in kept))
    urls = tuple(url for url in places if url is not None)
    # A place without a URL can neither be named as kept, nor is it ever removed as stale.
    reached = any(
        one.service_url is not None and not any(same_url(one.service_url, url) for url in urls)
        for one in stale
    )
    if not urls or urls != places or not reached:
        title = "Remove it by its id with the engine's own tool"
        return (remedies.advise(title, Mildness.CLEANUP),)
    return (remedies.cleanup(urls, wait=wait),)


def _draining(one: Deployment, verdict: Draining, kept: list[Deployment]) -> Finding:
    held = f"unfinished runs that hold it: {verdict.pinned}"
    return Finding(
        code=FindingCode.DRAINING,
        severity=Severity.WARNING,
        component=Component.DEPLOYMENTS,
        message=f"{shown(one.location)} serves nothing new; {held}",
        samples=(Sample(one.id, detail=f"pinned {verdict.pinned}"),),
        remedies=_clean_up((one,), kept, wait=True),
    )


def _drained(drained: list[Deployment], kept: list[Deployment]) -> Finding:
    places = ", ".join(shown(one.location) for one in drained[:MAX_SAMPLES])
    return Finding(
        code=FindingCode.DRAINED,
        severity=Severity.INFO,
        component=Component.DEPLOYMENTS,
        message=f"nothing needs these any more: {places}",
        count=len(drained),
        samples=tuple(map(_sample, drained[:MAX_SAMPLES])),
        remedies=_clean_up(drained, kept, wait=False),
    )
