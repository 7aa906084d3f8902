"""Mistakes of an adapter of deployments that show while the network is in trouble."""

from datetime import timedelta

import anyio

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import raising, remembered, swallowing
from wfadmin.adapters.memory import Point
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
    UsageError,
)
from wfadmin.domain.model import Usage
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

MADE = Registration("dp_1", ())


def unreachable() -> Exception:
    return EngineUnreachable("memory", "No answer")


def unknown() -> Exception:
    return OutcomeUnknown("register", "a place", "No answer")


def unexpected() -> Exception:
    return UnexpectedAnswer("memory", "it is not JSON")


def sent_again(error: type[Exception], *points: Point) -> Around:
    """What ended with such an error is sent a second time."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except error:
            if call.point not in points:
                raise
            return await proceed()

    return around


# --- questions -----------------------------------------------------------------------------------


@mutant("DR-19")
def takes_an_engine_that_is_gone_for_one_without_deployments(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, (), Point.LIST_DEPLOYMENTS)


@mutant("DR-19")
def takes_an_engine_that_is_gone_for_a_drained_one(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, Usage(), Point.USAGE)


@mutant("DR-19")
def remembers_the_usage(_: MemoryDriver) -> Around:
    return remembered(Point.USAGE)


@mutant("DR-20")
def waits_for_ever_for_a_list(driver: MemoryDriver) -> Around:
    driver.settings_timeout = timedelta(milliseconds=5)

    async def around(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            await anyio.sleep_forever()

    return around


@mutant("DR-20")
def takes_silence_for_a_drained_engine(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, Usage(), Point.USAGE)


@mutant("DR-21")
def reads_an_error_page_as_an_empty_list(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, (), Point.LIST_DEPLOYMENTS)


@mutant("DR-21")
def calls_a_failing_engine_unreachable(_: MemoryDriver) -> Around:
    return raising(EngineRejected, unreachable, Point.USAGE)


@mutant("DR-22")
def reads_what_it_does_not_understand_as_nothing_registered(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, (), Point.LIST_DEPLOYMENTS)


@mutant("DR-22")
def reads_what_it_does_not_understand_as_drained(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, Usage(), Point.USAGE)


@mutant("DR-22")
def lets_the_error_of_its_parser_out_of_the_list(_: MemoryDriver) -> Around:
    return raising(UnexpectedAnswer, lambda: KeyError("deployments"), Point.LIST_DEPLOYMENTS)


@mutant("DR-23")
def treats_a_dry_run_as_a_write(_: MemoryDriver) -> Around:
    return raising(EngineError, unknown, Point.DRY_RUN)


@mutant("DR-23")
def takes_any_answer_to_a_dry_run_for_a_yes(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, MADE, Point.DRY_RUN)


@mutant("DR-23")
def registers_where_a_dry_run_fails(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineRejected:
            if call.point is Point.DRY_RUN:
                url = str(call.arguments[0])
                await driver.engine.deployments.register(url, force=True, dry_run=False)
            raise

    return around


@mutant("DR-24")
def takes_a_dry_run_without_an_answer_for_unknown(_: MemoryDriver) -> Around:
    return raising(EngineUnreachable, unknown, Point.DRY_RUN)


@mutant("DR-24")
def says_that_a_dry_run_was_a_write(_: MemoryDriver) -> Around:
    def sent() -> Exception:
        return EngineUnreachable("memory", "No answer", sent=Sent.UNKNOWN)

    return raising(EngineUnreachable, sent, Point.DRY_RUN)


# --- writes --------------------------------------------------------------------------------------


@mutant("DR-25")
def cannot_tell_a_refused_registration_from_a_lost_one(_: MemoryDriver) -> Around:
    return refused(Point.REGISTER)


def refused(point: Point) -> Around:
    """A connection that was refused reads as an answer that was lost."""
    return raising(EngineUnreachable, unknown, point)


@mutant("DR-25")
def stores_registrations_for_later(driver: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            if call.point is Point.REGISTER:
                url = str(call.arguments[0])
                await driver.engine.deployments.register(url, force=True, dry_run=False)
            raise

    return around


@mutant("DR-26")
def registers_again_where_the_answer_is_lost(_: MemoryDriver) -> Around:
    return sent_again(OutcomeUnknown, Point.REGISTER)


@mutant("DR-26")
def calls_a_lost_registration_unreachable(_: MemoryDriver) -> Around:
    return raising(OutcomeUnknown, unreachable, Point.REGISTER)


@mutant("DR-26")
def takes_a_lost_answer_for_a_yes(_: MemoryDriver) -> Around:
    return swallowing(OutcomeUnknown, MADE, Point.REGISTER)


@mutant("DR-27")
def registers_again_where_nobody_answers(_: MemoryDriver) -> Around:
    return sent_again(OutcomeUnknown, Point.REGISTER)


@mutant("DR-27")
def says_that_an_unanswered_registration_was_not_sent(_: MemoryDriver) -> Around:
    def not_sent() -> Exception:
        return OutcomeUnknown("register", "a place", "No answer", sent=Sent.NO)

    return raising(OutcomeUnknown, not_sent, Point.REGISTER)


@mutant("DR-28")
def takes_any_answer_for_a_registration(_: MemoryDriver) -> Around:
    return swallowing(OutcomeUnknown, MADE, Point.REGISTER)


@mutant("DR-28")
def reads_the_answer_to_a_registration_as_that_of_a_question(_: MemoryDriver) -> Around:
    return raising(OutcomeUnknown, unexpected, Point.REGISTER)


@mutant("DR-29")
def registers_again_after_an_error_of_the_server(_: MemoryDriver) -> Around:
    return sent_again(EngineRejected, Point.REGISTER)


@mutant("DR-29")
def calls_a_rejected_registration_unreachable(_: MemoryDriver) -> Around:
    return raising(EngineRejected, unreachable, Point.REGISTER)


def showing(error: type[WfadminError], *points: Point) -> Around:
    """The URL, as it was given, in an error."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except error:
            if call.point not in points:
                raise
            raise UsageError("service URL", f"{call.arguments[0]} failed") from None

    return around


@mutant("DR-30")
def names_the_url_of_a_dead_place_in_its_error(_: MemoryDriver) -> Around:
    return showing(EngineRejected, Point.REGISTER)


@mutant("DR-30")
def names_the_url_in_the_error_of_a_dry_run(_: MemoryDriver) -> Around:
    return showing(EngineRejected, Point.DRY_RUN)


@mutant("DR-30")
def names_the_url_where_there_is_no_connection(_: MemoryDriver) -> Around:
    return showing(EngineUnreachable, Point.REGISTER)


@mutant("DR-30")
def repeats_what_the_server_says_of_the_url(_: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineRejected as error:
            if call.point is Point.REGISTER:
                # Not in the message, which is cut short: in what a log writes of the cause.
                raise error from ValueError(f"400 for {call.arguments[0]}")
            raise

    return around


@mutant("DR-31")
def cannot_tell_a_refused_removal_from_a_lost_one(_: MemoryDriver) -> Around:
    return refused(Point.REMOVE)


@mutant("DR-31")
def takes_a_refused_connection_for_nothing_to_remove(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, Answer.NOT_FOUND, Point.REMOVE)


@mutant("DR-32")
def removes_again_where_the_answer_is_lost(_: MemoryDriver) -> Around:
    return sent_again(OutcomeUnknown, Point.REMOVE)


@mutant("DR-32")
def takes_a_lost_removal_for_done(_: MemoryDriver) -> Around:
    return swallowing(OutcomeUnknown, Answer.ACCEPTED, Point.REMOVE)


@mutant("DR-33")
def takes_a_removal_that_nobody_answers_for_done(_: MemoryDriver) -> Around:
    return swallowing(OutcomeUnknown, Answer.ACCEPTED, Point.REMOVE)


@mutant("DR-33")
def calls_a_removal_that_nobody_answers_unreachable(_: MemoryDriver) -> Around:
    return raising(OutcomeUnknown, unreachable, Point.REMOVE)


@mutant("DR-33")
def removes_twice_where_nobody_answers(_: MemoryDriver) -> Around:
    return sent_again(OutcomeUnknown, Point.REMOVE)


@mutant("DR-34")
def reads_a_page_for_people_as_not_found(_: MemoryDriver) -> Around:
    return swallowing(OutcomeUnknown, Answer.NOT_FOUND, Point.REMOVE)


@mutant("DR-34")
def reads_the_answer_to_a_removal_as_that_of_a_question(_: MemoryDriver) -> Around:
    return raising(OutcomeUnknown, unexpected, Point.REMOVE)


@mutant("DR-34")
def takes_a_page_of_a_proxy_for_a_removal(_: MemoryDriver) -> Around:
    async def around(call: PortCall, proceed: Proceed) -> object:
        return Answer.ACCEPTED if call.point is Point.REMOVE else await proceed()

    return around


@mutant("DR-35")
def removes_again_after_an_error_of_the_server(_: MemoryDriver) -> Around:
    return sent_again(EngineRejected, Point.REMOVE)


@mutant("DR-35")
def takes_an_error_of_the_server_for_not_found(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, Answer.NOT_FOUND, Point.REMOVE)
