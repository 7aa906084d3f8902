"""The way to a real Restate for the network of the kit: what writes, and where rows lie."""

import json
import re
from collections.abc import Mapping

import httpx
from typing_extensions import override


def is_write(request: httpx.Request) -> bool:
    """Whether a request to the admin API could change anything."""
    if request.method == "GET" or request.url.path == "/query":
        return False
    return request.url.path != "/deployments" or not json.loads(request.content)["dry_run"]


class RestateWay(httpx.AsyncBaseTransport):
    """Over the socket; may let the engine keep its rows where nobody expects them."""

    def __init__(self, sockets: Mapping[str, str]) -> None:
        # Nothing is kept open: the server ends idle connections when it likes.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = {
            httpx.URL(url).port: httpx.AsyncHTTPTransport(
                uds=path.removeprefix("unix://"), verify=False, limits=limits
            )
            for url, path in sockets.items()
        }
        self.is_misplaced = False

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = self._inner[request.url.port]
        if not self.is_misplaced or request.url.path != "/query":
            return await inner.handle_async_request(request)
        answer = await inner.handle_async_request(_elsewhere(request))
        await answer.aread()
        await answer.aclose()
        if not answer.is_success:
            return answer
        document = answer.json()
        for row in document["rows"]:
            if "partition_key" in row:
                row["partition_key"] = _other(row["partition_key"])
        return httpx.Response(answer.status_code, json=document)

    @override
    async def aclose(self) -> None:
        for one in self._inner.values():
            await one.aclose()


def _elsewhere(request: httpx.Request) -> httpx.Request:
    """The same question, about another partition."""
    sql = json.loads(request.content)["query"]
    moved = re.sub(r"partition_key = (\d+)", lambda n: f"partition_key = {_other(n[1])}", sql)
    headers = [pair for pair in request.headers.multi_items() if pair[0] != "content-length"]
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        json={"query": moved},
        extensions=request.extensions,
    )


def _other(number: int | str) -> int:
    return int(number) ^ 1
