"""What the tests of requests share."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from tests.wire.servers import LIBRARIES
from wfadmin.ports.credentials import Credentials
from wfadmin.wire.http import EngineHttp, Request, Write
from wfadmin.wire.places import Place, place_of

READ = Request("GET", "/version")
QUERY = Request("POST", "/query", b"{}", answers_in_parts=True)
SEND = Request("PATCH", "/invocations/inv_1/kill")
KILL = Write("kill", "inv_1")
ELSEWHERE = place_of("http://engine.example:9070", "admin URL")

Answering = Callable[[Any], Any]


class Token(Credentials):
    """A token, as a test needs it."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    async def token(self) -> str | None:
        return self._token


class Pauses:
    """Waits in no time, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def at(url: str) -> Place:
    """Give the place of a URL."""
    return place_of(url, "admin URL")


def http_over(
    client: Any = None,  # noqa: ANN401 - of either library
    *,
    timeout: float = 5.0,
    credentials: Credentials | None = None,
    pauses: Callable[[float], Awaitable[None]] | None = None,
) -> EngineHttp:
    """Give the requests over a client, or over our own."""
    return EngineHttp(
        timedelta(seconds=timeout),
        credentials,
        client,
        sleep=pauses or Pauses(),
        chance=lambda: 0.5,
    )


def answering(library: str, handler: Answering) -> Any:  # noqa: ANN401 - of either library
    """Give a client that calls `handler` instead of a server."""
    module = LIBRARIES[library]
    return module.AsyncClient(transport=module.MockTransport(handler))


def replying(library: str, *answers: Any) -> tuple[Any, list[Any]]:  # noqa: ANN401 - of either
    """Give a client that answers so, or raises so, in turn; and the list of its requests."""
    module = LIBRARIES[library]
    left, seen = list(answers), []

    def handler(request: Any) -> Any:  # noqa: ANN401 - of either library
        seen.append(request)
        status, body, *headers = left.pop(0)
        if isinstance(status, str):
            raise getattr(module, status)(body)
        return module.Response(status, content=body, headers=dict(headers))

    return answering(library, handler), seen
