"""Repairs: does a recovery stay flat, and how many requests does each verb send?"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx

import wfadmin
from benchmarks.figures import Figure
from benchmarks.loaded import FAILS_EACH, SERVICE, Loaded
from benchmarks.rounds import WARM_UP, interleaved

FLAT = 1.25
RECOVER = "recover of a failed key"
# Hoped for; three more prove that nothing is left (docs/decisions/0007).
REQUESTS = 8


async def measure(small: Loaded, large: Loaded, rounds: int) -> list[Figure]:
    """Recover failed keys on both servers in the same rounds, and count what is sent."""
    counted = await _requests(small)
    # A key is recovered once, and the counting took one. The small server has few that failed.
    most = small.retained // FAILS_EACH - WARM_UP - 1
    async with AsyncExitStack() as stack:
        calls = {}
        for each in (small, large):
            operator = await stack.enter_async_context(each.connect())
            calls[f"@{each.retained}"] = _recover(operator, each)
        times = await interleaved(calls, min(rounds, most))
    name, base = f"@{large.retained}", f"@{small.retained}"
    ratio = times.ratio(name, base)
    flat = Figure(
        f"a repair, {small.retained:,} against {large.retained:,} retained",
        RECOVER,
        times.median(name),
        compared=f"x{ratio:.2f} of {times.median(base):.2f} ms",
        judged=ratio,
        limit=FLAT,
        budget=f"x{FLAT:g}",
    )
    return [flat, *counted]


def _recover(
    operator: wfadmin.LocalOperator,
    each: Loaded,
) -> Callable[[int], Awaitable[object]]:
    def call(number: int) -> Awaitable[object]:
        key = wfadmin.WorkflowKey(SERVICE, each.failed_key(number + 1))
        return operator.recover_stuck_workflow(key)

    return call


async def _requests(each: Loaded) -> list[Figure]:
    """Count the requests of each verb, on an operator that was used before."""
    sent: list[httpx.Request] = []

    async def note(request: httpx.Request) -> None:
        sent.append(request)

    socket = each.server.admin_url.removeprefix("unix://")
    transport = httpx.AsyncHTTPTransport(uds=socket)
    client = httpx.AsyncClient(transport=transport, event_hooks={"request": [note]})
    failed = wfadmin.WorkflowKey(SERVICE, each.failed_key(0))
    waiting = wfadmin.WorkflowKey(SERVICE, each.waiting_key)
    async with client, wfadmin.connect(admin_url="http://localhost", client=client) as operator:
        new = await _serving_url(operator)
        verbs: dict[str, Callable[[], Awaitable[object]]] = {
            "doctor (the ingress left out)": operator.doctor,
            "inspect of a failed key": lambda: operator.inspect(failed),
            RECOVER: lambda: operator.recover_stuck_workflow(failed),
            "cancel of a waiting run": lambda: operator.cancel(waiting),
            "redeploy": lambda: operator.force_redeploy(new),
            "cleanup of one drained deployment": lambda: operator.cleanup_stale_deployments(new),
        }
        figures = []
        for verb, call in verbs.items():
            sent.clear()
            await call()
            budget = f"{REQUESTS}" if verb == RECOVER else ""
            value = float(len(sent))
            figures.append(Figure("requests per verb", verb, value, "requests", budget=budget))
    return figures


async def _serving_url(operator: wfadmin.LocalOperator) -> str:
    report = await operator.doctor()
    serving = {one.deployment_id for one in report.services.items}
    places = {one.id: one.service_url or "" for one in report.deployments.items}
    (new,) = (url for deployment_id, url in places.items() if deployment_id in serving)
    return new
