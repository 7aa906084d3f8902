"""A Restate of paper: it answers what a test wrote down, and remembers what it was asked."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs
import httpx

from wfadmin.adapters.restate import connect
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import EngineSettings

URL = "http://localhost:9070"
INGRESS = "http://localhost:8080"
V17 = {"version": "1.7.12", "ingress_endpoint": "http://127.0.0.1:8080/", "features": {}}
V16 = {"version": "1.6.2", "ingress_endpoint": "http://127.0.0.1:8080/"}
SCOPED = V17 | {"features": {"scoped_virtual_objects": True, "vqueues": True}}
KEY = WorkflowKey("Order", "o-1")
# xxh3_64 of b"o-1\xff": `tests/adapters/restate/test_sql.py` has values of live servers.
KEY_HASH = 10038042612364692302


@attrs.define
class FakeRestate:
    """
    Answers by route, and queries by a part of their text: the first one that fits.

    Attributes:
        routes: ``GET /services`` and the like; the value is JSON, or a status with a body.
        queries: A part of the statement, and the rows or the status and body.
    """

    routes: dict[str, Any] = attrs.field(factory=dict)
    queries: list[tuple[str, Any]] = attrs.field(factory=list)
    requests: list[httpx.Request] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.routes.setdefault("GET /version", V17)

    @property
    def statements(self) -> list[str]:
        """The SQL that was asked, on one line each."""
        bodies = [r.content for r in self.requests if r.url.path.endswith("/query")]
        return [" ".join(json.loads(body)["query"].split()) for body in bodies]

    @property
    def asked(self) -> list[str]:
        """Method and path of every request."""
        return [f"{r.method} {r.url.raw_path.decode()}" for r in self.requests]

    @property
    def body(self) -> Any:  # noqa: ANN401 - JSON
        """What the last request held."""
        return json.loads(self.requests[-1].content)

    def engine(self, **settings: Any) -> RestateEngine:  # noqa: ANN401 - as for EngineSettings
        """An engine over this."""
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._handle))
        given: dict[str, Any] = {"admin_url": URL, "ingress_url": INGRESS, "client": client}
        given |= settings
        engine = connect(EngineSettings(**given))
        assert isinstance(engine, RestateEngine)
        return engine

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.raw_path.decode()
        if path == "/query":
            return _response(self._rows(self.statements[-1]), "rows")
        return _response(self.routes[f"{request.method} {path}"])

    def _rows(self, statement: str) -> Any:  # noqa: ANN401 - JSON
        return next(answer for part, answer in self.queries if part in statement)


def _response(answer: Any, name: str | None = None) -> httpx.Response:  # noqa: ANN401 - JSON
    if isinstance(answer, tuple):
        status, body = answer
        return httpx.Response(status, content=body)
    return httpx.Response(200, json=answer if name is None else {name: answer})


def row(invocation_id: str = "inv_1", **columns: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    """A row of a completed run of a workflow; a column that is None is left out."""
    common = {
        "id": invocation_id,
        "status": "completed",
        "target_service_name": "Order",
        "target_service_key": "o-1",
        "target_handler_name": "run",
        "target_service_ty": "workflow",
        "completion_result": "success",
        "completion_retention": "PT86400S",
        "pinned_deployment_id": "dp_1",
        "journal_size": 4,
        "created_at": "2026-05-09T10:00:00.123Z",
        "modified_at": "2026-05-09T10:00:01Z",
        "completed_at": "2026-05-09T10:00:01Z",
    }
    return {k: v for k, v in (common | columns).items() if v is not None}


def unfinished(invocation_id: str = "inv_1", **columns: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """A row of a run that goes on."""
    ended = dict.fromkeys(("completion_result", "completed_at"))
    return row(invocation_id, **({"status": "running"} | ended | columns))


def ref(invocation_id: str) -> InvocationRef:
    """A reference without a fence."""
    return InvocationRef(KEY, invocation_id, None)


class Token(Credentials):
    """A token."""

    async def token(self) -> str | None:
        return "s3cret"


FAST = timedelta(milliseconds=200)
