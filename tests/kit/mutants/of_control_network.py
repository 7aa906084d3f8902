"""Mistakes of an adapter that changes runs: on bad networks, and with several callers."""

import anyio
import anyio.lowlevel

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import COMMANDS, answers, at, command_of, on_error, tries_again_on
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

UNKNOWN = OutcomeUnknown("command", "run", "nobody knows")
UNREACHABLE = EngineUnreachable("memory", "no answer")


async def twice(_: PortCall, proceed: Proceed) -> object:
    answer = await proceed()
    await proceed()
    return answer


@mutant("IC-33")
def sends_every_command_twice(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=twice)


@mutant("IC-34")
def does_not_know_whether_a_refused_connection_sent_it(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(EngineUnreachable, UNKNOWN))


@mutant("IC-34")
def says_that_a_refused_connection_may_have_sent_it(_: MemoryDriver) -> Around:
    maybe = EngineUnreachable("memory", "refused", sent=Sent.UNKNOWN)
    return at(*COMMANDS, instead=on_error(EngineUnreachable, maybe))


@mutant("IC-34")
def keeps_what_could_not_leave_and_does_it_later(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            driver.world.store.perform(command_of(call))
            raise

    return at(*COMMANDS, instead=instead)


@mutant("IC-35")
@mutant("IC-36")
def sends_again_what_was_not_answered(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=tries_again_on(OutcomeUnknown))


@mutant("IC-35")
@mutant("IC-36")
def takes_a_missing_answer_for_an_engine_that_was_not_reached(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(OutcomeUnknown, UNREACHABLE))


@mutant("IC-35")
@mutant("IC-36")
def says_that_what_was_not_answered_was_not_sent(_: MemoryDriver) -> Around:
    unsent = OutcomeUnknown("command", "run", "nobody knows", sent=Sent.NO)
    return at(*COMMANDS, instead=on_error(OutcomeUnknown, unsent))


@mutant("IC-35")
@mutant("IC-36")
def takes_a_missing_answer_for_success(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(OutcomeUnknown, Answer.ACCEPTED))


@mutant("IC-37")
def takes_an_error_of_the_server_for_an_unknown_outcome(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(EngineRejected, UNKNOWN))


@mutant("IC-37")
def says_that_a_rejected_command_was_not_sent(_: MemoryDriver) -> Around:
    unsent = EngineRejected("memory", 500, None, "it failed", sent=Sent.NO)
    return at(*COMMANDS, instead=on_error(EngineRejected, unsent))


@mutant("IC-37")
def takes_an_error_of_the_server_for_a_wrong_status(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(EngineRejected, Answer.WRONG_STATUS))


@mutant("IC-37")
def sends_again_what_the_server_failed_on(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=tries_again_on(EngineRejected))


@mutant("IC-38")
def takes_garbage_for_not_found(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=on_error(OutcomeUnknown, Answer.NOT_FOUND))


@mutant("IC-38")
def says_only_that_the_answer_to_a_write_is_unexpected(_: MemoryDriver) -> Around:
    unexpected = UnexpectedAnswer("memory", "it cannot be read")
    return at(*COMMANDS, instead=on_error(OutcomeUnknown, unexpected))


@mutant("IC-38")
def sends_again_what_was_answered_with_garbage(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=tries_again_on(OutcomeUnknown))


# --- several callers -----------------------------------------------------------------------------


@mutant("IC-39")
def lets_two_callers_share_one_write(_: MemoryDriver) -> Around:
    under_way: set[str] = set()

    async def instead(call: PortCall, proceed: Proceed) -> object:
        invocation_id = command_of(call).ref.id
        if invocation_id in under_way:
            return Answer.ACCEPTED
        under_way.add(invocation_id)
        await anyio.lowlevel.checkpoint()
        answer = await proceed()
        under_way.discard(invocation_id)
        return answer

    return at(*COMMANDS, instead=instead)


@mutant("IC-39")
def trips_over_the_second_caller(_: MemoryDriver) -> Around:
    under_way: list[str] = []

    async def instead(call: PortCall, proceed: Proceed) -> object:
        under_way.append(command_of(call).ref.id)
        await anyio.lowlevel.checkpoint()
        (_,) = under_way
        under_way.clear()
        return await proceed()

    return at(*COMMANDS, instead=instead)


@mutant("IC-40")
def keeps_the_command_in_a_place_that_callers_share(driver: MemoryDriver) -> Around:
    place: dict[str, PortCall] = {}

    async def instead(call: PortCall, _: Proceed) -> object:
        place["command"] = call
        await anyio.lowlevel.checkpoint()
        return driver.world.store.perform(command_of(place["command"]))

    return at(*COMMANDS, instead=instead)


@mutant("IC-41")
def takes_a_cancelled_caller_for_a_lost_answer(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            raise UNKNOWN from None

    return at(*COMMANDS, instead=instead)


@mutant("IC-41")
def sends_again_when_the_caller_is_cancelled(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await proceed()
            raise

    return at(*COMMANDS, instead=instead)


@mutant("IC-41")
def answers_before_it_sends(_: MemoryDriver) -> Around:
    return at(*COMMANDS, instead=answers(Answer.ACCEPTED))


@mutant("IC-41")
def goes_on_without_its_caller(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        with anyio.CancelScope(shield=True):
            return await proceed()

    return at(*COMMANDS, instead=instead)
