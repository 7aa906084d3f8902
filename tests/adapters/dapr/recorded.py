"""
The recorded exchanges, and a sidecar that answers with one of them.

It is strict: to a request that was not recorded it does not make up an answer, it ends the test.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import attrs
import httpx
import pytest

from tests.adapters.dapr.fake import URL
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.dapr.versions import Version
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import EngineSettings

_FILE = Path(__file__).parent / "recordings" / "http-v1.18.3.json"
_INSTANCE = re.compile(r"/(v1\.0[^/]*)/workflows/dapr/([^/?]+)")
_OPERATION = re.compile(_INSTANCE.pattern + r"/(pause|resume|terminate|purge)")
_EVENT = re.compile(_INSTANCE.pattern + r"/raiseEvent/([^/?]*)")
_START = re.compile(r"/(v1\.0[^/]*)/workflows/dapr/([^/?]*)/start(?:\?instanceID=([^&]*))?")
_HUGE = "<5 MiB JSON string>"


@attrs.frozen
class Call:
    """The call of ours whose request comes nearest to a recorded one."""

    operation: str
    prefix: str = "v1.0"
    instance_id: str = ""
    name: str = ""


@attrs.frozen
class Exchange:
    """One recorded request and its answer; `status` is None where none came."""

    name: str
    method: str
    path: str
    body: str
    headers: dict[str, str]
    status: int | None
    text: str

    @property
    def payload(self) -> str | None:
        """What was sent with it; the long one was not kept."""
        return '"' + 5 * 1024 * 1024 * "x" + '"' if self.body == _HUGE else self.body or None

    @property
    def said(self) -> dict[str, Any]:
        """The JSON of the answer; empty where it is none."""
        try:
            told = json.loads(self.text)
        except ValueError:
            return {}
        assert isinstance(told, dict)
        return told

    @property
    def code(self) -> str | None:
        """Its error code."""
        return self.said.get("errorCode")

    @property
    def gist(self) -> str:
        """The status of an instance, or how the words of a failed operation end."""
        if "runtimeStatus" in self.said:
            return str(self.said["runtimeStatus"])
        if self.status != 500:
            return ""
        words = re.sub(r"'[^']*'", "X", str(self.said["message"]))
        return words.rpartition(" = ")[2].rpartition(": ")[2]

    @property
    def call(self) -> Call | None:
        """The call of ours; None where none comes near it."""
        if self.method == "GET":
            return self._question()
        if found := _OPERATION.match(self.path):
            return Call(found[3], found[1], unquote(found[2]))
        if found := _EVENT.match(self.path):
            return Call("raise", found[1], unquote(found[2]), unquote(found[3]))
        if found := _START.match(self.path):
            return Call("start", found[1], unquote(found[3] or ""), unquote(found[2]))
        return None

    def _question(self) -> Call | None:
        if self.path.startswith("/v1.0/metadata"):
            return Call("metadata")
        if self.path.startswith("/v1.0/healthz"):
            return Call("ingress")
        found = _INSTANCE.match(self.path)
        return None if found is None else Call("get", found[1], unquote(found[2]))


@cache
def exchanges() -> tuple[Exchange, ...]:
    """Every exchange, in the order of the recording."""
    return tuple(map(_exchange, json.loads(_FILE.read_text(encoding="utf-8"))["exchanges"]))


def exchange(name: str) -> Exchange:
    """The exchange of that name."""
    return next(one for one in exchanges() if one.name == name)


def _exchange(entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    assert (response["status"] is None) == ("client_gave_up" in response)
    return Exchange(
        name=entry["name"],
        method=request["method"],
        path=request["path"],
        body=request["body"],
        headers=request["headers"],
        status=response["status"],
        text=response["body"],
    )


class _Token(Credentials):
    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str | None:
        return self._token


@attrs.define
class Replay:
    """
    A sidecar that answers these exchanges only.

    Attributes:
        is_strict: False answers anything, with nothing: to see what would be sent.
        requests: What was sent, as method, path and body.
    """

    known: tuple[Exchange, ...]
    is_strict: bool = True
    requests: list[tuple[str, str, str]] = attrs.field(factory=list)

    def engine(self, prefix: str = "v1.0") -> DaprEngine:
        """An engine that knows the version, and has found the routes at that prefix."""
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._handle))
        tokens = [
            one.headers["dapr-api-token"] for one in self.known if "dapr-api-token" in one.headers
        ]
        credentials = _Token(tokens[0]) if tokens else None
        engine = connect(EngineSettings(URL, credentials=credentials, client=client))
        assert isinstance(engine, DaprEngine)
        engine._api._prefix, engine._api._version = prefix, Version("1.18.3")
        return engine

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.raw_path.decode(), request.content.decode()
        self.requests.append((request.method, path, body))
        for one in self.known:
            same = (one.method, one.path, one.payload or "") == self.requests[-1]
            token = request.headers.get("dapr-api-token")
            if same and token == one.headers.get("dapr-api-token"):
                return _answer(one)
        if self.is_strict:
            pytest.fail(f"not recorded: {request.method} {path} {body[:80]!r}")
        return httpx.Response(204)


def _answer(one: Exchange) -> httpx.Response:
    if one.status is None:
        raise httpx.ReadTimeout("the recording client gave up")
    return httpx.Response(one.status, content=one.text.encode())
