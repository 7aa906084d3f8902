"""
A real Restate that retains many runs, and on which a few need somebody.

The many are workflow runs with state and journal, submitted over the ingress from a few threads to
one service process; one in fifty fails for good. It is registered with HTTP/1.1: over HTTP/2 the
engine sends all runs over one connection.
"""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import httpx
from typing_extensions import override

import wfadmin
from tests.engines.restate_lab import RestateLab, expect
from tests.engines.restate_server import Listen, RestateServer
from tests.engines.service_host import ServiceHost
from tests.engines.waiting import wait_until

SERVICE = "Order"
FAILS_EACH = 50
SUBMITTERS = 4
PAUSED = 2
DEPLOYMENTS = 2
# A hundred a second would be a tenth of what is usual.
SLOWEST_PER_SECOND = 100
LEAST_SECONDS = 60
HOW_MANY = "select count(*) as n from sys_invocation_status where status = 'completed'"


@dataclass(frozen=True)
class Loaded:
    """A server with what was put into it."""

    server: RestateServer
    retained: int
    waiting_key: str

    def connect(self) -> wfadmin.LocalOperator:
        return wfadmin.connect(
            "restate", admin_url=self.server.admin_url, ingress_url=self.server.ingress_url
        )

    def failed_key(self, number: int) -> str:
        """Give another failed key for each number, until all had their turn."""
        return _key(number * FAILS_EACH % self.retained)


@contextlib.contextmanager
def loaded(binary: Path, version: str, retained: int, listen: Listen) -> Iterator[Loaded]:
    """Start a server, load it, and stop it at the end whatever happens."""
    with RestateServer(binary, version=version, listen=listen) as server, RestateLab(server) as lab:
        with ServiceHost(SERVICE, revision="old") as host:
            _register(lab, host)
            _submit(server, retained)
            wait_until(
                lambda: server.query(HOW_MANY)[0]["n"],
                lambda completed: completed == retained,
                what=f"{retained} runs completed",
                deadline=max(LEAST_SECONDS, retained / SLOWEST_PER_SECOND),
                explain=server.log_tail,
            )
        # The old deployment serves nothing from here on, and stays registered.
        lab.prefer_main()
        for _ in range(PAUSED):
            lab.paused()
            lab.backing_off()
            lab.waiting()
        lab.scheduled()
        yield Loaded(server, retained, lab.waiting().service_key)


def _key(number: int) -> str:
    return f"order-{number}"


def _register(lab: RestateLab, host: ServiceHost) -> None:
    body = {"uri": host.url, "force": False, "use_http_11": True}
    answer = lab.server.admin.post("/deployments", json=body)
    deployment_id = expect(answer, httpx.codes.CREATED).json()["id"]
    wait_until(
        lambda: lab.deployment_of(SERVICE) == deployment_id, what=f"{SERVICE} is routed anew"
    )


def _submit(server: RestateServer, retained: int) -> None:
    stop = Event()
    slices = [range(start, retained, SUBMITTERS) for start in range(SUBMITTERS)]
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        try:
            submit = partial(_submit_each, server.ingress_url, stop)
            for done in [pool.submit(submit, numbers) for numbers in slices]:
                done.result()
        finally:
            # Else the pool would wait for all of them, also after Ctrl-C.
            stop.set()


def _submit_each(ingress_url: str, stop: Event, numbers: range) -> None:
    # The client of the standard library needs a fifth of the time that httpx needs.
    connection = _connection(ingress_url)
    with contextlib.closing(connection):
        for number in numbers:
            if stop.is_set():
                return
            do = "fail" if number % FAILS_EACH == 0 else "succeed"
            path = f"/{SERVICE}/{_key(number)}/run/send"
            headers = {"content-type": "application/json"}
            connection.request("POST", path, json.dumps({"do": do}).encode(), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != http.client.ACCEPTED:
                message = f"{path}: {answer.status} {said!r}"
                raise AssertionError(message)


def _connection(url: str) -> http.client.HTTPConnection:
    if url.startswith("unix://"):
        return _UnixConnection(url.removeprefix("unix://"))
    return http.client.HTTPConnection(httpx.URL(url).netloc.decode())


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)
