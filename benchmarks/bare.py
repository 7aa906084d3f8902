"""Plain httpx, to compare with: the same requests without anything of ours."""

from dataclasses import dataclass
from typing import Any

import httpx

HEADERS = {"accept": "application/json", "accept-encoding": "identity"}
# What httpx adds by itself, and for each connection anew.
OWN_HEADERS = ("host", "connection", "content-length")


@dataclass(frozen=True)
class Sent:
    """A request as it left us."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes


def bare_client(admin_url: str) -> httpx.AsyncClient:
    """Make a client as its documentation says, for a TCP port or a unix socket."""
    if not admin_url.startswith("unix://"):
        return httpx.AsyncClient(base_url=admin_url, headers=HEADERS)
    transport = httpx.AsyncHTTPTransport(uds=admin_url.removeprefix("unix://"))
    return httpx.AsyncClient(base_url="http://localhost", transport=transport, headers=HEADERS)


def recording_client() -> tuple[httpx.AsyncClient, list[Sent]]:
    """Make a client that keeps what it sent."""
    kept: list[Sent] = []

    async def keep(request: httpx.Request) -> None:
        content = await request.aread()
        headers = {k: v for k, v in request.headers.items() if k not in OWN_HEADERS}
        kept.append(Sent(request.method, request.url.raw_path.decode(), headers, content))

    return httpx.AsyncClient(event_hooks={"request": [keep]}), kept


async def again(client: httpx.AsyncClient, requests: list[Sent]) -> list[object]:
    """Send the same once more, and read the answers as JSON."""
    answers: list[object] = []
    for each in requests:
        answer = await client.request(
            each.method, each.path, headers=each.headers, content=each.content
        )
        answers.append(answer.raise_for_status().json())
    return answers


async def sql(client: httpx.AsyncClient, statement: str) -> list[Any]:
    answer = await client.post("/query", json={"query": statement})
    rows: list[Any] = answer.raise_for_status().json()["rows"]
    return rows
