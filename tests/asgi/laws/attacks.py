"""What the attacks share: requests that no client would send, and everything that gets out."""

import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio
import attrs
from starlette.types import ASGIApp, Message

import wfadmin
from tests.adapters.restate.fake import FakeRestate, row
from tests.asgi.http import KEY, V1, V2, Events, Names, Scene
from wfadmin.adapters.credentials import StaticToken
from wfadmin.asgi import operator_app
from wfadmin.operations.local import LocalOperator

Pairs = Iterable[tuple[str, str]]

TOKEN = "engine-token/0123456789+abcdef=="  # noqa: S105 - nobody's
WHOLE = {"prefer": "return=representation"}
RECOVER, REDEPLOY, CLEANUP = "recover-stuck-workflow", "force-redeploy", "cleanup-stale-deployments"
#: Every route that makes the engine act, or fetch, or that prepares it.
ACTING: dict[str, Mapping[str, object]] = {
    RECOVER: KEY,
    f"{RECOVER}/plan": KEY,
    REDEPLOY: {"serviceUrl": V1},
    f"{REDEPLOY}/plan": {"serviceUrl": V1},
    CLEANUP: {"serviceUrl": V1},
    f"{CLEANUP}/plan": {"serviceUrl": V1},
}
ROUTES: dict[str, Mapping[str, object]] = {"doctor": {}, "inspect": KEY, **ACTING}


@attrs.frozen
class Heard:
    """One answer, to the byte."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def whole(self) -> bytes:
        """Everything that the server sent."""
        head = b"\n".join(name + b": " + value for name, value in self.headers)
        return b"%d\n%s\n\n%s" % (self.status, head, self.body)

    @property
    def id(self) -> str:
        """The word for what went wrong."""
        return str(json.loads(self.body)["error"]["id"])


async def asked(  # noqa: PLR0913 - each is a part of a request
    app: ASGIApp,
    target: str,
    body: object = b"{}",
    *,
    headers: Pairs = (),
    caller: str | None = "ada",
    method: str = "POST",
    peer: str = "192.0.2.1",
) -> Heard:
    """Send a request as a server hands it on: the path as it was sent, headers one by one."""
    path, _, query = target.partition("?")
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = [("content-type", "application/json"), *headers]
    pairs += [] if caller is None else [("x-api-key", caller)]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        "client": (peer, 1),
    }
    coming: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not coming:
            await anyio.sleep_forever()
        return coming.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *parts = sent
    told = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
    return Heard(start["status"], told, b"".join(one.get("body", b"") for one in parts))


# --- engines -------------------------------------------------------------------------------------


def stuck() -> Scene:
    """An engine with a failed key that holds a secret, and an old deployment besides."""
    scene = Scene()
    scene.world.deployment(V2, serves=("Order",))
    scene.world.deployment(V1, serves=("Order",))
    scene.failed(failure="boom password=hunter2\n  at pay.py:7 card 4111")
    return scene


def two_engines() -> tuple[Scene, Scene, ASGIApp]:
    """`prod`, which is the default, and `staging`, to which bea is bound."""
    prod, staging = stuck(), stuck()
    operators = {"prod": prod.operator, "staging": staging.operator}
    return prod, staging, operator_app(operators, default="prod", authenticator=Names())


def healthy(failure: str = "boom", **columns: Any) -> FakeRestate:  # noqa: ANN401 - as `row`
    """A Restate of paper with one failed run, on which every verb works."""
    run = row("inv_1", completion_result="failure", completion_failure=failure, **columns)
    counted = {"status": "completed", "result": "failure", "invocation": run["id"], "many": 1}
    deployment = {
        "id": "dp_1",
        "created_at": "2026-05-09T10:00:00Z",
        "services": [{"name": "Order", "revision": 1}],
        "uri": V1,
    }
    handler = {"name": "run", "ty": "Workflow"}
    service = {"name": "Order", "ty": "Workflow", "revision": 1, "deployment_id": "dp_1"}
    return FakeRestate(
        routes={
            "GET /deployments": {"deployments": [deployment]},
            "GET /services": {"services": [service | {"handlers": [handler]}]},
            "GET /restate/health": {"services": []},
            "POST /deployments": {"id": "dp_1", "services": [{"name": "Order", "revision": 1}]},
        },
        queries=[
            ("sum(many)", [counted]),
            ("limit 1", [{"id": "inv_1"}]),
            ("from state", []),
            ("group by 1, 2", []),
            ("", [run]),
        ],
    )


def spoiled(fake: FakeRestate, answer: tuple[int, bytes]) -> FakeRestate:
    """The same, but whatever its admin side is asked, it answers this."""
    for route in (*fake.routes, "PATCH /invocations/inv_1/purge"):
        if route != "GET /restate/health":
            fake.routes[route] = answer
    fake.queries = [("", answer)]
    return fake


def over(
    engine: FakeRestate | str,
    *,
    settings: Mapping[str, Any] | None = None,
    secret: str = TOKEN,
    **ports: Any,  # noqa: ANN401 - as `connect` takes them
) -> LocalOperator:
    """The verbs over the real adapter, with a token: on paper, or at a URL."""
    token = StaticToken(secret)
    if isinstance(engine, FakeRestate):
        return wfadmin.connect(engine.engine(credentials=token, **(settings or {})), **ports)
    urls = {"admin_url": engine, "ingress_url": engine}
    return wfadmin.connect("restate", credentials=token, **urls, **ports)


# --- what gets out -------------------------------------------------------------------------------


class Outside:
    """Everything that somebody else can read: answers, events, logs, and files."""

    def __init__(self, folder: Path, log: logging.Handler) -> None:
        self.answers: list[bytes] = []
        self.events = Events()
        self._folder, self._log = folder, log
        self.lines: list[str] = []
        log.emit = lambda record: self.lines.append(log.format(record))  # type: ignore[method-assign]

    def hear(self, answer: Heard) -> Heard:
        """Keep an answer."""
        self.answers.append(answer.whole)
        return answer

    def places_of(self, secret: str) -> list[str]:
        """Where a secret can be read."""
        files = {one.name: one.read_bytes() for one in self._folder.iterdir() if one.is_file()}
        all_of_it = files | {
            "an answer": b"\n".join(self.answers),
            "an event": repr(self.events.told).encode(),
            "a log": "\n".join(self.lines).encode(),
        }
        return [name for name, text in all_of_it.items() if secret.encode() in text]


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """Listen to every logger, down to the last word."""
    handler, root = logging.Handler(logging.NOTSET), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield Outside(folder, handler)
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
