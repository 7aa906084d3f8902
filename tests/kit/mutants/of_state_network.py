"""Mistakes of an adapter to stored data: on bad networks, and with several callers."""

import anyio
import anyio.lowlevel

from tests.kit.mutant import mutant
from tests.kit.mutants.of_state import NOTHING, key_of
from tests.kit.mutants.tools import at, on_error, tries_again_on
from wfadmin.adapters.memory import Point
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

UNKNOWN = OutcomeUnknown("clear state", "key", "nobody knows")

# --- reading -------------------------------------------------------------------------------------


@mutant("SS-17")
@mutant("SS-18")
@mutant("SS-19")
@mutant("SS-20")
def reads_nothing_where_nothing_could_be_read(_: MemoryDriver) -> Around:
    return at(Point.READ_STATE, instead=on_error(EngineError, NOTHING))


@mutant("SS-17")
@mutant("SS-18")
@mutant("SS-19")
@mutant("SS-20")
def takes_a_failed_read_for_an_unknown_outcome(_: MemoryDriver) -> Around:
    return at(Point.READ_STATE, instead=on_error(EngineError, UNKNOWN))


@mutant("SS-19")
def does_not_tell_an_error_of_the_server_from_silence(_: MemoryDriver) -> Around:
    unreachable = EngineUnreachable("memory", "it failed")
    return at(Point.READ_STATE, instead=on_error(EngineRejected, unreachable))


@mutant("SS-17")
def says_that_a_read_may_have_changed_something(_: MemoryDriver) -> Around:
    maybe = EngineUnreachable("memory", "refused", sent=Sent.UNKNOWN)
    return at(Point.READ_STATE, instead=on_error(EngineUnreachable, maybe))


# --- clearing ------------------------------------------------------------------------------------


@mutant("SS-21")
def sends_every_clear_twice(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        await proceed()
        return await proceed()

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-22")
def does_not_know_whether_a_clear_left(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=on_error(EngineUnreachable, UNKNOWN))


@mutant("SS-22")
def says_that_a_clear_may_have_left(_: MemoryDriver) -> Around:
    maybe = EngineUnreachable("memory", "refused", sent=Sent.UNKNOWN)
    return at(Point.CLEAR_STATE, instead=on_error(EngineUnreachable, maybe))


@mutant("SS-22")
def clears_later_what_could_not_leave(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            driver.world.store.store(key_of(call), {})
            raise

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-23")
@mutant("SS-24")
@mutant("SS-26")
def sends_a_clear_again_that_was_not_answered(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=tries_again_on(OutcomeUnknown))


@mutant("SS-23")
@mutant("SS-24")
def takes_a_clear_without_an_answer_for_one_that_did_not_leave(_: MemoryDriver) -> Around:
    unreachable = EngineUnreachable("memory", "no answer")
    return at(Point.CLEAR_STATE, instead=on_error(OutcomeUnknown, unreachable))


@mutant("SS-23")
@mutant("SS-24")
def takes_a_clear_without_an_answer_for_done(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=on_error(OutcomeUnknown, Answer.ACCEPTED))


@mutant("SS-23")
@mutant("SS-24")
def says_that_a_clear_without_an_answer_was_not_sent(_: MemoryDriver) -> Around:
    unsent = OutcomeUnknown("clear state", "key", "nobody knows", sent=Sent.NO)
    return at(Point.CLEAR_STATE, instead=on_error(OutcomeUnknown, unsent))


@mutant("SS-23")
def clears_in_secret_when_no_answer_comes(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except OutcomeUnknown:
            driver.world.store.store(key_of(call), {})
            raise

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-25")
def takes_a_rejected_clear_for_an_unknown_one(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=on_error(EngineRejected, UNKNOWN))


@mutant("SS-25")
def says_that_a_rejected_clear_was_not_sent(_: MemoryDriver) -> Around:
    unsent = EngineRejected("memory", 500, None, "it failed", sent=Sent.NO)
    return at(Point.CLEAR_STATE, instead=on_error(EngineRejected, unsent))


@mutant("SS-25")
def sends_a_rejected_clear_again(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=tries_again_on(EngineRejected))


@mutant("SS-26")
def takes_garbage_for_a_key_without_data(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=on_error(OutcomeUnknown, Answer.NOT_FOUND))


@mutant("SS-26")
def says_only_that_the_answer_to_a_clear_is_unexpected(_: MemoryDriver) -> Around:
    unexpected = UnexpectedAnswer("memory", "it cannot be read")
    return at(Point.CLEAR_STATE, instead=on_error(OutcomeUnknown, unexpected))


@mutant("SS-27")
def lets_two_clears_share_one_write(_: MemoryDriver) -> Around:
    under_way: set[object] = set()

    async def instead(call: PortCall, proceed: Proceed) -> object:
        key = key_of(call)
        if key in under_way:
            return Answer.ACCEPTED
        under_way.add(key)
        await anyio.lowlevel.checkpoint()
        answer = await proceed()
        under_way.discard(key)
        return answer

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-27")
def trips_over_the_second_clear(_: MemoryDriver) -> Around:
    under_way: list[object] = []

    async def instead(call: PortCall, proceed: Proceed) -> object:
        under_way.append(key_of(call))
        await anyio.lowlevel.checkpoint()
        (_,) = under_way
        under_way.clear()
        return await proceed()

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-28")
def takes_a_cancelled_clear_for_a_lost_answer(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            raise UNKNOWN from None

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-28")
def sends_a_clear_again_when_the_caller_is_cancelled(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await proceed()
            raise

    return at(Point.CLEAR_STATE, instead=instead)
