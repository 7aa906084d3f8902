"""What a caller may add to a request, and answers of gateways that a caller judges itself."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.wire.http_support import ELSEWHERE, KILL, READ, Token, at, http_over, replying
from tests.wire.servers import LIBRARIES
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.wire.http import EngineHttp, Request, Write

pytestmark = pytest.mark.asyncio

PRIVATE = at("http://127.0.0.1:9070")
JUDGING = Write("recover", "o-1", judges_gateways=True)
TOKEN = "s3cret-s3cret-s3cret"  # noqa: S105 - made up


def header_of(token: str) -> str | None:
    return "x-api-key" if token == TOKEN else None


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("token", "name", "value"),
    [(TOKEN, "x-api-key", TOKEN), ("other", "authorization", "Bearer other")],
)
async def test_a_token_can_decide_about_its_header(
    library: str, token: str, name: str, value: str
) -> None:
    client, seen = replying(library, (200, b"{}"))
    http = EngineHttp(timedelta(seconds=5), Token(token), client, token_header=header_of)

    await http.read(PRIVATE, READ)

    assert seen[0].headers[name] == value
    assert len({"authorization", "x-api-key"} & set(seen[0].headers)) == 1


async def test_more_headers_go_with_a_request_and_none_takes_the_place_of_the_token() -> None:
    client, seen = replying("httpx", (200, b"{}"))
    request = Request("GET", "/", headers=(("prefer", "all"), ("authorization", "mine")))

    await http_over(client, credentials=Token(TOKEN)).read(PRIVATE, request)

    assert seen[0].headers["prefer"] == "all"
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_the_headers_of_a_request_are_not_shown() -> None:
    assert "mine" not in repr(Request("GET", "/", headers=(("authorization", "mine"),)))


@pytest.mark.parametrize("status", [502, 504])
async def test_who_judges_gateways_gets_their_answers(status: int) -> None:
    client, seen = replying("httpx", (status, b"said"), (status, b"said"))
    request = Request("POST", "/recover", b"{}")

    reply = await http_over(client).write(ELSEWHERE, request, JUDGING)
    with pytest.raises(OutcomeUnknown):
        await http_over(client).write(ELSEWHERE, request, KILL)

    assert (reply.status, reply.body) == (status, b"said")
    assert len(seen) == 2


async def test_what_is_slow_to_answer_is_not_waited_for_to_connect() -> None:
    seen: list[dict[str, Any]] = []

    def hello(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, content=b"{}")

    client = httpx.AsyncClient(transport=httpx.MockTransport(hello))
    slow = Request("GET", "/", floor=timedelta(seconds=100))

    await http_over(client, timeout=5.0).read(ELSEWHERE, slow)

    assert seen == [{"connect": 4.0, "read": 100.0, "write": 100.0, "pool": 4.0}]
