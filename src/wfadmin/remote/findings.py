"""Served findings, back to findings; and those that follow from five components alone."""

from collections.abc import Iterable

import attrs

from wfadmin.domain import remedies
from wfadmin.domain.components import Component
from wfadmin.domain.doctor import DoctorReport, Verdict, verdict_of
from wfadmin.domain.finding import (
    ComponentFact,
    DoctorFacts,
    Finding,
    FindingCode,
    Sample,
    Severity,
)
from wfadmin.domain.findings import findings_from
from wfadmin.domain.model import Survey
from wfadmin.domain.remedies import Mildness, Remedy
from wfadmin.domain.text import shown
from wfadmin.remote.lines import remedy_of
from wfadmin.wire.answers import FindingItem, SampleItem

__all__ = ["findings_of", "findings_of_components", "sentence", "sentences", "with_verdict"]

# A sentence may quote a whole error, which is a few sentences.
_LONGEST = 2000
_OTHER_LINE = "The server advises a command that is not known here: run doctor on its host"
_NO_INSPECT = "Look at the key with the engine's own tools: this API shows no single one"


def sentence(text: str) -> str:
    """Prose of a server, on one line and safe to show."""
    return shown(text, limit=_LONGEST)


def sentences(texts: Iterable[str] | None) -> tuple[str, ...]:
    """Several sentences of a server; none where it told none."""
    return tuple(map(sentence, texts or ()))


def findings_of(items: Iterable[FindingItem]) -> tuple[Finding, ...]:
    """Findings as they were told."""
    return tuple(map(_finding, items))


def _finding(item: FindingItem) -> Finding:
    code = next((one for one in FindingCode if one.value == item.code), None)
    # A newer server may notice more. Its severity counts, whatever it calls it.
    named = item.message if code is not None else f"{item.code}: {item.message}"
    return Finding(
        code=code or FindingCode.COMPONENT_DEGRADED,
        severity=item.severity,
        component=item.component,
        message=sentence(named),
        service_name=item.serviceName,
        count=item.count,
        samples=tuple(map(_sample, item.samples)),
        remedies=_remedies(item),
    )


def _sample(item: SampleItem) -> Sample:
    return Sample(item.id, item.serviceName, item.serviceKey, sentence(item.detail))


def _remedies(item: FindingItem) -> tuple[Remedy, ...]:
    lines = [remedy_of(line) or remedies.advise(_OTHER_LINE) for line in item.remedies]
    # How mild advice is, is not told: it stands last, as if it touched the most.
    advice = [remedies.advise(sentence(one), Mildness.RECOVER) for one in item.advice]
    return (*lines, *advice)


def with_verdict(findings: tuple[Finding, ...], told: Verdict | None) -> tuple[Finding, ...]:
    """`findings`, with one more where the server's verdict is worse than they are."""
    words = list(Verdict)
    if told is None or words.index(told) <= words.index(verdict_of(findings)):
        return findings
    more = Finding(
        code=FindingCode.COMPONENT_DEGRADED,
        severity=Severity(told.value),
        component=Component.ADMIN,
        message=f"the verdict of the server is {told.value}, and no finding of it says why",
    )
    return (more, *findings)


# --- from five components ------------------------------------------------------------------------


def findings_of_components(report: DoctorReport) -> tuple[Finding, ...]:
    """
    What follows from the components of a report by our own rules.

    Those of deployments are left out, because nobody told what each one serves: then every one
    would look superseded or unknown. So are those of unfinished runs, of which only counts are
    told.
    """
    facts = DoctorFacts(
        now=report.checked_at,
        components=tuple(_facts(report)),
        survey=Survey(failures=report.invocations.recent_failures, failed=None),
    )
    return tuple(map(_without_inspect, findings_from(facts)))


def _facts(report: DoctorReport) -> Iterable[ComponentFact]:
    parts = (
        (Component.INGRESS, report.ingress),
        (Component.ADMIN, report.admin),
        (Component.DEPLOYMENTS, report.deployments),
        (Component.SERVICES, report.services),
        (Component.INVOCATIONS, report.invocations),
    )
    for component, part in parts:
        yield ComponentFact(component, part.status, part.error)


def _without_inspect(finding: Finding) -> Finding:
    """A line that such an API could not carry would help nobody."""
    kept = (
        remedies.advise(_NO_INSPECT, one.mildness) if one.verb == ("inspect",) else one
        for one in finding.remedies
    )
    return attrs.evolve(finding, remedies=tuple(kept))
