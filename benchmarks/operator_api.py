"""
Doctor through the operator API against the same doctor called directly, on the same Restate.

    python -m benchmarks.operator_api --rounds 100

Server, client and direct calls share one event loop, so everything that a request costs is in the
ratio: the client, uvicorn, the key, the app. Both sides keep their records in the same audit log.
"""

import argparse
import asyncio
import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from unittest.mock import patch

import anyio
import httpx
import uvicorn
from typing_extensions import override

import wfadmin
import wfadmin.asgi.app
from benchmarks.figures import Figure, table
from benchmarks.loaded import Loaded, loaded
from benchmarks.machine import Machine, Others
from benchmarks.rounds import Call, Times, interleaved
from tests.engines.fetch_restate import binary_of, folder_in_use
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.adapters.key_store import KeyStore
from wfadmin.asgi import operator_app
from wfadmin.asgi.surveys import Surveys
from wfadmin.domain.doctor import DoctorReport
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.audit import AuditLog

VERSION = "1.7.12"
MOST_TIMES = 1.3
CALLERS = 64
# A call of all callers at once takes as long as dozens of single ones.
FEWER_ROUNDS = 10
PATH = "/api/v2/admin/operator/restate/doctor"
DIRECT, HTTP, HEALTHZ = "direct", "http", "healthz"


class Unshared(Surveys):
    """A survey for each who asks, to see what sharing them is worth."""

    @override
    async def report(self, operator: LocalOperator) -> DoctorReport:
        return await operator.doctor()


async def measure(each: Loaded, rounds: int) -> list[Figure]:
    """Measure one caller at a time, and then many at once."""
    with tempfile.TemporaryDirectory(prefix="wf-") as folder:
        made = await KeyStore(Path(folder, "keys.json")).make(
            "bench", permissions=["system:read", "system:operate"]
        )
        desk = Desk(each, Path(folder, "keys.json"), made.key)
        logs: dict[str, AuditLog] = {
            "memory": MemoryAuditLog(),
            "sqlite": SqliteAuditLog(Path(folder, "audit.sqlite")),
        }
        return [
            *await _one_at_a_time(desk, logs, rounds),
            *await _all_at_once(desk, logs["sqlite"], max(1, rounds // FEWER_ROUNDS)),
        ]


class Desk:
    """A server with what it takes to be asked: operators, apps, clients with a key."""

    def __init__(self, each: Loaded, keys: Path, key: str) -> None:
        self.each = each
        self._keys = keys
        self._headers = {"x-api-key": key}

    @contextlib.asynccontextmanager
    async def operator(self, audit: AuditLog) -> AsyncIterator[LocalOperator]:
        server = self.each.server
        operator = wfadmin.connect(
            "restate", admin_url=server.admin_url, ingress_url=server.ingress_url, audit=audit
        )
        async with operator:
            yield operator

    @contextlib.asynccontextmanager
    async def client(self, audit: AuditLog) -> AsyncIterator[httpx.AsyncClient]:
        """Serve an app to one caller."""
        async with self.clients(audit, 1) as (client,):
            yield client

    @contextlib.asynccontextmanager
    async def clients(self, audit: AuditLog, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
        """
        Serve an app to so many callers, each with a client of their own.

        One client for all would look through all of its connections for each request.
        """
        async with AsyncExitStack() as stack:
            operator = await stack.enter_async_context(self.operator(audit))
            app = operator_app(operator, authenticator=ApiKeys(self._keys))
            url = await stack.enter_async_context(served(app))
            clients = [
                httpx.AsyncClient(
                    base_url=url, headers=self._headers, timeout=60, trust_env=False, verify=False
                )
                for _ in range(count)
            ]
            for one in clients:
                await stack.enter_async_context(one)
            yield clients


@contextlib.asynccontextmanager
async def served(app: wfadmin.asgi.OperatorApp) -> AsyncIterator[str]:
    """Serve an app on a port of the loopback interface, in this loop."""
    # The others take their turn meanwhile: no connection may be closed for being idle.
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_keep_alive=600
    )
    server = uvicorn.Server(config)
    # By its protocol asyncio knows that it is TCP, and sets TCP_NODELAY: else answers wait 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(CALLERS)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def ask(client: httpx.AsyncClient) -> None:
    """Ask for a doctor, and read what it says."""
    answer = await client.post(PATH, json={})
    if answer.raise_for_status().json()["admin"]["status"] != "ok":
        raise AssertionError(answer.text)


# --- one at a time -------------------------------------------------------------------------------


async def _one_at_a_time(desk: Desk, logs: Mapping[str, AuditLog], rounds: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        calls: dict[str, Call] = {}
        for kind, audit in logs.items():
            operator = await stack.enter_async_context(desk.operator(audit))
            client = await stack.enter_async_context(desk.client(audit))
            calls[f"{DIRECT} {kind}"] = partial(_directly, operator)
            calls[f"{HTTP} {kind}"] = partial(_over_http, client)
        alone = await stack.enter_async_context(desk.client(logs["memory"]))
        calls[HEALTHZ] = lambda _: alone.get("/healthz")
        times = await interleaved(calls, rounds)
    part = f"the operator API, {desk.each.retained:,} retained"
    healthz = Figure(part, "healthz: client and server alone", times.median(HEALTHZ))
    return [*(_overhead(part, times, kind) for kind in logs), healthz]


def _directly(operator: LocalOperator, _: int) -> Awaitable[object]:
    return operator.doctor()


def _over_http(client: httpx.AsyncClient, _: int) -> Awaitable[object]:
    return ask(client)


def _overhead(part: str, times: Times, kind: str) -> Figure:
    name, base = f"{HTTP} {kind}", f"{DIRECT} {kind}"
    ratio, over = times.ratio(name, base), times.over(name, base)
    return Figure(
        part,
        f"doctor over HTTP with a key, {kind} audit log",
        times.median(name),
        compared=f"x{ratio:.2f}, {over:+.1f} ms, of {times.median(base):.1f} ms called directly",
        judged=ratio,
        limit=MOST_TIMES,
        budget=f"x{MOST_TIMES:g}",
    )


# --- all at once ---------------------------------------------------------------------------------


async def _all_at_once(desk: Desk, audit: AuditLog, rounds: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        shared = await stack.enter_async_context(desk.clients(audit, CALLERS))
        with patch.object(wfadmin.asgi.app, "Surveys", Unshared):
            unshared = await stack.enter_async_context(desk.clients(audit, CALLERS))
        times = await interleaved(
            {
                "shared": lambda _: _ask_together(shared),
                "unshared": lambda _: _ask_together(unshared),
            },
            rounds,
        )
    part = f"the operator API, {CALLERS} callers at once, {desk.each.retained:,} retained"
    ratio = times.ratio("shared", "unshared")
    rates = {name: 1000 * CALLERS / times.median(name) for name in times.of}
    return [
        Figure(
            part,
            f"{CALLERS} doctors, surveys shared",
            times.median("shared"),
            compared=f"x{ratio:.2f} of unshared: {rates['shared']:.0f} doctors a second",
        ),
        Figure(
            part,
            f"{CALLERS} doctors, a survey each",
            times.median("unshared"),
            compared=f"{rates['unshared']:.0f} doctors a second",
        ),
    ]


async def _ask_together(clients: list[httpx.AsyncClient]) -> None:
    async with anyio.create_task_group() as group:
        for one in clients:
            group.start_soon(ask, one)


# --- by itself -----------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operator_api")
    parser.add_argument("--invocations", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=100)
    given = parser.parse_args()
    started = time.monotonic()
    with loaded(binary_of(folder_in_use(), VERSION), VERSION, given.invocations, "unix") as each:
        print(f"loaded in {time.monotonic() - started:.0f} s", file=sys.stderr)
        others = Others()
        figures = asyncio.run(measure(each, given.rounds))
        busy = others.percent()
    print(f"{Machine.here(VERSION)}\n\n{table(figures)}\n")
    print("Other work on the machine: " + ("?" if busy is None else f"{busy:.0f} %"))
    return 1 if any(one.is_met is False for one in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
