"""Who gets in: somebody who is known, and whose address has not failed too often."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeGuard

import anyio
import attrs

from wfadmin.asgi.buckets import Buckets
from wfadmin.asgi.failures import authentication_unavailable, too_many_failures
from wfadmin.asgi.routes import OPERATE, READ
from wfadmin.domain.errors import NotAuthenticated
from wfadmin.operations.host import Host
from wfadmin.ports.auth import Authenticator, Principal

__all__ = ["ANONYMOUS", "Door"]

#: Who everybody is, where nobody is asked.
ANONYMOUS = Principal("anonymous", frozenset({READ, OPERATE}))
# One that asks elsewhere has limits of its own: this ends the wait for one that has none.
_PATIENCE = 30


@attrs.frozen(eq=False)
class Door:
    """
    Tells who sent a request.

    Attributes:
        authenticator: None lets everybody in.
        failures: How often an address may fail.
        host: Its observer is told why nobody can be known; the caller is not.
    """

    authenticator: Authenticator | None
    failures: Buckets
    host: Host

    async def admit(self, headers: Mapping[str, str], peer: str) -> Principal:
        """
        Who sent these headers.

        Raises:
            NotAuthenticated: Nobody can tell.
            Failure: The address failed too often: 429. Nobody can be known now: 503.
        """
        if self.authenticator is None:
            return ANONYMOUS
        self._check(peer)
        try:
            with anyio.fail_after(_PATIENCE):
                caller: object = await self.authenticator.authenticate(headers)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is not the caller's
            self.host.observer.event("http.authentication_failed", {"error": type(error).__name__})
            raise authentication_unavailable() from None
        # Once more: others may have failed meanwhile, and a right guess among too many must not
        # be told from a wrong one.
        self._check(peer)
        if not _is_sound(caller):
            self.failures.take(peer, self.host.clock.monotonic())
            raise NotAuthenticated
        return caller

    def _check(self, peer: str) -> None:
        wait = self.failures.wait(peer, self.host.clock.monotonic())
        if wait > timedelta(0):
            raise too_many_failures(wait)


def _is_sound(told: object) -> TypeGuard[Principal]:
    """Whether it is a principal: a text in place of a set would hold every part of itself."""
    if not isinstance(told, Principal):
        return False
    name: object = told.name
    engines: object = told.engines
    sets: tuple[object, ...] = (told.permissions, frozenset() if engines is None else engines)
    return isinstance(name, str) and all(isinstance(one, frozenset) for one in sets)
