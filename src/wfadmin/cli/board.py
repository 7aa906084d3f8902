"""
Reports for people: what is ill, what it means, and the next line to paste.

Laws:

- What an engine wrote passes through `shown` or `command_line` before a terminal sees it.
- A line to paste stands alone on its line and is never cut or wrapped.
- Colours only underline what the words already say.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import attrs

from wfadmin.cli.output import Paint
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import DoctorReport, Verdict
from wfadmin.domain.finding import Finding, FindingCode, Sample, Severity
from wfadmin.domain.model import Invocation
from wfadmin.domain.remedies import Remedy
from wfadmin.domain.text import first_line, shown

__all__ = ["Page", "doctor_board", "moment", "notes_of", "of_finding"]

_LONG = 1000
_ROW = 160


@attrs.frozen
class Page:
    """
    What every board needs to know beside the report.

    Attributes:
        address: Where the engine is.
        target: The options that name it, for the lines to paste.
    """

    address: str
    target: Sequence[str] = ()
    paint: Paint = attrs.field(factory=Paint)


def moment(at: datetime | None) -> str:
    """A time to the second, in UTC."""
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


# --- doctor --------------------------------------------------------------------------------------

_STATUS_STYLES = {
    ComponentStatus.OK: "green",
    ComponentStatus.DEGRADED: "yellow",
    ComponentStatus.UNREACHABLE: "red",
    ComponentStatus.NOT_SUPPORTED: "dim",
}
_SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_COMPONENT_CODES = (FindingCode.COMPONENT_UNREACHABLE, FindingCode.COMPONENT_DEGRADED)
_INDENT = " " * 38

_VERDICTS = {
    Verdict.OK: ("green", "nothing to do"),
    Verdict.INFO: ("blue", "nothing has to be done"),
    Verdict.WARNING: ("yellow", "nothing is broken; have a look at the warnings"),
    Verdict.ERROR: ("red", "do one thing, the mildest that helps, then run doctor again"),
}


def doctor_board(report: DoctorReport, page: Page) -> Iterator[str]:
    """The lines of a doctor's report."""
    paint = page.paint
    where = f"{shown(report.engine)} at {shown(page.address)}"
    yield paint(f"{where}, {moment(report.checked_at)}", "bold")
    yield ""
    yield paint("COMPONENT    STATUS          LATENCY  WHAT IT MEANS", "dim")
    yield from _components(report, paint)
    # What is wrong with a component stands in its own row.
    others = [one for one in report.findings if one.code not in _COMPONENT_CODES]
    for finding in others:
        yield ""
        yield from of_finding(finding, page)
    if report.invocations.recent_failures:
        yield ""
        yield paint("NEWEST FAILURES that the engine still holds", "dim")
        yield from map(_failure, report.invocations.recent_failures)
    yield from notes_of(report.warnings)
    yield ""
    yield from _verdict(report, paint)


def _components(report: DoctorReport, paint: Paint) -> Iterator[str]:
    fixes = {
        one.component: one.remedies[0].title
        for one in report.findings
        if one.code in _COMPONENT_CODES and one.remedies
    }
    told: set[str] = set()
    deployments, services = report.deployments, report.services
    for component, part, meaning in (
        (Component.INGRESS, report.ingress, "new work can come in"),
        (Component.ADMIN, report.admin, _admin(report)),
        (Component.DEPLOYMENTS, deployments, f"{len(deployments.items) or 'none'} registered"),
        (Component.SERVICES, services, f"{len(services.items) or 'none'} listed"),
        (Component.INVOCATIONS, report.invocations, _counts(report)),
    ):
        # Painted and padded apart: the escapes of a colour have a length and no width.
        status = paint(part.status.value, _STATUS_STYLES[part.status])
        pad = " " * (15 - len(part.status.value))
        latency = "-" if part.latency_ms is None else f"{part.latency_ms} ms"
        # An engine's own words may be a whole page: its start is enough here.
        problem = shown(" ".join((part.error or "no details").split()), limit=_ROW)
        said = meaning if part.status is ComponentStatus.OK else problem
        yield f"{component.value:<13}{status}{pad}{latency:>8}  {said}"
        fix = fixes.get(component)
        if fix is not None and fix not in told:
            told.add(fix)
            yield f"{_INDENT}next: {shown(fix, limit=_LONG)}"


def _admin(report: DoctorReport) -> str:
    version = report.admin.version
    return "can be operated" if version is None else f"can be operated, version {shown(version)}"


def _counts(report: DoctorReport) -> str:
    counts = (f"{one.count} {shown(one.engine_status)}" for one in report.invocations.by_status)
    return ", ".join(counts) or "none"


def _failure(one: Invocation) -> str:
    at = moment(one.failure_at or one.completed_at)
    key = None if one.key is None else one.key.service_key
    return f"  {at:<21}{_named(one.service_name, key)}  {_told(one)}"


def _told(one: Invocation) -> str:
    return f"{shown(one.id)}  {first_line(one.failure or '') or shown(one.engine_status)}"


def _named(service_name: str | None, service_key: str | None) -> str:
    return " ".join(shown(part) for part in (service_name, service_key) if part is not None)


def _verdict(report: DoctorReport, paint: Paint) -> Iterator[str]:
    counted = Counter(one.severity for one in report.findings)
    parts = (_counted(counted[one], one) for one in reversed(Severity) if counted[one])
    style, step = _VERDICTS[report.verdict]
    if any(one.code in _COMPONENT_CODES for one in report.findings):
        step = "mend what does not answer as it should, then run doctor again"
    why = ", ".join(parts) or "no findings"
    yield f"Verdict: {paint(report.verdict.value.upper(), style)} ({why}). Next: {step}."


def _counted(many: int, severity: Severity) -> str:
    plural = "s" if many > 1 and severity is not Severity.INFO else ""
    return f"{many} {severity.value}{plural}"


# --- findings ------------------------------------------------------------------------------------


def of_finding(finding: Finding, page: Page) -> Iterator[str]:
    """The lines of one finding: what was noticed, the evidence, and remedies mildest first."""
    severity = page.paint(finding.severity.value.upper(), _SEVERITY_STYLES[finding.severity])
    pad = " " * (9 - len(finding.severity.value))
    yield f"{severity}{pad}{shown(finding.message, limit=_LONG)}  [{finding.code.value}]"
    samples = finding.samples
    # Their keys and messages stand in the list of failures.
    for sample in () if finding.code is FindingCode.FAILED_RETAINED else samples:
        yield f"           {_sample(sample)}"
    if finding.count > len(samples) > 0 and finding.code is not FindingCode.FAILED_RETAINED:
        yield f"           and {finding.count - len(samples)} more"
    for remedy in finding.remedies:
        yield from _remedy(remedy, page)


def _sample(sample: Sample) -> str:
    parts = (shown(sample.id), _named(sample.service_name, sample.service_key), sample.detail)
    return "  ".join(shown(part, limit=_LONG) for part in parts if part)


def _remedy(remedy: Remedy, page: Page) -> Iterator[str]:
    line = remedy.command(page.target)
    yield f"         > {shown(remedy.title, limit=_LONG)}{':' if line else '.'}"
    if line is not None:
        yield f"             {page.paint(line, 'bold')}"


def notes_of(warnings: Iterable[str]) -> Iterator[str]:
    """The lines of what else has to be said."""
    for index, one in enumerate(warnings):
        if index == 0:
            yield ""
        yield f"Note: {shown(one, limit=_LONG)}"
