"""What every `OperatorLease` keeps."""

from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.error import WfadminError
from wfadmin.domain.errors import LeaseHeld, LeaseUnavailable
from wfadmin.ports.lease import OperatorLease
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import HOSTILE_TEXTS, LeaseBench
from wfadmin.testing.verdicts import Broken

__all__ = ["RULES"]

RULES: Rules[LeaseBench] = Rules("OperatorLease", "OL")

_CONTENDERS = 8


class _Sentinel(Exception):
    """What a block raises."""


@RULES.clause(1, "a scope that nobody holds is held while the block runs")
async def _(bench: LeaseBench) -> None:
    expect(await _is_free(bench.lease(), bench.fresh()), "a fresh scope is said to be held")


@RULES.clause(2, "somebody else is refused with LeaseHeld that names the scope")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    async with bench.lease().hold(scope):
        refusal = await _refusal(bench.another(), scope)
    expect(isinstance(refusal, LeaseHeld), f"a second holder was answered with {refusal!r}")
    named = refusal.scope if isinstance(refusal, LeaseHeld) else None
    expect(named == scope, f"the refusal names {named!r} and not {scope!r}")


@RULES.clause(3, "the same object cannot hold a scope twice")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    async with bench.lease().hold(scope):
        free = await _is_free(bench.lease(), scope)
    expect(not free, "the same object held a scope twice")


@RULES.clause(4, "who is refused frees nothing")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    async with bench.lease().hold(scope):
        tries = [await _is_free(bench.lease(), scope) for _ in range(3)]
    expect(not any(tries), f"while it is held, three tries find it free: {tries}")


@RULES.clause(5, "a scope is free again after the block")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    rounds = [await _is_free(bench.lease(), scope) for _ in range(3)]
    expect(all(rounds), f"a scope that was left is still held: {rounds}")


@RULES.clause(6, "an error in the block frees the scope")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    await _ends_with(bench.lease(), scope, _Sentinel())
    expect(await _is_free(bench.lease(), scope), "after an error in the block it is still held")


@RULES.clause(7, "cancellation frees the scope")
async def _(bench: LeaseBench) -> None:
    scope, inside = bench.fresh(), anyio.Event()

    async def hold() -> None:
        async with bench.lease().hold(scope):
            inside.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        group.start_soon(hold)
        await inside.wait()
        group.cancel_scope.cancel()
    expect(await _is_free(bench.lease(), scope), "after a cancellation it is still held")


@RULES.clause(8, "an error of the block is told as it is, whatever it is")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    errors = (OSError("of the block"), TimeoutError("of the block"), LeaseHeld("another scope"))
    for error in (*errors, LeaseUnavailable("of the block"), _Sentinel("of the block")):
        await _ends_with(bench.lease(), scope, error)


@RULES.clause(9, "other scopes are free")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    async with bench.lease().hold(scope):
        for other in (scope[:-1], f"{scope}0", scope.upper(), f"{scope}/", f" {scope}"):
            free = await _is_free(bench.lease(), other)
            expect(free, f"while {scope!r} is held, {other!r} is held too")


@RULES.clause(10, "any text is a scope of its own")
async def _(bench: LeaseBench) -> None:
    start = bench.fresh()
    texts = (*HOSTILE_TEXTS, "k" * 2000, "k" * 2000 + "l", "")
    scopes = [f"{start}{text}" for text in texts]
    async with AsyncExitStack() as stack:
        for scope in scopes:
            refusal = await _enter(stack, bench.lease(), scope)
            expect(refusal is None, f"the scope {scope[:60]!r} is not free: {refusal!r}")
        free = [scope[:60] for scope in scopes if await _is_free(bench.lease(), scope)]
        expect(not free, f"these are held and were held again: {free}")


@RULES.clause(11, "of those who come at once, one holds the scope")
async def _(bench: LeaseBench) -> None:
    scope, answered, everybody = bench.fresh(), list[str](), anyio.Event()

    async def contend() -> bool:
        async with AsyncExitStack() as stack:
            try:
                refusal = await _enter(stack, bench.lease(), scope)
            finally:
                answered.append(scope)
                if len(answered) == _CONTENDERS:
                    everybody.set()
            await everybody.wait()
            return refusal is None

    answers = await AnyioTasks().gather([contend] * _CONTENDERS, timeout=bench.patience)
    for answer in answers:
        if isinstance(answer, Broken):
            raise answer
    late = any(isinstance(answer, TimeoutError) for answer in answers)
    expect(not late, "of those who came at once, some got no answer")
    won = answers.count(True)
    expect(won == 1, f"of {_CONTENDERS} who came at once, {won} held it")


@RULES.clause(12, "who finds a scope held does not wait for it")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    async with bench.lease().hold(scope):
        with anyio.move_on_after(bench.patience.total_seconds()) as limit:
            await _is_free(bench.lease(), scope)
    expect(not limit.cancelled_caught, f"it waited for the holder for {bench.patience}")


@RULES.clause(13, "nothing is held before the block is entered")
async def _(bench: LeaseBench) -> None:
    scope = bench.fresh()
    waiting = bench.lease().hold(scope)
    expect(await _is_free(bench.lease(), scope), "a block that was not entered holds the scope")
    async with waiting:
        expect(
            not await _is_free(bench.lease(), scope), "a block that was entered later holds nothing"
        )


@RULES.clause(14, "a lease that nobody can check is refused, and the block does not run")
async def _(bench: LeaseBench) -> None:
    lease = bench.lease()
    await bench.break_medium()
    refusal = await _refusal(lease, bench.fresh())
    expect(
        isinstance(refusal, LeaseUnavailable),
        f"with its medium broken, a lease is answered with {refusal!r}",
    )


async def _enter(stack: AsyncExitStack, lease: OperatorLease, scope: str) -> WfadminError | None:
    """Hold a scope until the stack is left; the refusal where it is refused."""
    try:
        await stack.enter_async_context(lease.hold(scope))
    except WfadminError as refusal:
        return refusal
    except Exception as error:
        kind = type(error).__name__
        raise Broken(f"hold: {kind} left the port, which is no WfadminError") from error
    return None


async def _refusal(lease: OperatorLease, scope: str) -> WfadminError | None:
    """Hold a scope for a moment; the refusal where it is refused."""
    async with AsyncExitStack() as stack:
        refusal = await _enter(stack, lease, scope)
        await anyio.lowlevel.checkpoint()
    return refusal


async def _is_free(lease: OperatorLease, scope: str) -> bool:
    """Whether a scope can be held; an error that says that nobody knows is not for here."""
    refusal = await _refusal(lease, scope)
    if refusal is not None and not isinstance(refusal, LeaseHeld):
        raise refusal
    return refusal is None


async def _ends_with(lease: OperatorLease, scope: str, error: Exception) -> None:
    try:
        async with lease.hold(scope):
            raise error  # noqa: TRY301 - it comes from the block, and from nowhere else
    except Exception as told:  # noqa: BLE001 - whatever comes is compared
        expect(told is error, f"{error!r} of the block came out as {told!r}")
    else:
        raise Broken(f"{error!r} of the block did not come out")
