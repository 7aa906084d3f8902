"""What every `DeploymentRegistry` keeps while the network is in trouble."""

from collections.abc import Callable
from functools import partial

from wfadmin.domain.answers import Answer
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import EngineError, EngineRejected, EngineUnreachable, OutcomeUnknown
from wfadmin.domain.model import Deployment
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._deployments import (
    PASSWORD,
    dead_url,
    deployed,
    expect_still_listed,
    expect_unlisted,
    gone,
    until_listed,
    with_password,
)
from wfadmin.testing.clauses._troubles import (
    Asked,
    Call,
    error_in,
    expect_safe,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
    garbage_of,
)
from wfadmin.testing.verdicts import NotExercised

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("DeploymentRegistry", "DR")


# --- questions -----------------------------------------------------------------------------------


@RULES.clause(19, "without a connection, the list and the usage find it unreachable")
async def _(bench: Bench) -> None:
    await finds_cut(bench, await _asked(bench))


@RULES.clause(20, "silence ends the list and the usage as unreachable, within the time limit")
async def _(bench: Bench) -> None:
    await finds_silence(bench, await _asked(bench))


@RULES.clause(21, "an error status ends the list and the usage as rejected")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, await _asked(bench))


@RULES.clause(22, "an answer that is not understood is never a list or a usage")
async def _(bench: Bench) -> None:
    await finds_garbage(bench, await _asked(bench))


@RULES.clause(23, "a dry run is a question: without a good answer nothing was sent or registered")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    asked = (Asked("a dry run", _registering(bench, url, dry_run=True)),)
    await asked[0].call()
    await finds_cut(bench, asked)
    await finds_rejection(bench, asked)
    await finds_garbage(bench, asked)
    await expect_unlisted(bench, url, "after dry runs in trouble")


@RULES.clause(24, "a dry run whose answer is lost is no unknown outcome")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    call = _registering(bench, url, dry_run=True)
    error = await error_in(bench, bench.driver.network.lose_answers, call, "a dry run")
    found = type(error).__name__
    expect(isinstance(error, EngineError), f"a dry run whose answer is lost ends with {found}")
    expect(error.sent is Sent.NO, "a dry run says of itself that a write was sent")


# --- registrations -------------------------------------------------------------------------------


@RULES.clause(25, "a registration without a connection was not sent, and says so")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    call = _registering(bench, url, dry_run=False)
    _not_sent(await error_in(bench, bench.driver.network.cut, call, "a registration"))
    await expect_unlisted(bench, url, "though there was no connection")


@RULES.clause(26, "a registration whose answer is lost is an unknown outcome, and sent once")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    await _sent_once(
        bench, bench.driver.network.lose_answers, _registering(bench, url, dry_run=False)
    )
    await until_listed(bench, url)


@RULES.clause(27, "a registration that nobody answers is an unknown outcome, and sent once")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    await _sent_once(bench, bench.driver.network.silence, _registering(bench, url, dry_run=False))
    await expect_unlisted(bench, url, "though it never arrived")


@RULES.clause(28, "a registration whose answer is not understood is an unknown outcome")
async def _(bench: Bench) -> None:
    for kind in garbage_of(bench):
        url = await bench.a_place()
        what = f"a registration that is answered with garbage ({kind.value})"
        call = _registering(bench, url, dry_run=False)
        _unknown(
            await error_in(bench, partial(bench.driver.network.garble, kind), call, what), what
        )
        await until_listed(bench, url)


@RULES.clause(29, "a registration that is answered with an error is not sent again")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    await _rejected_once(bench, _registering(bench, url, dry_run=False))
    await expect_unlisted(bench, url, "though it was answered with an error")


@RULES.clause(30, "the errors of a registration show no secret")
async def _(bench: Bench) -> None:
    network = bench.driver.network
    url, secrets = with_password(dead_url(bench)), (PASSWORD, *bench.secrets)
    for dry_run in (True, False):
        call = _registering(bench, url, dry_run=dry_run)
        error = await bench.error_of(call, "the registration of a place that does not answer")
        expect_safe(error, secrets, "a registration of a place that does not answer")
        for start in (network.cut, network.lose_answers, network.reject):
            found = await _error_or_none(bench, start, call)
            if found is not None:
                expect_safe(found, secrets, f"a registration in trouble ({start.__name__})")


# --- removals ------------------------------------------------------------------------------------


@RULES.clause(31, "a removal without a connection was not sent, and says so")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    call = _removing(bench, found)
    _not_sent(await error_in(bench, bench.driver.network.cut, call, "a removal"))
    await expect_still_listed(bench, found, "though there was no connection")


@RULES.clause(32, "a removal whose answer is lost is an unknown outcome, and sent once")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    await _sent_once(bench, bench.driver.network.lose_answers, _removing(bench, found))
    await gone(bench, found)


@RULES.clause(33, "a removal that nobody answers is an unknown outcome, and sent once")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    await _sent_once(bench, bench.driver.network.silence, _removing(bench, found))
    await expect_still_listed(bench, found, "though the removal never arrived")


@RULES.clause(34, "a removal whose answer is not understood is unknown, or accepted and done")
async def _(bench: Bench) -> None:
    for kind in garbage_of(bench):
        _, found = await deployed(bench)
        what = f"a removal that is answered with garbage ({kind.value})"
        bench.driver.network.garble(kind)
        try:
            answer = await bench.deployments.remove(found.id)
        except WfadminError as error:
            _unknown(error, what)
        else:
            expect(answer is Answer.ACCEPTED, f"{what} says {answer}")
        finally:
            bench.driver.network.mend()
        await gone(bench, found)


@RULES.clause(35, "a removal that is answered with an error is not sent again")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    await _rejected_once(bench, _removing(bench, found))
    await expect_still_listed(bench, found, "though the removal was answered with an error")


async def _asked(bench: Bench) -> tuple[Asked, ...]:
    registry = bench.deployments
    asked = Asked("the list of deployments", registry.list), Asked("the usage", registry.usage)
    for one in asked:
        # An adapter that remembers its last answer has one now.
        await one.call()
    return asked


def _registering(bench: Bench, url: str, *, dry_run: bool) -> Call:
    return lambda: bench.deployments.register(url, force=True, dry_run=dry_run)


def _removing(bench: Bench, deployment: Deployment) -> Call:
    return lambda: bench.deployments.remove(deployment.id)


def _not_sent(error: WfadminError) -> None:
    found = type(error).__name__
    expect(isinstance(error, EngineUnreachable), f"a write without a connection ends with {found}")
    expect(error.sent is Sent.NO, "a write without a connection says that it was sent")


def _unknown(error: WfadminError, what: str) -> None:
    found = type(error).__name__
    expect(isinstance(error, OutcomeUnknown), f"{what} ends with {found}")
    expect(error.sent is not Sent.NO, f"{what} says of itself that nothing was sent")


async def _sent_once(bench: Bench, start: Callable[[], None], call: Call) -> None:
    network = bench.driver.network
    before = network.writes
    error = await error_in(bench, start, call, "a write without an answer")
    _unknown(error, "a write without an answer")
    await _expect_one_write(bench, before)


async def _rejected_once(bench: Bench, call: Call) -> None:
    network = bench.driver.network
    before = network.writes
    error = await error_in(bench, network.reject, call, "a write that is answered with an error")
    found = type(error).__name__
    # A proxy that had no answer from the engine also answers with an error.
    is_typed = isinstance(error, EngineRejected | OutcomeUnknown)
    expect(is_typed, f"a write that is answered with an error ends with {found}")
    await _expect_one_write(bench, before)


async def _expect_one_write(bench: Bench, before: int) -> None:
    await bench.driver.settle()
    sent = bench.driver.network.writes - before
    expect(sent == 1, f"one write was asked for, and {sent} were sent")


async def _error_or_none(
    bench: Bench, start: Callable[[], None], call: Call
) -> WfadminError | None:
    """The error in this trouble; None where the driver cannot make it."""
    try:
        return await error_in(bench, start, call, "a registration in trouble")
    except NotExercised:
        return None
