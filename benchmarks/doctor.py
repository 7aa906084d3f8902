"""Doctor against its slowest single probe: what asking everything at once and judging adds."""

import wfadmin
from benchmarks.bare import bare_client, sql
from benchmarks.figures import Figure
from benchmarks.loaded import DEPLOYMENTS, PAUSED, Loaded
from benchmarks.rounds import Call, interleaved
from wfadmin.operations.doctor import UNFINISHED_IN_DETAIL
from wfadmin.ports.engine import Engine

FAILURES = 20
# The least that anything costs that looks at every run.
WALK = "select status, count(*) as n from sys_invocation_status group by status"
# Above this many retained runs one walk over the table is what everything costs.
FEW = 50_000
MOST_OVER_MS = 20.0
MOST_TIMES = 1.6


async def measure(each: Loaded, rounds: int) -> list[Figure]:
    """Measure doctor and each of its probes on one server."""
    part = f"doctor, {each.retained:,} retained"
    async with each.connect() as operator, bare_client(each.server.admin_url) as client:
        check(await operator.doctor(), each)
        probes = probes_of(operator.engine)
        others: dict[str, Call] = {
            "doctor": lambda _: operator.doctor(),
            "walk": lambda _: sql(client, WALK),
        }
        calls = {**others, **probes}
        times = await interleaved(calls, rounds)
    slowest = times.slowest(list(probes))
    over, ratio = times.over("doctor", slowest), times.ratio("doctor", slowest)
    is_few = each.retained <= FEW
    doctor = Figure(
        part,
        "doctor, findings included",
        times.median("doctor"),
        compared=f"{over:+.1f} ms, x{ratio:.2f} of {slowest}",
        judged=over if is_few else ratio,
        limit=MOST_OVER_MS if is_few else MOST_TIMES,
        budget=f"slowest + {MOST_OVER_MS:g} ms" if is_few else f"x{MOST_TIMES:g} of slowest",
    )
    walk = Figure(
        part,
        "a count by status, bare httpx",
        times.median("walk"),
        compared=f"doctor: x{times.ratio('doctor', 'walk'):.2f} of it",
    )
    return [doctor, *(Figure(part, f"probe: {one}", times.median(one)) for one in probes), walk]


def probes_of(engine: Engine) -> dict[str, Call]:
    """Name the questions that doctor asks, each to be asked alone."""
    deployments, listing = engine.deployments, engine.listing
    if deployments is None or listing is None:
        raise AssertionError(engine.name)
    return {
        "ingress": lambda _: engine.admin.probe_ingress(),
        "admin": lambda _: engine.admin.probe_admin(),
        "deployments": lambda _: deployments.list(),
        "services": lambda _: engine.admin.list_services(),
        "invocations": lambda _: listing.survey(failures=FAILURES, unfinished=UNFINISHED_IN_DETAIL),
    }


def check(report: wfadmin.DoctorReport, each: Loaded) -> None:
    """Refuse to measure a doctor that did not see what is there."""
    counts = {one.engine_status: one.count for one in report.invocations.by_status}
    seen = (
        report.status is wfadmin.ComponentStatus.OK
        and counts.get("completed") == each.retained
        and counts.get("paused") == PAUSED
        and len(report.deployments.items) == DEPLOYMENTS
        and len(report.invocations.recent_failures) == FAILURES
    )
    if not seen:
        raise AssertionError(report)
