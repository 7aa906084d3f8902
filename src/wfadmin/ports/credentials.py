"""The port to what proves us to an engine."""

from abc import abstractmethod
from typing import Protocol

__all__ = ["Credentials"]


class Credentials(Protocol):
    """Where the token for the engine's admin side comes from."""

    __slots__ = ()

    @abstractmethod
    async def token(self) -> str | None:
        """
        The bearer token to send now, or None for none. Asked before every request.

        Raises:
            InvalidConfig: Its source is not there or holds no token. The message names the
                source, never the token.

        Clauses: CR-01, CR-02, CR-03, CR-04, CR-05, CR-06.
        """
