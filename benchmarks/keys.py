"""Reads of one key: do they cost the same, however many runs the engine retains?"""

from collections.abc import Mapping
from contextlib import AsyncExitStack

import wfadmin
from benchmarks.bare import bare_client, sql
from benchmarks.figures import Figure
from benchmarks.loaded import SERVICE, Loaded
from benchmarks.rounds import Call, Times, interleaved
from wfadmin.adapters.restate.rows import columns

FLAT = 1.25

# What is read, and whether it has to stay flat. A run that waits may have called others, and only
# a walk over the table finds those.
FOR_KEY = "runs of a failed key"
INSPECT = "inspect of a failed key"
ABSENT = "runs of a key that is not there"
WAITING = "inspect of a waiting key, with its children"
SCAN = "runs of a failed key by a full scan, bare httpx"
BOUND = {FOR_KEY: True, INSPECT: True, ABSENT: True, WAITING: False, SCAN: False}


async def measure(small: Loaded, large: Loaded, rounds: int) -> list[Figure]:
    """Measure the same reads on both servers, in the same rounds."""
    async with AsyncExitStack() as stack:
        calls = {
            f"{what} @{each.retained}": call
            for each in (small, large)
            for what, call in (await reads_of(stack, each)).items()
        }
        times = await interleaved(calls, rounds)
    part = f"one key, {small.retained:,} against {large.retained:,} retained"
    return [_figure(part, times, what, small, large) for what in BOUND]


def _figure(part: str, times: Times, what: str, small: Loaded, large: Loaded) -> Figure:
    name, base = f"{what} @{large.retained}", f"{what} @{small.retained}"
    ratio, is_bound = times.ratio(name, base), BOUND[what]
    return Figure(
        part,
        what,
        times.median(name),
        compared=f"x{ratio:.2f} of {times.median(base):.2f} ms",
        judged=ratio if is_bound else None,
        limit=FLAT if is_bound else None,
        budget=f"x{FLAT:g}" if is_bound else "",
    )


async def reads_of(stack: AsyncExitStack, each: Loaded) -> Mapping[str, Call]:
    """Name the reads on one server; every round takes another failed key."""
    operator = await stack.enter_async_context(each.connect())
    client = await stack.enter_async_context(bare_client(each.server.admin_url))
    store = operator.engine.invocations
    absent = wfadmin.WorkflowKey(SERVICE, "not-there")
    waiting = wfadmin.WorkflowKey(SERVICE, each.waiting_key)

    def failed(number: int) -> wfadmin.WorkflowKey:
        return wfadmin.WorkflowKey(SERVICE, each.failed_key(number))

    async def scan(number: int) -> object:
        statement = (
            f"select {columns(view=False, is_scoped=False)} from sys_invocation_status"
            f" where target_service_name = '{SERVICE}'"
            f" and target_service_key = '{each.failed_key(number)}'"
        )
        return await sql(client, statement)

    found = await store.for_key(failed(0)), await operator.inspect(failed(0)), await scan(0)
    if not all((found[0], found[1].runs, found[2])) or await store.for_key(absent):
        raise AssertionError(found)
    return {
        FOR_KEY: lambda number: store.for_key(failed(number)),
        INSPECT: lambda number: operator.inspect(failed(number)),
        ABSENT: lambda _: store.for_key(absent),
        WAITING: lambda _: operator.inspect(waiting),
        SCAN: scan,
    }
