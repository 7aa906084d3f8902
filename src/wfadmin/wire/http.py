"""
Requests to an engine, and what becomes of them: the one place where errors of HTTP are told.

Laws:

- A read may be sent again, a few times and within the one time limit, where its answer was lost
  for a passing reason. A write is sent at most once.
- A write without an answer is `OutcomeUnknown`, unless it provably never left us. So are one that
  was answered 502 or 504 (unless the caller judges those), and one whose success cannot be read.
- The token goes to the admin side only, and never over plain HTTP to another machine.
- Redirects are never followed; answers have a limit, also after decompression; at most eight
  requests are under way at once.
- Cancellation passes through.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import anyio
import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineUnreachable,
    InvalidConfig,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from wfadmin.domain.text import shown
from wfadmin.ports.credentials import Credentials
from wfadmin.wire.clients import (
    HttpClient,
    HttpResponse,
    acknowledge_at_once,
    can_acknowledge_at_once,
    own_client,
)
from wfadmin.wire.echoes import without_bytes
from wfadmin.wire.faults import Fault, LostAnswer, lost_answer
from wfadmin.wire.places import Place
from wfadmin.wire.replies import Reply
from wfadmin.wire.tokens import is_header_safe

__all__ = ["AT_ONCE", "LONGEST_ANSWER", "EngineHttp", "Request", "Write"]

#: How many requests are under way at most: more make each one slower, and the engine too.
AT_ONCE: Final = 8
#: The longest answer that is read, in bytes after decompression.
LONGEST_ANSWER: Final = 32 * 1024 * 1024

# Between one try and the next, in seconds; each is spread from half of it to one and a half.
_PAUSES = (0.05, 0.1)
# A connection that is not there by then is not going to be. And then we know that nothing was
# sent, which the limit of the whole request could not tell.
_SHARE_TO_CONNECT = 0.8
# A proxy had no answer from the engine: nobody knows what the engine did.
_ANSWER_LOST = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
# Of gzip it is known how far a part can grow: about a thousand times.
_ENCODINGS = ("", "identity", "gzip")


@attrs.frozen
class Request:
    """
    What to ask.

    Attributes:
        path: Below the address, with its query; every part of it is quoted already.
        body: JSON.
        is_admin: Whether it goes to the admin side, which gets the token.
        answers_in_parts: Whether headers and body of the answer are sent apart.
        secrets: What must not be shown when it is echoed.
        is_repeatable: Whether a read may be sent again: not where the engine asks somebody else.
        floor: The shortest time to wait: for what is known to be slow. Connecting is not.
        headers: More headers, by names in lower case.
    """

    method: str
    path: str
    body: bytes | None = attrs.field(default=None, repr=False)
    is_admin: bool = True
    answers_in_parts: bool = False
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    is_repeatable: bool = True
    floor: timedelta = timedelta(0)
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class Write:
    """
    What a write does and to what, for the errors that it may end with.

    Attributes:
        judges_gateways: Whether the caller tells an answer 502 or 504 of who was asked from one
            of a proxy, and so gets both.
    """

    command: str
    target: str
    judges_gateways: bool = False

    def unknown(self, problem: str) -> OutcomeUnknown:
        """The error that says that nobody knows whether it happened."""
        return OutcomeUnknown(self.command, self.target, problem)

    def accepted_by(self, reply: Reply) -> Answer:
        """
        What a success says to a write that has nothing to be told.

        Raises:
            OutcomeUnknown: It cannot be read: something answered in the place of the engine.
        """
        if reply.body.strip():
            try:
                reply.json()
            except UnexpectedAnswer as error:
                raise self.unknown(f"Its answer cannot be read: {error.problem}") from error
        return Answer.ACCEPTED


@attrs.define
class _Trip:
    """How far a request came, also when the time was over in the middle."""

    left: bool = False


_Outcome = Reply | LostAnswer


@attrs.define(eq=False)
class EngineHttp:
    """
    The connections of one engine. Making one does no I/O; clients are made when first used.

    Attributes:
        timeout: Bounds every single request, repeated or not, unless its floor is higher.
        injected: A client to use for everything; it stays open.
        sleep: Waits for so many seconds.
        chance: A number from 0 to 1, which spreads repeated requests.
        token_header: The header that takes the bare token, or what names it for a token; None for
            ``authorization: Bearer``.
    """

    timeout: timedelta
    credentials: Credentials | None = attrs.field(default=None, repr=False)
    injected: HttpClient | None = attrs.field(default=None, repr=False)
    sleep: Callable[[float], Awaitable[None]] = attrs.field(default=anyio.sleep, repr=False)
    chance: Callable[[], float] = attrs.field(default=random.random, repr=False)
    token_header: str | Callable[[str], str | None] | None = attrs.field(default=None, kw_only=True)
    _own: dict[str, HttpClient] = attrs.field(
        factory=dict[str, HttpClient],
        init=False,
        repr=False,
    )
    _limiter: anyio.CapacityLimiter | None = attrs.field(default=None, init=False, repr=False)

    async def read(self, place: Place, request: Request) -> Reply:
        """
        Ask, and ask again where the answer was lost for a passing reason.

        Returns:
            A whole answer with a status that says success.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status, or a redirect.
            UnexpectedAnswer: What answers does not speak HTTP, or says too much.
            InvalidConfig: The token cannot be had, or must not be sent there.
        """
        reply = await self.ask(place, request)
        if not reply.is_success:
            raise reply.rejected()
        return reply

    async def ask(self, place: Place, request: Request) -> Reply:
        """
        As `read`, for where an error status is an answer as well.

        Returns:
            The answer, whatever its status; it is whole where the status says success.

        Raises:
            EngineUnreachable: No answer.
            UnexpectedAnswer: What answers does not speak HTTP, or says too much.
            InvalidConfig: The token cannot be had, or must not be sent there.
        """
        limit = self._limit(request)
        outcome: _Outcome = LostAnswer(Fault.UNANSWERED, _late(limit))
        pauses = _PAUSES if request.is_repeatable else ()
        with anyio.move_on_after(limit):
            outcome = await self._exchange(place, request, limit, _Trip())
            for pause in pauses:
                if _is_passing(outcome):
                    await self.sleep(pause * (0.5 + self.chance()))
                    outcome = await self._exchange(place, request, limit, _Trip())
        return _read(place, outcome)

    async def write(self, place: Place, request: Request, write: Write) -> Reply:
        """
        Send once.

        Returns:
            The answer, whatever its status; it is whole where the status says success.

        Raises:
            EngineUnreachable: It was not sent.
            OutcomeUnknown: It was sent, and nobody knows what became of it.
            InvalidConfig: The token cannot be had, or must not be sent there.
        """
        limit = self._limit(request)
        trip = _Trip()
        outcome: _Outcome = LostAnswer(Fault.UNANSWERED, _late(limit))
        with anyio.move_on_after(limit):
            outcome = await self._exchange(place, request, limit, trip)
        if isinstance(outcome, LostAnswer):
            if outcome.fault is Fault.NEVER_SENT or not trip.left:
                raise EngineUnreachable(place.shown, outcome.problem) from outcome.cause
            raise write.unknown(outcome.problem) from outcome.cause
        if outcome.status in _ANSWER_LOST and not write.judges_gateways:
            problem = f"What stands before the engine answered {outcome.status}"
            raise write.unknown(problem)
        if outcome.is_success and outcome.lost is not None:
            raise write.unknown(outcome.lost.problem) from outcome.lost.cause
        return outcome

    async def aclose(self) -> None:
        """Close the clients that were made here. May be called twice."""
        clients = tuple(self._own.values())
        self._own.clear()
        self._limiter = None
        for client in clients:
            await client.aclose()

    def _limit(self, request: Request) -> float:
        return max(self.timeout, request.floor).total_seconds()

    def _client(self, place: Place) -> HttpClient:
        if self.injected is not None:
            return self.injected
        kind = place.socket_path or ("https" if place.is_tls else "http")
        if kind not in self._own:
            self._own[kind] = own_client(place)
        return self._own[kind]

    async def _exchange(
        self,
        place: Place,
        request: Request,
        limit: float,
        trip: _Trip,
    ) -> _Outcome:
        token = await self._token(place, request)
        secrets = request.secrets if token is None else (*request.secrets, token)
        connecting = min(limit, self.timeout.total_seconds()) * _SHARE_TO_CONNECT
        # Made here, because it belongs to the event loop that runs.
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        async with self._limiter:
            trip.left = True
            try:
                async with self._client(place).stream(
                    request.method,
                    place.url + request.path,
                    content=request.body,
                    headers=_headers(place, request, self._token_headers(token)),
                    follow_redirects=False,
                    timeout=(connecting, limit, limit, connecting),
                ) as response:
                    if request.answers_in_parts and place.socket_path is None:
                        acknowledge_at_once(response)
                    body, lost = await _body(response)
                    where = f"{request.method} {request.path} at {place.shown}"
                    body = without_bytes(secrets, body)
                    return Reply(where, response.status_code, body, secrets, lost)
            except Exception as error:  # noqa: BLE001 - only our own errors may leave a port
                return lost_answer(error)

    async def _token(self, place: Place, request: Request) -> str | None:
        if self.credentials is None or not request.is_admin:
            return None
        token = await self.credentials.token()
        if token is None:
            return None
        if not is_header_safe(token):
            raise InvalidConfig("token", "it holds characters that cannot be sent")
        if not place.is_tls and not place.is_private:
            problem = f"it would go to {place.shown} for all to read: use https or a unix socket"
            raise InvalidConfig("token", problem)
        return token

    def _token_headers(self, token: str | None) -> dict[str, str]:
        if token is None:
            return {}
        header = self.token_header(token) if callable(self.token_header) else self.token_header
        return {"authorization": f"Bearer {token}"} if header is None else {header: token}


def _headers(place: Place, request: Request, more: dict[str, str]) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        # Where nothing is slow but compressing, compressing takes most of the time.
        "accept-encoding": "identity" if place.is_private else "gzip",
        "user-agent": "wfadmin",
    }
    if request.body is not None:
        headers["content-type"] = "application/json"
    headers |= dict(request.headers) | more
    over_tcp = place.socket_path is None and not place.is_tls
    if request.answers_in_parts and over_tcp and not can_acknowledge_at_once():
        # The other cure: a new connection does not stall.
        headers["connection"] = "close"
    return headers


async def _body(response: HttpResponse) -> tuple[bytes, LostAnswer | None]:
    """The body as far as it came, and what became of the rest."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        problem = f"It is encoded as {shown(encoding, limit=40)}, which was not asked for"
        return b"", LostAnswer(Fault.GARBLED, problem)
    body = bytearray()
    lost = None
    parts = response.aiter_bytes()
    try:
        async for part in parts:
            body += part
            if len(body) > LONGEST_ANSWER:
                problem = f"It is longer than {LONGEST_ANSWER // 1024**2} MiB"
                lost = LostAnswer(Fault.GARBLED, problem)
                break
    except Exception as error:  # noqa: BLE001 - the status is known, and may say enough
        lost = lost_answer(error)
    close = getattr(parts, "aclose", None)
    if close is not None:
        await close()
    return bytes(body), lost


def _late(limit: float) -> str:
    return f"It did not answer within {limit:g} s"


def _is_passing(outcome: _Outcome) -> bool:
    """Whether the same question may well be answered in a moment."""
    if isinstance(outcome, LostAnswer):
        return outcome.fault is Fault.DROPPED
    if outcome.is_success:
        return outcome.lost is not None and outcome.lost.fault is Fault.DROPPED
    if outcome.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # Restate, in the first moments after its start.
        return b"node lookup for partition" in outcome.body
    return outcome.status == HTTPStatus.SERVICE_UNAVAILABLE


def _read(place: Place, outcome: _Outcome) -> Reply:
    """The answer to a read, or the error that the lack of a whole one amounts to."""
    if isinstance(outcome, LostAnswer):
        if outcome.fault is not Fault.GARBLED:
            raise EngineUnreachable(place.shown, outcome.problem) from outcome.cause
        wanted = "" if place.is_tls else "; if it wants TLS, write https://"
        problem = _in_a_sentence(outcome.problem) + wanted
        raise UnexpectedAnswer(place.shown, problem) from outcome.cause
    if not outcome.is_success or outcome.lost is None:
        return outcome
    if outcome.lost.fault is Fault.GARBLED:
        raise outcome.unexpected(_in_a_sentence(outcome.lost.problem)) from outcome.lost.cause
    raise EngineUnreachable(place.shown, outcome.lost.problem) from outcome.lost.cause


def _in_a_sentence(problem: str) -> str:
    return problem[:1].lower() + problem[1:]
