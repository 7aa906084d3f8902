"""The admin API of one Restate: its routes, asked and read."""

from typing import Generic, TypeVar

import attrs

from wfadmin.adapters.restate.sql import query_body
from wfadmin.adapters.restate.versions import Version
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import Sent
from wfadmin.wire.http import EngineHttp, Request, Write
from wfadmin.wire.places import Place

__all__ = ["NAME", "RestateApi"]

#: The name of this adapter.
NAME = "restate"

_T = TypeVar("_T")

# 425 is what resuming a run gets that has not started.
_ANSWERS = {404: Answer.NOT_FOUND, 409: Answer.WRONG_STATUS, 425: Answer.WRONG_STATUS}


@attrs.frozen
class _Rows(Generic[_T]):
    rows: tuple[_T, ...]


@attrs.frozen(eq=False)
class RestateApi:
    """Asks the admin side. Everything it raises is a `WfadminError`."""

    http: EngineHttp
    place: Place

    async def get(self, path: str, kind: type[_T]) -> _T:
        """What a route answers, as `kind`."""
        reply = await self.http.read(self.place, Request("GET", path))
        return reply.read(kind)

    async def version(self) -> Version:
        """Which version answers now."""
        return await self.get("/version", Version)

    async def rows(self, statement: str, kind: type[_T]) -> tuple[_T, ...]:
        """The rows of a statement. A column that is null is left out by the engine."""
        body = query_body(statement)
        request = Request("POST", "/query", body, answers_in_parts=True)
        reply = await self.http.read(self.place, request)
        return reply.read(_Rows[kind]).rows  # type: ignore[valid-type]  # made from what is asked

    async def send(self, request: Request, write: Write) -> Answer:
        """
        Send a write whose success has nothing to say, once.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it.
        """
        reply = await self.http.write(self.place, request, write)
        if reply.is_success:
            return write.accepted_by(reply)
        # A route that is not there also answers 404, without a word.
        if reply.status in _ANSWERS and reply.message is not None:
            return _ANSWERS[reply.status]
        raise reply.rejected(sent=Sent.YES)
