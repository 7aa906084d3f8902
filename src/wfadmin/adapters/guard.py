"""The host's knowledge about effects, as a function that it brings along."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutinefunction

from anyio import to_thread
from typing_extensions import override

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect
from wfadmin.ports.guard import RetryGuard

__all__ = ["CallableGuard", "GuardFunction"]

#: Whether the effect of a key already happened: True, False, or None where nobody can say.
GuardFunction = Callable[[WorkflowKey], Awaitable[bool | None] | bool | None]

_EFFECTS = {True: PriorEffect.HAPPENED, False: PriorEffect.DID_NOT_HAPPEN}


class CallableGuard(RetryGuard):
    """
    Asks a function.

    An error of the function, and any answer but True and False, is `PriorEffect.UNKNOWN`: 1,
    "no" and an empty list say nothing about an effect. Cancellation passes.

    Args:
        function: An `async def` runs in the event loop. Any other runs in a worker thread, since
            it may ask a database; if it gives an awaitable, that is awaited in the event loop.
    """

    __slots__ = ("_function",)

    def __init__(self, function: GuardFunction) -> None:
        self._function = function

    @override
    async def effect_of(self, key: WorkflowKey) -> PriorEffect:
        """See `RetryGuard.effect_of`."""
        try:
            answer = await self._answer(key)
        except Exception:  # noqa: BLE001 - whatever went wrong there, it says nothing
            return PriorEffect.UNKNOWN
        return _EFFECTS[answer] if isinstance(answer, bool) else PriorEffect.UNKNOWN

    async def _answer(self, key: WorkflowKey) -> object:
        function = self._function
        answer: object
        if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
            answer = function(key)
        else:
            # In a tuple, because trio lets no awaitable out of a thread.
            (answer,) = await to_thread.run_sync(lambda: (function(key),), abandon_on_cancel=True)
        return await answer if isawaitable(answer) else answer
