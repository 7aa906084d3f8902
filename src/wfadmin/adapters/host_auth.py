"""Callers whom the host knows by means of its own."""

from collections.abc import Awaitable, Callable, Mapping

from typing_extensions import override

from wfadmin.ports.auth import Authenticator, Principal

__all__ = ["AuthenticatorFunction", "HostAuthenticator"]

#: Whom the headers of a request prove, names in lower case; None where they prove nobody.
AuthenticatorFunction = Callable[[Mapping[str, str]], Awaitable[Principal | None]]


class HostAuthenticator(Authenticator):
    """
    Asks a function, such as one that looks a session up and makes a `Principal` of its user.

    An error of the function proves nobody, and neither does an answer that is no `Principal`, or
    one whose permissions or engines are not in a frozenset: a text in their place would hold
    every part of itself. Cancellation passes.

    Args:
        function: An `async def`. It is called for every request, so it had better be quick.
    """

    __slots__ = ("_function",)

    def __init__(self, function: AuthenticatorFunction) -> None:
        self._function = function

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator.authenticate`."""
        try:
            answer: object = await self._function(headers)
        except Exception:  # noqa: BLE001 - whatever went wrong there, it proves nobody
            return None
        return answer if isinstance(answer, Principal) and _is_sound(answer) else None


def _is_sound(told: Principal) -> bool:
    engines: object = told.engines
    sets: tuple[object, ...] = (told.permissions, frozenset() if engines is None else engines)
    name: object = told.name
    return isinstance(name, str) and all(isinstance(one, frozenset) for one in sets)
