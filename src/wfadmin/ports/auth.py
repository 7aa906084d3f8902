"""The port that tells who calls us."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

import attrs

__all__ = ["Authenticator", "Principal"]


@attrs.frozen
class Principal:
    """
    Somebody who is known.

    Attributes:
        name: Goes into every audit record as the actor.
        permissions: Exact names, such as `system:read` and `system:operate`. Nothing is implied.
        engines: The only engines that they may ask about or act on, by the exact names that the
            host calls them; None where they are bound to none, and so may use all.
    """

    name: str
    permissions: frozenset[str] = frozenset()
    engines: frozenset[str] | None = None


class Authenticator(Protocol):
    """Tells who sent an incoming request. Denies by default."""

    __slots__ = ()

    @abstractmethod
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """
        Who sent a request with these headers, or None if nobody can tell.

        Args:
            headers: Names in lower case.

        Raises:
            InvalidConfig: What callers are known by cannot be read. Then nobody is known, and it
                is for those who run this host to read why, not for the caller.

        Clauses: AU-01, AU-02, AU-03, AU-04, AU-05, AU-06.
        """
