"""The lease between the tasks of one process."""

import threading

import anyio
import pytest

from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.domain.errors import LeaseHeld

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def held(lease: MemoryLease, scope: str) -> LeaseHeld | None:
    """Try to hold a scope; give the refusal, if there is one."""
    try:
        async with lease.hold(scope):
            return None
    except LeaseHeld as refusal:
        return refusal


async def test_what_is_held_cannot_be_held_again_until_it_is_free() -> None:
    lease = MemoryLease(holder="ada")

    async with lease.hold("Order/42"):
        refusal = await held(lease, "Order/42")

    assert refusal is not None
    assert (refusal.scope, refusal.holder) == ("Order/42", "ada")
    assert await held(lease, "Order/42") is None


async def test_another_scope_and_another_object_are_free() -> None:
    lease = MemoryLease()

    async with lease.hold("Order/42"):
        assert await held(lease, "Order/43") is None
        assert await held(MemoryLease(), "Order/42") is None


def test_only_one_of_many_threads_holds_it() -> None:
    lease, start, end = MemoryLease(), threading.Barrier(8), threading.Barrier(8)
    won: list[int] = []

    async def take(number: int) -> None:
        start.wait(10)
        try:
            async with lease.hold("Order/42"):
                won.append(number)
                end.wait(10)
        except LeaseHeld:
            end.wait(10)

    threads = [threading.Thread(target=anyio.run, args=(take, n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(won) == 1
