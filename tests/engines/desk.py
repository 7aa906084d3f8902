"""
An operator at work on a real Restate, with everything that left it on the table.

    with Desk(lab.server) as desk:
        desk.operator.recover_stuck_workflow(key)
    assert desk.writes == ["PATCH /invocations/inv_1/purge"]
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import attrs
import httpx
from typing_extensions import override

import wfadmin
from tests.engines.restate_lab import Run
from tests.engines.restate_server import RestateServer
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.runtime import SystemClock

Seen = Callable[[str], None]


class ClockAhead(SystemClock):
    """This machine's clock, set forward: what began a second ago is old."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    @override
    def now(self) -> datetime:
        return super().now() + self._ahead


class Desk:
    """
    The verbs, without `await`, over a client that notes every request. Use it with `with`.

    `before` and `after` are called with each request as it is noted, before it leaves and when
    its answer begins.
    """

    def __init__(
        self,
        server: RestateServer,
        *,
        ahead: timedelta = timedelta(0),
        settle: timedelta = timedelta(seconds=10),
        before: Seen | None = None,
        after: Seen | None = None,
    ) -> None:
        clock = ClockAhead(ahead)
        self.audit = MemoryAuditLog(clock=clock)
        self.evidence = MemoryEvidence()
        #: `METHOD path` of every request, in the order in which they left.
        self.requests: list[str] = []
        operator = wfadmin.connect(
            "restate",
            admin_url="http://localhost",
            client=self._client(server, before, after),
            actor="ada",
            audit=self.audit,
            evidence=self.evidence,
            clock=clock,
        )
        operator = attrs.evolve(operator, host=attrs.evolve(operator.host, settle=settle))
        self.operator = wfadmin.BlockingOperator(operator)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.operator.close()

    @property
    def writes(self) -> list[str]:
        """The requests that could change anything: not a GET, a query or a dry run."""
        return [one for one in self.requests if not is_read(one)]

    @property
    def outcomes(self) -> list[tuple[str, str | None]]:
        """What the audit log holds: verbs, each with how it ended; None where it begins."""
        return [(one.verb, one.outcome) for one in self.audit.records]

    def _client(
        self, server: RestateServer, before: Seen | None, after: Seen | None
    ) -> httpx.AsyncClient:
        async def note(request: httpx.Request) -> None:
            self.requests.append(noted(request))
            if before is not None:
                before(noted(request))

        async def answered(response: httpx.Response) -> None:
            if after is not None:
                after(noted(response.request))

        hooks: dict[str, list[Callable[..., Awaitable[None]]]] = {
            "request": [note],
            "response": [answered],
        }
        # Nothing is kept open, so that nothing has to be closed in the loop that opened it.
        transport = httpx.AsyncHTTPTransport(
            uds=server.admin_url.removeprefix("unix://"),
            verify=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        return httpx.AsyncClient(transport=transport, event_hooks=hooks, trust_env=False)


def noted(request: httpx.Request) -> str:
    """Write a request as its method and path; a registration also says if it is a dry run."""
    line = f"{request.method} {request.url.raw_path.decode()}"
    if line == "POST /deployments" and json.loads(request.content)["dry_run"]:
        return f"{line} (dry run)"
    return line


def is_read(line: str) -> bool:
    """Say whether a request, as it was noted, can change nothing."""
    return line.startswith("GET ") or line in ("POST /query", "POST /deployments (dry run)")


def key_of(run: Run) -> wfadmin.WorkflowKey:
    """Name the key that a run is of."""
    return wfadmin.WorkflowKey(run.service_name, run.service_key)
