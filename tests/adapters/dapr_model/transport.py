"""Requests to the model of a sidecar, over no network."""

from collections.abc import AsyncIterator

import httpx
from typing_extensions import override

from tests.adapters.dapr_model.conditions import Asked
from tests.adapters.dapr_model.sidecar import Sidecar

__all__ = ["SidecarTransport"]


class SidecarTransport(httpx.AsyncBaseTransport):
    """
    Carries requests to a sidecar. Nobody sleeps.

    What is never answered, or later than the request waits, is a time limit that is over at once.
    """

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        body = await request.aread()
        reply = self._sidecar.answer(Asked(request.method, target, dict(request.headers), body))
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        limit = limits.get("read")
        if reply is None or (limit is not None and reply.after.total_seconds() > limit):
            raise httpx.ReadTimeout("no answer came", request=request)
        if reply.after:
            self._sidecar.waited.append(reply.after)
        headers = {} if reply.kind is None else {"content-type": reply.kind}
        return httpx.Response(reply.status, headers=headers, stream=_Body(reply.body.encode()))


class _Body(httpx.AsyncByteStream):
    """A body that a client reads as one that came over a connection."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
