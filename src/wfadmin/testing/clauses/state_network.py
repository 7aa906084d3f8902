"""What every `StateStore` keeps: bad networks, callers at once, callers that go away."""

from collections.abc import Awaitable, Callable
from functools import partial

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.answers import Answer
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
)
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._commands import (
    cancelled_on_its_way,
    expect_one_write,
    expect_unknown,
    with_each_garbage,
)
from wfadmin.testing.clauses.state import RULES, is_empty, stored, version_of
from wfadmin.testing.network import Garbage

__all__: list[str] = []

# --- reading -------------------------------------------------------------------------------------


async def _failed_reads(
    bench: Bench,
    trouble: Callable[[], None],
    kind: type[EngineError],
    told: str,
) -> None:
    """Demand an error of both reads of a key that has data, in a trouble that ends after it."""
    key = await stored(bench)
    for values in (False, True):
        trouble()
        try:
            error = await bench.error_of(partial(bench.state.read, key, values=values), told)
        finally:
            bench.driver.network.mend()
        expect(isinstance(error, kind), f"{told} ends with {type(error).__name__}")
        expect(error.sent is Sent.NO, f"{told} says that a write was sent")
        bench.expect_no_secret(f"{error} {error!r}", f"the error of {told}")


@RULES.clause(17, "a read that cannot leave is an error, never no entries")
async def _(bench: Bench) -> None:
    told = "a read whose connection is refused"
    await _failed_reads(bench, bench.driver.network.cut, EngineUnreachable, told)


@RULES.clause(18, "a read that is never answered is an error, never no entries")
async def _(bench: Bench) -> None:
    told = "a read that is never answered"
    await _failed_reads(bench, bench.driver.network.silence, EngineUnreachable, told)


@RULES.clause(19, "a read that the server answers with an error is rejected, never no entries")
async def _(bench: Bench) -> None:
    told = "a read that the server answers with an error"
    await _failed_reads(bench, bench.driver.network.reject, EngineRejected, told)


@RULES.clause(20, "a read that is answered with garbage is an error, never no entries")
async def _(bench: Bench) -> None:
    async def check(garbage: Garbage) -> None:
        told = f"a read that is answered with garbage ({garbage.value})"
        trouble = partial(bench.driver.network.garble, garbage)
        await _failed_reads(bench, trouble, EngineError, told)

    await with_each_garbage(check)


# --- clearing ------------------------------------------------------------------------------------


async def _ready(bench: Bench) -> tuple[WorkflowKey, Callable[[], Awaitable[Answer]]]:
    """A key with data, and the clear that must empty it."""
    key = await stored(bench)
    version = await version_of(bench, key)
    return key, partial(bench.state.clear, key, expected_version=version)


async def _failed(
    bench: Bench,
    clear: Callable[[], Awaitable[Answer]],
    told: str,
) -> WfadminError:
    """The error of a clear in the trouble that is on, which ends after it."""
    try:
        error = await bench.error_of(clear, told)
    finally:
        bench.driver.network.mend()
    bench.expect_no_secret(f"{error} {error!r}", f"the error of {told}")
    return error


async def _expect_kept(bench: Bench, key: WorkflowKey, told: str) -> None:
    for _ in range(2):
        expect(not await is_empty(bench, key), f"{told} emptied the key")
        await bench.driver.settle()


async def _until_empty(bench: Bench, key: WorkflowKey, told: str) -> None:
    await bench.until(partial(is_empty, bench, key), f"{told} empties the key")


@RULES.clause(21, "a clear is one write")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    before = bench.driver.network.writes
    await clear()
    await _until_empty(bench, key, "a clear")
    expect_one_write(bench, before, "a clear")


@RULES.clause(22, "a clear that cannot leave says so, and empties nothing")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    bench.driver.network.cut()
    told = "a clear whose connection is refused"
    error = await _failed(bench, clear, told)
    kind = type(error).__name__
    expect(isinstance(error, EngineUnreachable), f"{told} ends with {kind}")
    expect(error.sent is Sent.NO, f"{told} says that it may have been sent")
    await _expect_kept(bench, key, told)


@RULES.clause(23, "a clear that is never answered is unknown, and not sent again")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    before = bench.driver.network.writes
    bench.driver.network.silence()
    told = "a clear that is never answered"
    error = await _failed(bench, clear, told)
    expect_unknown(error, told)
    await _expect_kept(bench, key, told)
    expect_one_write(bench, before, told)


@RULES.clause(24, "a clear whose answer is lost is unknown, and not sent again")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    before = bench.driver.network.writes
    bench.driver.network.lose_answers()
    told = "a clear whose answer is lost"
    error = await _failed(bench, clear, told)
    expect_unknown(error, told)
    await _until_empty(bench, key, told)
    expect_one_write(bench, before, told)


@RULES.clause(25, "a clear that the server answers with an error is rejected, and was sent")
async def _(bench: Bench) -> None:
    _key, clear = await _ready(bench)
    before = bench.driver.network.writes
    bench.driver.network.reject()
    told = "a clear that the server answers with an error"
    error = await _failed(bench, clear, told)
    expect(isinstance(error, EngineRejected), f"{told} ends with {type(error).__name__}")
    expect(error.sent is Sent.YES, f"{told} does not say that it was sent")
    expect_one_write(bench, before, told)


@RULES.clause(26, "garbage for the answer to a clear is no answer")
async def _(bench: Bench) -> None:
    async def check(garbage: Garbage) -> None:
        key, clear = await _ready(bench)
        before = bench.driver.network.writes
        bench.driver.network.garble(garbage)
        told = f"a clear that is answered with garbage ({garbage.value})"
        try:
            answer = await clear()
        except WfadminError as error:
            expect_unknown(error, told)
        else:
            expect(answer is Answer.ACCEPTED, f"{told} is {answer}")
        finally:
            bench.driver.network.mend()
        await _until_empty(bench, key, told)
        expect_one_write(bench, before, told)

    await with_each_garbage(check)


@RULES.clause(27, "two identical clears at once are two writes, and each is answered")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    before = bench.driver.network.writes
    limit = bench.driver.patience + bench.driver.settings_timeout
    results = await AnyioTasks().gather([clear, clear], timeout=limit)
    told = "one of two identical clears at once"
    for result in results:
        known = isinstance(result, Answer | OutcomeUnknown)
        expect(known, f"{told} ends with {result!r}")
    sent = bench.driver.network.writes - before
    expect(sent == len(results), f"{len(results)} identical clears sent {sent} writes")
    await _until_empty(bench, key, told)


@RULES.clause(28, "a clear whose caller is cancelled ends so, and is not sent again")
async def _(bench: Bench) -> None:
    key, clear = await _ready(bench)
    await cancelled_on_its_way(bench, clear, "a clear")
    # The adapter can be used as before.
    await bench.state.read(key, values=False)
