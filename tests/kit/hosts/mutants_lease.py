"""Mistakes of leases."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
from typing_extensions import override

from tests.kit.hosts.mutant import mistake
from wfadmin.adapters.lease_file import FileLease
from wfadmin.domain.errors import LeaseHeld, LeaseUnavailable
from wfadmin.ports.lease import OperatorLease


class Names(OperatorLease):
    """Holds scopes as names in a set, as somebody may begin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: set[str] = set()

    def take(self, scope: str) -> None:
        if scope in self.names:
            raise LeaseHeld(scope)
        self.names.add(scope)

    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        self.take(scope)
        try:
            yield
        finally:
            self.names.discard(scope)


# Another object with the same folder knows nothing of it.
mistake("OL-02")(type("ExcludesOnlyWhoUsesTheSameObject", (Names,), {}))


@mistake("OL-01")
class IsAlwaysHeld(Names):
    @override
    def take(self, scope: str) -> None:
        raise LeaseHeld(scope)


@mistake("OL-01", "OL-05")
class IsNeverThere(Names):
    @override
    def take(self, scope: str) -> None:
        raise LeaseUnavailable("out of order")


@mistake("OL-02")
class NamesItsFileAndNotTheScope(FileLease):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        async with super().hold(f"{scope}.lock"):
            yield


@mistake("OL-03", "OL-04", "OL-11", "OL-13")
class LetsItsOwnObjectInAgain(Names):
    @override
    def take(self, scope: str) -> None:
        self.names.add(scope)


@mistake("OL-04")
class FreesWhatTheRefusedDidNotHold(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        try:
            self.take(scope)
            yield
        finally:
            self.names.discard(scope)


@mistake("OL-05")
class NeverFrees(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        self.take(scope)
        yield


@mistake("OL-06", "OL-07")
class FreesOnlyAfterSuccess(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        self.take(scope)
        yield
        self.names.discard(scope)


@mistake("OL-07")
class CanBeCancelledWhileItFrees(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        self.take(scope)
        try:
            yield
        finally:
            await anyio.lowlevel.checkpoint()
            self.names.discard(scope)


@mistake("OL-08")
class TakesAnErrorOfTheBlockForItsOwn(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        try:
            async with super().hold(scope):
                yield
        except OSError as error:
            raise LeaseUnavailable(str(error)) from error


@mistake("OL-08")
class SwallowsAnErrorOfTheBlock(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        try:
            async with super().hold(scope):
                yield
        except OSError:
            pass


@mistake("OL-09", "OL-10")
class MakesANameOfTheScope(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        async with super().hold(re.sub(r"\W", "", scope).lower()):
            yield


@mistake("OL-10")
class MakesAFileOfTheScope(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / scope).open("x"):
            yield


@mistake("OL-10")
class CutsLongScopes(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        async with super().hold(scope[:255]):
            yield


@mistake("OL-11")
class LooksAndThenTakes(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        if scope in self.names:
            raise LeaseHeld(scope)
        await anyio.lowlevel.checkpoint()
        self.names.add(scope)
        yield


@mistake("OL-11", "OL-12")
class WaitsForTheHolder(Names):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        while scope in self.names:  # noqa: ASYNC110 - the mistake
            await anyio.sleep(0.01)
        async with super().hold(scope):
            yield


@mistake("OL-13")
class TakesBeforeTheBlock(Names):
    @override
    def hold(self, scope: str) -> AbstractAsyncContextManager[None]:
        self.take(scope)
        return self._held(scope)

    @asynccontextmanager
    async def _held(self, scope: str) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.names.discard(scope)


@mistake("OL-14")
class TakesABrokenFolderForAFreeScope(Names):
    pass


@mistake("OL-14")
class TakesABrokenFolderForAHeldScope(FileLease):
    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        try:
            async with super().hold(scope):
                yield
        except LeaseUnavailable:
            raise LeaseHeld(scope) from None


@mistake("OL-11", "OL-14")
class LetsTheErrorOfTheSystemOut(Names):
    @override
    def take(self, scope: str) -> None:
        self.folder.mkdir()
