"""
Only requests that name this machine: a fence where nobody is asked who they are.

A page of the web may call its own name a name of this machine, after it was loaded. What the
browser of whoever looks at it then sends comes from here, with that name in `Host`.
"""

import json
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

import attrs
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wfadmin.wire.documents import failure_document
from wfadmin.wire.outcomes import Category, Ending

__all__ = ["OnlyHere"]

# "Misdirected request": this server is not to answer for that name.
_ENDING = Ending(421, 2, Category.CLIENT)
_FAILURE = failure_document(
    "host_not_served",
    _ENDING,
    message="This name is not one of this machine.",
    why="Nobody is asked who they are here, so a page of the web must not be able to ask.",
    fix="Call it as 127.0.0.1 or localhost, or have it served with keys.",
)


@attrs.frozen
class OnlyHere:
    """
    An ASGI app that answers only where `Host` names this machine.

    Attributes:
        app: Answers then.
        names: Other names of this machine than `localhost`.
    """

    app: ASGIApp
    names: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] != "http" or self._is_named(scope["headers"]):
            await self.app(scope, receive, send)
            return
        content = json.dumps(_FAILURE).encode("ascii")
        response = Response(content, _ENDING.http_status or 0, media_type="application/json")
        await response(scope, receive, send)

    def _is_named(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        named = [value.decode("latin-1") for name, value in headers if name == b"host"]
        return len(named) == 1 and self._is_here(named[0])

    def _is_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in {"localhost", *self.names} or ip_address(name).is_loopback
        except ValueError:
            return False
