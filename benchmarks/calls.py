"""
One call through the adapter against the same requests by bare httpx, on the same kind of socket.

The requests are recorded from the adapter, so both send the same; both read the answer as JSON,
and only ours makes values of it. Over TCP, bare httpx stalls on a share of the queries: those
rounds are counted and then left out of the ratio.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import httpx

import wfadmin
from benchmarks.bare import Sent, again, bare_client, recording_client
from benchmarks.figures import Figure
from benchmarks.loaded import SERVICE, Loaded
from benchmarks.rounds import Call, Times, interleaved
from tests.engines.restate_server import RestateServer
from wfadmin.ports.engine import Engine

MOST_TIMES = 1.15
# A stall ends with the delayed acknowledgement of the system: after 40 ms.
STALL_MS = (30.0, 60.0)
MOST_STALLS = 1.0
SOCKETS = {"unix": "unix socket", "tcp": "TCP, kept alive"}

Ask = Callable[[Engine], Awaitable[object]]


@dataclass(frozen=True)
class Asked:
    """A call of the adapter: its name here, itself, and what it sends."""

    name: str
    ask: Ask
    sent: list[Sent]


async def measure(on_sockets: Loaded, on_ports: Loaded, rounds: int) -> list[Figure]:
    """Measure both calls on both kinds of sockets."""
    asked = [
        Asked(name, ask, await _recorded(ask, on_ports.server))
        for name, ask in _questions(on_ports.failed_key(0)).items()
    ]
    figures = []
    stalls = []
    for loaded in (on_sockets, on_ports):
        kind = loaded.server.listen
        times = await _times(asked, loaded, rounds)
        calm = times.below(STALL_MS[0])
        figures += [_overhead(calm, one, kind) for one in asked]
        if kind == "tcp":
            stalls = _stalls(times, asked[-1].name, rounds)
    return [*figures, *stalls]


def _questions(key: str) -> dict[str, Ask]:
    def deployments(engine: Engine) -> Awaitable[object]:
        if engine.deployments is None:
            raise AssertionError(engine.name)
        return engine.deployments.list()

    def point_read(engine: Engine) -> Awaitable[object]:
        return engine.invocations.for_key(wfadmin.WorkflowKey(SERVICE, key))

    return {"deployments, a GET": deployments, "runs of a key, a query": point_read}


async def _recorded(ask: Ask, server: RestateServer) -> list[Sent]:
    client, sent = recording_client()
    async with client, wfadmin.connect("restate", admin_url=server.admin_url, client=client) as one:
        await ask(one.engine)
        # What it has to learn first is not part of the call.
        sent.clear()
        await ask(one.engine)
    return list(sent)


async def _times(asked: list[Asked], each: Loaded, rounds: int) -> Times:
    async with AsyncExitStack() as stack:
        calls: dict[str, Call] = {}
        for one in asked:
            # Each has a connection of its own, as if nobody else was there.
            operator = await stack.enter_async_context(each.connect())
            client = await stack.enter_async_context(bare_client(each.server.admin_url))
            calls[one.name] = partial(_ours, operator.engine, one)
            calls[_bare(one.name)] = partial(_again, client, one)
        return await interleaved(calls, rounds)


def _ours(engine: Engine, one: Asked, _: int) -> Awaitable[object]:
    return one.ask(engine)


def _again(client: httpx.AsyncClient, one: Asked, _: int) -> Awaitable[object]:
    return again(client, one.sent)


def _bare(name: str) -> str:
    return f"{name}, bare"


def _overhead(times: Times, one: Asked, kind: str) -> Figure:
    ratio = times.ratio(one.name, _bare(one.name))
    bare = times.median(_bare(one.name))
    return Figure(
        "overhead of one call",
        f"{one.name}, {SOCKETS[kind]}",
        times.median(one.name),
        compared=f"x{ratio:.2f} of {bare:.2f} ms by bare httpx",
        judged=ratio,
        limit=MOST_TIMES,
        budget=f"x{MOST_TIMES:g}",
    )


def _stalls(times: Times, name: str, rounds: int) -> list[Figure]:
    part = f"stalls of 40 ms in {rounds} queries on a kept-alive TCP connection"
    ours = times.share(name, *STALL_MS)
    bare = times.share(_bare(name), *STALL_MS)
    return [
        Figure(part, "ours", ours, "%", judged=ours, limit=MOST_STALLS, budget="none (1 %)"),
        Figure(part, "bare httpx", bare, "%"),
    ]
