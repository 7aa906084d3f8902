"""
One request, from its headers to its answer.

Known, heard, allowed, in turn, done, on record: in this order for every route.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

import anyio
import attrs
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wfadmin.asgi.bodies import Body, RedeployBody, arguments_of, read_body
from wfadmin.asgi.calls import Answer, Wish, perform
from wfadmin.asgi.door import Door
from wfadmin.asgi.failures import (
    Failure,
    described,
    engine_not_found,
    not_json,
    on_path,
    service_url_not_allowed,
    too_large,
    too_slow,
    unexpected,
)
from wfadmin.asgi.gate import Gate, to_its_end
from wfadmin.asgi.headers import (
    IN_FULL,
    approved_digest,
    check_content,
    folded,
    peer_of,
    prefers_in_full,
    request_id,
)
from wfadmin.asgi.readers import for_reader
from wfadmin.asgi.records import Tally
from wfadmin.asgi.routes import OPERATE, Action, check_permission, may_operate
from wfadmin.asgi.settings import Settings
from wfadmin.asgi.shapes import View
from wfadmin.asgi.surveys import Surveys
from wfadmin.asgi.visit import Call, Visit
from wfadmin.domain.errors import NotPermitted, UsageError, WfadminError
from wfadmin.domain.urls import normalised_url
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.auth import Principal

__all__ = ["MAX_BODY", "Desk", "rendered"]

#: The largest body that is read.
MAX_BODY = 64 * 1024
_NOT_UNDERSTOOD = (400, 408, 413, 415, 422)
_UNAUTHENTICATED = 401


@attrs.frozen(eq=False)
class Desk:
    """
    Answers requests.

    Attributes:
        surveys: One for each engine.
        strangers: The attempts of those who are not known.
        misuse: The attempts that could not be understood.
    """

    settings: Settings
    engines: Mapping[str, LocalOperator]
    default: str
    door: Door
    gate: Gate
    surveys: Mapping[str, Surveys]
    strangers: Tally
    misuse: Tally

    async def answer(self, request: Request, action: Action, route: str) -> Response:
        """The answer to a request on a route; every error is one."""
        headers = folded(request.headers.raw)
        name = request.path_params.get("engine", self.default)
        # What nobody serves is kept by the log of the default engine.
        operator = self.engines.get(name, self.engines[self.default])
        call = Call(
            id=request_id(headers),
            peer=self._peer(request, headers),
            operator=operator,
            since=operator.host.clock.monotonic(),
            route=route,
            engine=name if name in self.engines else None,
            action=action,
        )
        try:
            response = rendered(await self._answered(request, headers, call, name))
        except Failure as failure:
            response = await self._failed(call, failure)
        except WfadminError as error:
            response = await self._failed(call, described(error))
        except Exception as error:  # noqa: BLE001 - our own mistake: nothing of it is told
            fields = {"error": type(error).__name__, "request_id": call.id}
            operator.host.observer.event("http.failed", fields)
            response = await self._failed(call, unexpected())
        await self._flush()
        return _sent(response, call)

    def off_route(self, request: Request, status: int, headers: Mapping[str, str]) -> Response:
        """The answer to a request on no route, or with another method; it is not on record."""
        sent = folded(request.headers.raw)
        failure = on_path(status)
        visit = Visit(
            id=request_id(sent),
            peer=self._peer(request, sent),
            operator=self.engines[self.default],
            since=self._now(),
            error=failure.slug,
        )
        return _sent(rendered(Answer(failure.document, headers), status), visit)

    async def aclose(self) -> None:
        """Put on record what was only counted so far."""
        for tally in (self.strangers, self.misuse):
            await tally.aclose()

    def _peer(self, request: Request, headers: Mapping[str, str]) -> str:
        client = None if request.client is None else request.client.host
        return peer_of(client, headers, self.settings.trusted_proxies)

    async def _answered(
        self,
        request: Request,
        headers: Mapping[str, str],
        call: Call,
        name: str,
    ) -> Answer:
        caller = await self.door.admit(headers, call.peer)
        call.caller = caller
        self._check_engine(caller, name)
        body = await self._body(request, headers, call, caller)
        view = View(in_full=prefers_in_full(headers), as_operator=may_operate(caller))
        digest = approved_digest(headers) if call.action.is_write else None
        wish = Wish(call.action, body, view, digest)
        operator = call.acting()

        async def work() -> Answer:
            return await perform(operator, wish, self.surveys[name])

        async with self.gate.turn():
            answer = await (to_its_end(work) if call.action.is_write else work())
        applied = {"preference-applied": IN_FULL} if view.in_full else {}
        return attrs.evolve(answer, headers={**answer.headers, **applied})

    def _check_engine(self, caller: Principal, name: str) -> None:
        # First: who is bound to engines is not told which others there are.
        if caller.engines is not None and name not in caller.engines:
            raise NotPermitted(f"{OPERATE} on this engine")
        if name not in self.engines:
            raise engine_not_found()

    async def _body(
        self,
        request: Request,
        headers: Mapping[str, str],
        call: Call,
        caller: Principal,
    ) -> Body:
        """The body, which the caller may send; the record then says what was asked for."""
        try:
            check_content(headers)
            data = await _bytes_of(request, headers, self.settings.limits.body_patience)
            body = read_body(data, call.action.body, key_charset=self.settings.key_charset)
        except (Failure, UsageError):
            check_permission(caller, call.action)
            raise
        call.arguments, call.reason = arguments_of(body), body.reason
        check_permission(caller, call.action)
        allowed = self.settings.allowed_service_urls
        if (
            allowed is not None
            and isinstance(body, RedeployBody)
            and normalised_url(body.serviceUrl) not in allowed
        ):
            raise service_url_not_allowed()
        return body

    # --- the record ----------------------------------------------------------------------------

    async def _failed(self, call: Call, failure: Failure) -> Response:
        call.error = failure.slug
        if call.log is None or not call.log.is_used:
            await self._record(call, failure)
        headers: dict[str, str] = {}
        if failure.retry_after is not None:
            headers["retry-after"] = str(failure.retry_after)
        if failure.status == _UNAUTHENTICATED:
            headers["www-authenticate"] = "Bearer"
        document = failure.document
        if call.caller is not None and not may_operate(call.caller):
            document = for_reader(document)
        return rendered(Answer(document, headers), failure.status)

    async def _record(self, call: Call, failure: Failure) -> None:
        attempt = Attempt(call.action.verb, failure.slug, call.arguments, failure.message)
        # It may be kept back for a while, which is not what it took.
        took = call.took()
        operator = call.acting(lambda: took)
        if call.caller is None:
            peer = ("peer", call.peer)
            self.strangers.add(operator, attrs.evolve(attempt, arguments=(peer,)))
        elif failure.status in _NOT_UNDERSTOOD:
            self.misuse.add(operator, attempt)
        else:
            await note(operator.engine, operator.host, attempt)

    async def _flush(self) -> None:
        for tally in (self.strangers, self.misuse):
            await tally.flush(self._now())

    def _now(self) -> timedelta:
        return self.engines[self.default].host.clock.monotonic()


def _sent(response: Response, visit: Visit) -> Response:
    response.headers["x-request-id"] = visit.id
    visit.answered(response.status_code)
    return response


async def _bytes_of(
    request: Request,
    headers: Mapping[str, str],
    patience: timedelta,
) -> bytes:
    """
    The body, and no more than may be.

    Raises:
        Failure: It is too large (413), takes too long (408), or did not come as a whole (400).
    """
    said = headers.get("content-length", "")
    if said.isdecimal() and int(said[:20]) > MAX_BODY:
        raise too_large(MAX_BODY)
    data = bytearray()
    try:
        with anyio.fail_after(patience.total_seconds()):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_BODY:
                    raise too_large(MAX_BODY)
    except ClientDisconnect:
        raise not_json("it did not come as a whole") from None
    except TimeoutError:
        raise too_slow(patience) from None
    return bytes(data)


def rendered(answer: Answer, status: int = 200) -> Response:
    """A response: escaped, because an engine may hold text that no encoding has."""
    content = json.dumps(answer.document).encode("ascii")
    headers = {"cache-control": "no-store", **answer.headers}
    return Response(content, status, headers, media_type="application/json")
