"""A sidecar of paper: it answers what a test wrote down, and nothing else."""

import json
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest

from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.dapr.versions import Version
from wfadmin.domain.keys import Incarnation, InvocationRef, WorkflowKey
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import EngineSettings

URL = "http://127.0.0.1:3500"
KEY = WorkflowKey("Order", "o-1")
NOBODY = "nobody-bears-this"
CREATED = "2026-11-20T23:11:55.744307780Z"
UPDATED = "2026-11-20T23:11:56.7514621Z"
FAST = timedelta(milliseconds=200)

NO_ROUTE = (404, {"errorCode": "ERR_DIRECT_INVOKE", "message": "failed getting app id"})
NO_INSTANCE = (404, {"errorCode": "ERR_INSTANCE_ID_NOT_FOUND", "message": "unable to find"})
NOT_DAPR = (404, "<h1>no such page</h1>")
SILENCE = httpx.ReadTimeout("nothing came")

GET = "GET /v1.0/workflows/dapr/o-1"
PROBE = f"GET /v1.0/workflows/dapr/{NOBODY}"
METADATA = "GET /v1.0/metadata"


def post(tail: str, prefix: str = "v1.0") -> str:
    """A write below the component."""
    return f"POST /{prefix}/workflows/dapr/{tail}"


def metadata(version: str | None = "1.18.3", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Metadata of a sound sidecar with one worker; a key that is None is left out."""
    common = {
        "id": "wf",
        "runtimeVersion": version,
        "actorRuntime": {
            "runtimeStatus": "RUNNING",
            "hostReady": True,
            "placement": "placement: connected",
        },
        "scheduler": {"connected_addresses": ["127.0.0.1:50006"]},
        "workflows": {"connectedWorkers": 1},
    }
    return {key: value for key, value in (common | more).items() if value is not None}


def instance(status: str = "RUNNING", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """An instance of `KEY`; a key that is None is left out."""
    common = {
        "instanceID": "o-1",
        "workflowName": "Order",
        "createdAt": CREATED,
        "lastUpdatedAt": UPDATED,
        "runtimeStatus": status,
        "properties": {"dapr.workflow.input": ""},
    }
    return {key: value for key, value in (common | more).items() if value is not None}


def never_ran() -> dict[str, Any]:
    """An instance that waits for its first turn."""
    zero = "0001-01-01T00:00:00Z"
    times = {"createdAt": zero, "lastUpdatedAt": zero}
    return instance("PENDING", workflowName=None, properties=None, **times)


@attrs.define
class FakeSidecar:
    """
    Answers by method and path.

    Attributes:
        routes: The value is JSON, a status with a body, or an error of the network.
        is_met: Whether the engine has found its routes and version before.
        then: What changes in the routes once one was asked.
    """

    routes: dict[str, Any] = attrs.field(factory=dict)
    is_met: bool = True
    then: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    requests: list[httpx.Request] = attrs.field(factory=list)

    @property
    def asked(self) -> list[str]:
        """Method, path and query of every request."""
        return [f"{r.method} {r.url.raw_path.decode()}" for r in self.requests]

    def engine(self, *, app_id: str | None = None, **settings: Any) -> DaprEngine:  # noqa: ANN401
        """An engine over this."""
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._handle))
        given: dict[str, Any] = {"admin_url": URL, "client": client} | settings
        engine = connect(EngineSettings(**given), app_id=app_id)
        assert isinstance(engine, DaprEngine)
        engine._api.nobody = lambda: NOBODY
        if self.is_met:
            engine._api._prefix, engine._api._version = "v1.0", Version("1.18.3")
        return engine

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.asked[-1] not in self.routes:
            # Not caught with what an engine may do: it ends the test.
            pytest.fail(f"nobody wrote down what is answered to {self.asked[-1]}")
        answer = self.routes[self.asked[-1]]
        self.routes |= self.then.get(self.asked[-1], {})
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        content = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, content=content)


def ref(instance_id: str = "o-1", key: WorkflowKey | None = KEY) -> InvocationRef:
    """A reference to a run."""
    return InvocationRef(key, instance_id, Incarnation(CREATED))


class Token(Credentials):
    """A token."""

    async def token(self) -> str | None:
        return "s3cret-s3cret"
