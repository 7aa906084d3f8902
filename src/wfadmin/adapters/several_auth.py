"""Callers known in one of several ways, such as by a key or by a token, at one door."""

from collections.abc import Iterable, Iterator, Mapping

from typing_extensions import override

from wfadmin.domain.errors import UsageError
from wfadmin.ports.auth import Authenticator, Principal

__all__ = ["SeveralAuthenticators"]

# Where most proofs stand. One who reads both may take the two for no proof at all.
_PLACES = ("authorization", "x-api-key")


class SeveralAuthenticators(Authenticator):
    """
    Asks each of several authenticators, one after the other.

    Laws:

    - Two proofs in one request that are not the same prove nobody. So all are asked, also when
      one knows the caller already, and of a request with both `Authorization` and `X-Api-Key`
      also what either alone would prove. The same is who has the same name, permissions and
      engines.
    - One that cannot tell locks nobody out whom another knows. It could not have taken back what
      the other one gave: of a caller whom it does not know it says so, and lets them pass. Whoever
      sent it a second, different proof could have left that one out.
    - Where nobody is known and one cannot tell, nobody is let in, and its error says why.

    Args:
        authenticators: Each tells who somebody is in its own way. Who is known does not depend on
            their order; of several errors the first one counts.

    Raises:
        UsageError: None is given.
    """

    __slots__ = ("_authenticators",)

    def __init__(self, *authenticators: Authenticator) -> None:
        if not authenticators:
            raise UsageError("authenticators", "none is given, so nobody would ever be known")
        self._authenticators = authenticators

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """
        See `Authenticator.authenticate`. Cancellation passes.

        Raises:
            InvalidConfig: One of them cannot tell, and no other knows the caller. What else one
                raises passes in the same way.
        """
        known, errors = await self._known((headers,))
        if errors and not known:
            raise errors[0]
        if not known:
            return None
        # What only a part of the headers would prove can deny a caller, and never let one in.
        by_parts, _ = await self._known(_parts(headers))
        return known[0] if all(one == known[0] for one in (*known, *by_parts)) else None

    async def _known(
        self,
        requests: Iterable[Mapping[str, str]],
    ) -> tuple[list[Principal], list[Exception]]:
        known: list[Principal] = []
        errors: list[Exception] = []
        for headers in requests:
            for one in self._authenticators:
                try:
                    caller = await one.authenticate(headers)
                except Exception as error:  # noqa: BLE001 - whatever went wrong, it cannot tell
                    errors.append(error)
                    continue
                if caller is not None:
                    known.append(caller)
        return known, errors


def _parts(headers: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    if all(place in headers for place in _PLACES):
        for place in _PLACES:
            yield {name: value for name, value in headers.items() if name != place}
