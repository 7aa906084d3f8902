"""What the tests of the remote operator share: an API in process, and who calls it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

import wfadmin
from tests.asgi.http import Scene
from wfadmin.adapters.credentials import StaticToken
from wfadmin.remote import RemoteOperator

URL = "http://localhost"
KEY = wfadmin.WorkflowKey("Order", "o-1")


@asynccontextmanager
async def far(
    app: ASGIApp, *, caller: str = "ada", url: str = URL
) -> AsyncIterator[RemoteOperator]:
    """Give the verbs over an app in this process, for somebody."""
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport) as client:
        yield RemoteOperator(url, credentials=StaticToken(caller), client=client)


@asynccontextmanager
async def far_from(scene: Scene, **options: Any) -> AsyncIterator[RemoteOperator]:  # noqa: ANN401
    """Give the verbs over the engine of a scene."""
    async with far(scene.app(**options)) as operator:
        yield operator


def answering(
    handler: Callable[[httpx.Request], httpx.Response],
    url: str = URL,
    **options: Any,  # noqa: ANN401 - as the operator takes them
) -> RemoteOperator:
    """Give the verbs over something that answers so."""
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return RemoteOperator(url, client=client, **options)


def saying(status: int, body: object = None, **options: Any) -> RemoteOperator:  # noqa: ANN401
    """Give the verbs over something that answers everything so: bytes, or JSON."""

    def handler(_: httpx.Request) -> httpx.Response:
        if isinstance(body, bytes):
            return httpx.Response(status, content=body)
        return httpx.Response(status, json=body)

    return answering(handler, **options)


class Seen:
    """Answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.left = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def paths(self) -> list[str]:
        """Give the last part of every path."""
        return [one.url.path.rpartition("/workflow-engine")[2] for one in self.requests]
