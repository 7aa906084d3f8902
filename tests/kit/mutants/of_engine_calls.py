"""Mistakes in what all ports of an engine do: in trouble, at once, cancelled."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import remembered
from wfadmin.adapters.memory import Point
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

# --- trouble -------------------------------------------------------------------------------------


def failing_with(
    error: type[Exception], make: Callable[[], Exception], cause: Exception | None = None
) -> Around:
    """Another error in place of every error of that kind."""

    async def around(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except error as found:
            raise make() from (cause or found)

    return around


HEADER = "Authorization: Bearer kit-token-5f3a9c"


@mutant("EN-14")
def quotes_what_the_server_echoes(_: MemoryDriver) -> Around:
    return failing_with(EngineRejected, lambda: EngineRejected("memory", 500, None, HEADER))


@mutant("EN-14")
def keeps_the_request_in_a_field(_: MemoryDriver) -> Around:
    # Beyond what the message shows of it.
    long = "x" * 1000 + HEADER
    return failing_with(EngineRejected, lambda: EngineRejected("memory", 500, None, long))


@mutant("EN-14")
def keeps_the_request_in_the_cause(_: MemoryDriver) -> Around:
    return failing_with(
        EngineUnreachable,
        lambda: EngineUnreachable("memory", "No answer"),
        ConnectionError(f"GET / {HEADER}"),
    )


@mutant("EN-14")
def passes_control_characters_on(_: MemoryDriver) -> Around:
    return failing_with(EngineError, lambda: UnexpectedAnswer("memory", "it says \x1b[2J"))


@mutant("EN-14")
def keeps_the_whole_answer(_: MemoryDriver) -> Around:
    return failing_with(
        UnexpectedAnswer, lambda: UnexpectedAnswer("memory", "it is wrong", "<p>" * 10_000)
    )


@mutant("EN-14")
def shows_the_token_where_a_write_is_lost(_: MemoryDriver) -> Around:
    return failing_with(OutcomeUnknown, lambda: OutcomeUnknown("kill", "a run", HEADER))


@mutant("EN-14")
def lets_the_errors_of_its_client_out(_: MemoryDriver) -> Around:
    return failing_with(EngineUnreachable, lambda: ConnectionError("refused"))


@mutant("EN-15")
def asks_no_more_after_it_failed_once(_: MemoryDriver) -> Around:
    failed: list[EngineError] = []

    async def around(_: PortCall, proceed: Proceed) -> object:
        if failed:
            raise failed[0].with_traceback(None)
        try:
            return await proceed()
        except EngineError as error:
            failed.append(error)
            raise

    return around


@mutant("EN-15")
def remembers_a_key_without_runs(_: MemoryDriver) -> Around:
    empty: list[object] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.FOR_KEY:
            return await proceed()
        if call.arguments in empty:
            return ()
        try:
            return await proceed()
        except UnexpectedAnswer:
            empty.append(call.arguments)
            return ()

    return around


# --- several at once, and cancelled --------------------------------------------------------------


@mutant("EN-16")
def keeps_the_answer_in_the_adapter(_: MemoryDriver) -> Around:
    last: list[object] = []

    async def around(_: PortCall, proceed: Proceed) -> object:
        last.append(await proceed())
        await anyio.lowlevel.checkpoint()
        return last[-1]

    return around


@mutant("EN-16")
def gives_one_answer_to_all_that_ask_at_once(_: MemoryDriver) -> Around:
    waiting: list[object] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.FOR_KEY:
            waiting.append(call.arguments[0])
            await anyio.lowlevel.checkpoint()
            if len(waiting) > 1 and waiting[0] != call.arguments[0]:
                return ()
        return await proceed()

    return around


@mutant("EN-16")
def can_be_asked_by_one_at_a_time(_: MemoryDriver) -> Around:
    busy: list[PortCall] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        if busy:
            raise EngineUnreachable("memory", "It is busy")
        busy.append(call)
        try:
            await anyio.lowlevel.checkpoint()
            return await proceed()
        finally:
            busy.clear()

    return around


def cancelled(then: Callable[[PortCall, Proceed], Awaitable[object]]) -> Around:
    """What becomes of a call that is cancelled on its way."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            return await then(call, proceed)

    return around


@mutant("EN-17")
def calls_a_cancelled_question_unreachable(_: MemoryDriver) -> Around:
    async def then(_: PortCall, __: Proceed) -> object:
        raise EngineUnreachable("memory", "Cancelled")

    return cancelled(then)


@mutant("EN-17")
def answers_a_cancelled_question_with_nothing(_: MemoryDriver) -> Around:
    async def then(_: PortCall, __: Proceed) -> object:
        return ()

    return cancelled(then)


@mutant("EN-17")
def cannot_be_cancelled(driver: MemoryDriver) -> Around:
    driver.settings_timeout = timedelta(milliseconds=20)

    async def around(_: PortCall, proceed: Proceed) -> object:
        with anyio.CancelScope(shield=True):
            return await proceed()

    return around


@mutant("EN-17")
def answers_from_what_it_remembers(_: MemoryDriver) -> Around:
    return remembered(Point.FOR_KEY)


@mutant("EN-17")
def is_of_no_use_after_it_was_cancelled(_: MemoryDriver) -> Around:
    broken: list[bool] = []

    async def around(_: PortCall, proceed: Proceed) -> object:
        if broken:
            raise EngineUnreachable("memory", "The connection is in use")
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            broken.append(True)
            raise

    return around


@mutant("EN-18")
def sends_a_cancelled_write_again(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            if call.point.is_write:
                with anyio.CancelScope(shield=True):
                    driver.network.mend()
                    await proceed()
            raise

    return around


@mutant("EN-18")
def keeps_a_cancelled_write_for_later(_: MemoryDriver) -> Around:
    kept: list[Proceed] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        for later in kept:
            await later()
        kept.clear()
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            if call.point.is_write:
                kept.append(proceed)
            raise

    return around


@mutant("EN-18")
def finishes_a_write_that_was_cancelled(driver: MemoryDriver) -> Around:
    driver.settings_timeout = timedelta(milliseconds=20)

    async def around(call: PortCall, proceed: Proceed) -> object:
        with anyio.CancelScope(shield=call.point.is_write):
            return await proceed()

    return around
