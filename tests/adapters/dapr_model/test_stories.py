"""A key that is stuck is free again: over HTTP to the model of a sidecar, and in memory alike."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.adapters.dapr_model.places import KEY, Make, Place, Put, Trouble, words
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.memory import Key
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
    WfadminError,
)

pytestmark = pytest.mark.asyncio

WITH_CHILDREN = RecoveryPolicy(with_children=True)
STUCK = RecoveryPolicy((Paused(),), with_children=True)
ALONG = "Whatever the run called goes along: which children, this engine does not say."


# --- recover: what is done -----------------------------------------------------------------------


@pytest.mark.parametrize("put", [Key.failed, Key.killed], ids=["failed", "terminated"])
async def test_what_ended_badly_is_purged_and_seen_to_be_gone(place: Place, put: Put) -> None:
    put(place.key())
    evidence = MemoryEvidence()

    async with place.operator(policy=WITH_CHILDREN, evidence=evidence) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, result.killed, result.purged) == (Effect.CONFIRMED, (), ("o-1",))
    assert (place.writes, words(place)) == (["purge"], [])
    assert list(evidence.saved) == [result.evidence]


async def test_a_paused_run_is_terminated_seen_to_end_and_purged(place: Place) -> None:
    place.key().paused()

    async with place.operator(policy=STUCK) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, result.killed, result.purged) == (
        Effect.CONFIRMED,
        ("o-1",),
        ("o-1",),
    )
    assert (place.writes, words(place)) == (["kill", "purge"], [])


async def test_children_go_along(place: Place) -> None:
    place.key().failed().child(place.world.workflow("Payment").key("p-1")).succeeded()

    async with place.operator(policy=WITH_CHILDREN) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, result.purged) == (Effect.CONFIRMED, ("o-1",))
    assert (place.writes, words(place)) == (["purge"], [])
    assert ALONG in result.warnings


async def test_a_child_that_ends_later_than_its_parent_blocks_the_purge_for_a_while(
    make: Make,
) -> None:
    place = make(acceptance=timedelta(seconds=1))
    place.key().paused().child(place.world.workflow("Payment").key("p-1")).running()

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(KEY)
        assert (caught.value.reason, caught.value.sent) == ("purge_failed", Sent.YES)
        assert words(place) == ["TERMINATED", "RUNNING"]

        place.world.advance(timedelta(seconds=2))
        again = await operator.recover_stuck_workflow(KEY)

    assert (again.killed, again.purged) == ((), ("o-1",))
    assert (place.writes, words(place)) == (["kill", "purge", "purge"], [])


async def test_who_kills_is_warned_that_old_work_may_reach_a_new_run(place: Place) -> None:
    place.key().paused()

    async with place.operator(policy=STUCK) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert any("start the work under a new id" in one for one in result.warnings)


async def test_a_terminate_that_takes_long_is_waited_for(make: Make) -> None:
    place = make(acceptance=timedelta(seconds=4))
    place.key().paused()
    began = place.world.clock.now()

    async with place.operator(policy=STUCK) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.killed, result.purged, place.writes) == (("o-1",), ("o-1",), ["kill", "purge"])
    assert place.world.clock.now() - began > timedelta(seconds=4)


async def test_a_terminate_that_takes_too_long_is_never_sent_again(make: Make) -> None:
    place = make(acceptance=timedelta(minutes=1))
    place.key().paused()

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(OutcomeUnknown) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert caught.value.sent is Sent.YES
    assert (place.writes, words(place)) == (["kill"], ["SUSPENDED"])


async def test_a_key_that_is_free_needs_no_write(place: Place) -> None:
    async with place.operator(policy=STUCK) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.matched, result.effect, place.writes) == (0, Effect.NO_CHANGE, [])


# --- answers that are lost -----------------------------------------------------------------------


@pytest.mark.parametrize("command", ["kill", "purge"])
async def test_a_lost_answer_is_settled_by_reading(place: Place, command: str) -> None:
    place.key().paused()
    place.lose_answer(command)

    async with place.operator(policy=STUCK) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, result.purged) == (Effect.CONFIRMED, ("o-1",))
    assert (place.writes, words(place)) == (["kill", "purge"], [])


@pytest.mark.parametrize(
    ("command", "sent", "stands"),
    [("kill", ["kill"], "SUSPENDED"), ("purge", ["kill", "purge"], "TERMINATED")],
)
async def test_a_lost_request_ends_in_doubt_and_is_never_sent_again(
    place: Place,
    command: str,
    sent: list[str],
    stands: str,
) -> None:
    place.key().paused()
    place.lose_request(command)

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(OutcomeUnknown) as caught:
            await operator.recover_stuck_workflow(KEY)
        assert caught.value.sent is Sent.UNKNOWN
        assert (place.writes, words(place)) == (sent, [stands])

        # It is known by now that nothing came of it: whoever looks again may go on.
        again = await operator.recover_stuck_workflow(KEY)

    assert (again.purged, words(place)) == (("o-1",), [])


# --- another operator ----------------------------------------------------------------------------


def gone(place: Place) -> Callable[[], object]:
    """Another tool terminates and purges the run."""

    def happens() -> None:
        place.world.store.kill("o-1")
        place.world.settle()
        place.world.store.purge("o-1")
        place.world.settle()

    return happens


async def test_a_second_operator_that_is_faster_leaves_nothing_to_do(place: Place) -> None:
    place.key().failed()
    place.before("purge", gone(place))

    async with place.operator(policy=WITH_CHILDREN) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, words(place)) == (Effect.CONFIRMED, [])
    assert place.writes == ["purge"]


async def test_a_run_that_a_client_started_meanwhile_is_left_alone(place: Place) -> None:
    place.key().failed()

    def restarted() -> None:
        gone(place)()
        place.key().running()

    place.before("purge", restarted)

    async with place.operator(policy=WITH_CHILDREN) as operator:
        await operator.recover_stuck_workflow(KEY)

    assert (place.writes, words(place)) == (["purge"], ["RUNNING"])


async def test_an_id_that_another_workflow_took_meanwhile_is_left_alone(place: Place) -> None:
    place.key().failed()

    def taken() -> None:
        gone(place)()
        place.world.workflow("Bill").key("o-1").running()

    place.before("purge", taken)

    async with place.operator(policy=WITH_CHILDREN) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (place.writes, words(place)) == (["purge"], ["RUNNING"])
    assert "A run of another service bears the id of the run by now." in result.warnings


# --- in the middle of a recovery -----------------------------------------------------------------

ENDINGS: dict[Trouble, tuple[type[WfadminError], Sent]] = {
    Trouble.HANGS: (OutcomeUnknown, Sent.UNKNOWN),
    Trouble.RESTARTS: (EngineUnreachable, Sent.YES),
    Trouble.LOSES_WORKER: (EngineRejected, Sent.YES),
    Trouble.TAKES_NO_TOKEN: (EngineRejected, Sent.YES),
}


@pytest.mark.parametrize("trouble", Trouble)
async def test_what_breaks_between_kill_and_purge_ends_in_an_error_and_loses_nothing(
    place: Place,
    trouble: Trouble,
) -> None:
    place.key().paused()
    place.before("purge", lambda: place.befall(trouble))
    error, sent = ENDINGS[trouble]
    evidence = MemoryEvidence()

    async with place.operator(policy=STUCK, evidence=evidence) as operator:
        with pytest.raises(error) as caught:
            await operator.recover_stuck_workflow(KEY)
        assert caught.value.sent is sent
        assert words(place) == ["TERMINATED"]
        assert place.writes.count("kill") == 1
        assert len(evidence.saved) == 1

        place.mend()
        again = await operator.recover_stuck_workflow(KEY)

    assert (again.killed, again.purged, words(place)) == ((), ("o-1",), [])
    assert place.writes.count("kill") == 1


@pytest.mark.parametrize("trouble", Trouble)
async def test_what_breaks_before_the_kill_ends_in_an_error_and_leaves_the_run_as_it_was(
    place: Place,
    trouble: Trouble,
) -> None:
    place.key().paused()
    place.before("kill", lambda: place.befall(trouble))
    error, _ = ENDINGS[trouble]

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(error) as caught:
            await operator.recover_stuck_workflow(KEY)
        assert (caught.value.sent is Sent.NO) is (trouble is Trouble.RESTARTS)
        assert (words(place), "purge" in place.writes) == (["SUSPENDED"], False)
        assert place.writes.count("kill") == (0 if trouble is Trouble.RESTARTS else 1)

        place.mend()
        again = await operator.recover_stuck_workflow(KEY)

    assert (again.killed, again.purged, words(place)) == (("o-1",), ("o-1",), [])
