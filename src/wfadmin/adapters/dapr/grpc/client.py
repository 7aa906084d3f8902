"""
Calls over gRPC: the one place where they are made.

Laws:

- Every call has a deadline, which the sidecar is told; at most eight are under way at once.
- Each is sent at most once: a read too, since whoever lists can list again.
- A write without an answer is `OutcomeUnknown`, unless it provably never left us.
- The token never goes in plain text to another machine, and stands in no error.
- grpcio needs the event loop of asyncio; under another one every call is `NotSupported`.
- Cancellation passes through.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import anyio
import attrs

from wfadmin.adapters.dapr.api import NAME, TOKEN_HEADER
from wfadmin.adapters.dapr.grpc.channel import Channel, open_channel
from wfadmin.adapters.dapr.grpc.codec import WrongBytesError
from wfadmin.adapters.dapr.grpc.failures import Call, Failure, of_read, of_write
from wfadmin.adapters.dapr.versions import WRITE_FLOOR
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import InvalidConfig, NotSupported, UnexpectedAnswer
from wfadmin.ports.credentials import Credentials
from wfadmin.wire.http import AT_ONCE, Write
from wfadmin.wire.places import Place
from wfadmin.wire.tokens import is_header_safe

__all__ = ["GrpcClient"]

_T = TypeVar("_T")

_SERVICE: Final = "/TaskHubSidecarService/"
_NO_LOOP = "Run wfadmin under asyncio, or leave out the address of the gRPC API."


@attrs.define
class _Trip:
    """How far a request came, also when the time was over in the middle."""

    left: bool = False


@attrs.define(eq=False)
class GrpcClient:
    """
    The gRPC connection to one sidecar. Making one does no I/O and imports nothing.

    Attributes:
        timeout: Bounds every call; a write waits at least for eight seconds.
        credentials: Where the token comes from.
    """

    place: Place
    timeout: timedelta
    credentials: Credentials | None = attrs.field(default=None, repr=False)
    _channel: Channel | None = attrs.field(default=None, init=False, repr=False)
    _limiter: anyio.CapacityLimiter | None = attrs.field(default=None, init=False, repr=False)

    async def read(
        self,
        method: str,
        request: bytes,
        decode: Callable[[bytes], _T],
        *,
        about: str = "",
    ) -> _T:
        """
        Ask.

        Args:
            decode: Makes the value of the answer; raises `WrongBytesError`.
            about: The instance that is asked for.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            InvocationNotFound: There is no such instance.
            UnexpectedAnswer: Not understood, or too long.
            NotSupported: This sidecar, its store or this event loop cannot do that.
            InvalidConfig: The token cannot be had, or must not be sent there.
            MissingDependency: grpcio is not installed.
        """
        call, outcome = await self._exchange(Call(self.place, method, about), request, self.timeout)
        if isinstance(outcome, Failure):
            raise of_read(call, outcome) from outcome.cause
        try:
            return decode(outcome)
        except WrongBytesError as error:
            raise UnexpectedAnswer(call.where, str(error)) from error

    async def write(
        self,
        method: str,
        request: bytes,
        decode: Callable[[bytes], _T],
        write: Write,
    ) -> _T | Answer:
        """
        Send once.

        Returns:
            The value of the answer, or what an error status says.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
            NotSupported: This sidecar or this event loop cannot do that.
            InvalidConfig: The token cannot be had, or must not be sent there.
            MissingDependency: grpcio is not installed.
        """
        limit = max(self.timeout, WRITE_FLOOR)
        call, outcome = await self._exchange(Call(self.place, method), request, limit)
        if isinstance(outcome, Failure):
            ended = of_write(call, outcome, write)
            if isinstance(ended, Answer):
                return ended
            raise ended from outcome.cause
        try:
            return decode(outcome)
        except WrongBytesError as error:
            raise write.unknown(f"Its answer cannot be read: {error}") from error

    async def aclose(self) -> None:
        """Close the connection. May be called twice; a later call makes a new one."""
        channel, self._channel, self._limiter = self._channel, None, None
        if channel is not None:
            await channel.close()

    async def _exchange(
        self,
        call: Call,
        request: bytes,
        limit: timedelta,
    ) -> tuple[Call, bytes | Failure]:
        _check_loop()
        seconds = limit.total_seconds()
        trip = _Trip()
        outcome: bytes | Failure | None = None
        with anyio.move_on_after(seconds):
            token = await self._token()
            if token is not None:
                call = attrs.evolve(call, secrets=(token,))
            outcome = await self._send(call, request, trip)
        if outcome is None:
            late = f"It did not answer within {seconds:g} s"
            outcome = Failure("DEADLINE_EXCEEDED", late, left=trip.left)
        return call, outcome

    async def _send(self, call: Call, request: bytes, trip: _Trip) -> bytes | Failure:
        channel = self._channel = self._channel or open_channel(self.place)
        # Made here, because it belongs to the event loop that runs.
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        async with self._limiter:
            remaining = anyio.current_effective_deadline() - anyio.current_time()
            metadata = [(TOKEN_HEADER, secret) for secret in call.secrets]
            trip.left = True
            try:
                method = channel.unary_unary(_SERVICE + call.method)
                return await _answer_of(method(request, timeout=remaining, metadata=metadata))
            except Exception as error:  # noqa: BLE001 - only our own errors may leave a port
                return _failure(error, call.secrets)

    async def _token(self) -> str | None:
        token = None if self.credentials is None else await self.credentials.token()
        if token is None:
            return None
        if not is_header_safe(token):
            raise InvalidConfig("token", "it holds characters that cannot be sent")
        if not self.place.is_tls and not self.place.is_private:
            problem = f"it would go to {self.place.shown} for all to read: use https"
            raise InvalidConfig("token", problem)
        return token


def _check_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        what = "gRPC under another event loop than that of asyncio"
        raise NotSupported(NAME, what, _NO_LOOP) from None


async def _answer_of(asked: Awaitable[bytes | None]) -> bytes | Failure:
    """
    What comes back.

    It is waited for in a task of its own: grpcio ends a wait with a cancellation that it made
    itself. Whoever cancels us would not know it for theirs, and it also comes without anybody
    cancelling us, when another task closes the channel.
    """
    waiting = asyncio.ensure_future(asked)
    try:
        await asyncio.wait((waiting,))
    finally:
        waiting.cancel()
    if waiting.cancelled():
        return Failure("CANCELLED", "The connection was closed in the middle")
    answer = waiting.result()
    if answer is None:
        # So grpcio tells a call that ended well without a whole message (seen with 1.85).
        return Failure("UNAVAILABLE", "It ended the call without a message")
    return answer


def _failure(error: Exception, secrets: tuple[str, ...]) -> Failure:
    """What an error of grpcio says; its classes are told by what they have."""
    # It holds what the other side said, and a traceback would show that.
    cause = None if any(secret in repr(error) for secret in secrets) else error
    code, details = getattr(error, "code", None), getattr(error, "details", None)
    if code is None or details is None:
        return Failure("UNAVAILABLE", f"{type(error).__name__}: {error}", cause=cause)
    return Failure(code().name, details() or "", cause=cause)
