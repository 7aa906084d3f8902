"""What the tests of the operator API share: an engine behind an app, and who calls it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx
from starlette.types import ASGIApp

from tests.operations.repairs import operator_of
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.asgi import OperatorApp, operator_app
from wfadmin.errors import AuditUnavailable
from wfadmin.ports import AuditRecord, Principal
from wfadmin.ports.auth import Authenticator

SEEDS = "/api/v2/admin/operator/workflow-engine"
KEY = {"serviceName": "Order", "serviceKey": "o-1"}
V1, V2 = "http://orders-v1:9080", "http://orders-v2:9080"
READ, OPERATE = "system:read", "system:operate"

ADA = Principal("ada", frozenset({READ, OPERATE}))
ROB = Principal("rob", frozenset({READ}))
OLA = Principal("ola", frozenset({OPERATE}))
EVE = Principal("eve", frozenset({"system:other"}))
BEA = Principal("bea", frozenset({READ, OPERATE}), frozenset({"staging"}))
CALLERS = {one.name: one for one in (ADA, ROB, OLA, EVE, BEA)}


@attrs.frozen
class Names(Authenticator):
    """Knows callers by the name that they send as their key."""

    callers: Mapping[str, Principal] = attrs.field(factory=lambda: CALLERS)

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        return self.callers.get(headers.get("x-api-key", ""))


class Events:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.told.append((name, dict(fields)))

    def named(self, name: str) -> list[dict[str, object]]:
        return [fields for one, fields in self.told if one == name]


class Full(MemoryAuditLog):
    """An audit log that has no place left."""

    async def intent(self, _record: AuditRecord) -> None:
        raise AuditUnavailable("the disk is full")

    async def note(self, _record: AuditRecord) -> None:
        raise AuditUnavailable("the disk is full")


class Scene:
    """One engine, what is on record, and the points that were reached."""

    def __init__(self, **ports: object) -> None:
        self.world = World()
        self.audit: MemoryAuditLog = ports.pop("audit", None) or MemoryAuditLog(  # type: ignore[assignment]
            clock=self.world.clock
        )
        self.events = Events()
        ports.setdefault("observer", self.events)
        self.operator = operator_of(self.world, audit=self.audit, **ports)
        self.points: list[Point] = []
        self.world.engine.points.hook = self._seen

    async def _seen(self, point: Point) -> None:
        self.points.append(point)

    def failed(self, key: str = "o-1", failure: str = "boom") -> str:
        """Put a failed run with state on the engine, and give its id."""
        placed = self.world.workflow("Order").key(key).state({"step": b"pay"})
        return placed.failed(failure).id

    def app(self, **options: Any) -> OperatorApp:  # noqa: ANN401 - as the app takes them
        """Serve the engine; who calls is known by name, unless told otherwise."""
        if "unsafe_allow_anonymous" not in options:
            options.setdefault("authenticator", Names())
        return operator_app(options.pop("operators", self.operator), **options)

    def of_http(self) -> list[dict[str, object]]:
        """Tell the essence of every record, oldest first."""
        return [told(one) for one in self.audit.records]


def told(one: AuditRecord) -> dict[str, object]:
    """Tell who did what, and how it ended."""
    return {"actor": one.actor, "verb": one.verb, "outcome": one.outcome}


@asynccontextmanager
async def client_of(
    app: ASGIApp,
    *,
    caller: str | None = "ada",
    peer: str = "192.0.2.1",
    base: str = SEEDS,
) -> AsyncIterator[httpx.AsyncClient]:
    """Call an app in process, as somebody, from somewhere."""
    transport = httpx.ASGITransport(app, client=(peer, 1))
    headers = {} if caller is None else {"x-api-key": caller}
    url = f"http://host{base}/"
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        yield client


async def post(
    app: ASGIApp,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    **caller: Any,  # noqa: ANN401 - as `client_of` takes them
) -> httpx.Response:
    """Send one request."""
    async with client_of(app, **caller) as client:
        return await client.post(path, json={} if body is None else body, headers=headers)


def error_of(response: httpx.Response) -> dict[str, Any]:
    """Give the error of a body that holds nothing else."""
    document = json.loads(response.content)
    assert list(document) == ["error"]
    assert document["error"]["status"] == response.status_code
    error: dict[str, Any] = document["error"]
    return error


def shape(value: object) -> object:
    """Give the names and types of a JSON value, whatever it holds."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return type(value).__name__
