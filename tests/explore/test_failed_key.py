"""Recover a failed key, in every order with everybody else: what goes wrong is declared."""

from collections.abc import Hashable

import pytest
from typing_extensions import override

from tests.explore.plays import KEY, SHARED, every_order, failed, harms, left_over, on
from wfadmin.domain.capabilities import Fence
from wfadmin.testing.explore import Loss
from wfadmin.testing.explore.orders import every_order as every_story
from wfadmin.testing.explore.stage import Stage

PURGES_A_SUCCESS = "purges a success of a newer run"
STRANDS = "strands a shared call"
CLEARS = "clears the state of a run"


def test_a_client_that_submits_again_does_not_disturb() -> None:
    play = on(failed)
    play.recovery()
    play.scenario.client(KEY, times=2)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert play.states == {"cleared", "in_use"}
    assert played.endings == {"confirmed"}


def test_another_tool_that_purges_in_the_one_request_lets_a_newer_success_be_hit() -> None:
    play = on(failed)
    play.recovery()
    play.scenario.client(KEY, times=2)
    play.scenario.tool(KEY, "purge")
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {PURGES_A_SUCCESS}"}, played
    assert play.states >= {"cleared", "in_use"}
    assert "workflow_retry_blocked" in played.endings


def test_a_second_operator_without_our_lease_is_another_tool() -> None:
    play = on(failed)
    play.recovery()
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {PURGES_A_SUCCESS}"}, played


def test_a_lease_that_both_operators_share_closes_that_window() -> None:
    play = on(failed)
    play.scenario.share_a_lease()
    play.recovery()
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert "lease_held" in played.endings


def test_a_retention_that_ends_in_the_one_request_is_like_another_tool() -> None:
    play = on(failed)
    play.recovery()
    play.scenario.client(KEY, times=2)
    play.scenario.retention()
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {PURGES_A_SUCCESS}"}, played


def test_a_shared_call_that_starts_in_the_one_request_is_stranded() -> None:
    play = on(failed)
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.caller(KEY, SHARED)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}"}, played
    assert "workflow_retry_blocked" in played.endings


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.WRITE])
def test_a_lost_answer_is_settled_by_looking_and_by_nothing_else(loss: Loss) -> None:
    play = on(failed)
    play.recovery(times=2)
    play.scenario.client(KEY, times=2)
    play.scenario.network(loss)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert ("outcome_unknown" in played.endings) is (loss is Loss.WRITE)


def test_a_purge_that_lands_later_may_hit_a_newer_success() -> None:
    play = on(failed)
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "purge")
    play.scenario.network(Loss.LATE)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {PURGES_A_SUCCESS}", f"c: {PURGES_A_SUCCESS}"}, played
    assert "outcome_unknown" in played.endings


def test_a_second_recovery_does_not_recall_the_late_purge_of_the_first() -> None:
    play = on(failed)
    play.recovery(times=2)
    play.scenario.client(KEY)
    play.scenario.network(Loss.LATE)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {PURGES_A_SUCCESS}", f"c: {PURGES_A_SUCCESS}"}, played


def test_an_atomic_fence_leaves_only_the_shared_call() -> None:
    play = on(failed, fence=Fence.ATOMIC)
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "purge")
    play.scenario.caller(KEY, SHARED)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}"}, played


def test_with_an_atomic_fence_a_late_purge_hits_nothing() -> None:
    play = on(failed, fence=Fence.ATOMIC)
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "purge")
    play.scenario.network(Loss.LATE)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert "outcome_unknown" in played.endings


@pytest.mark.parametrize("fence", [Fence.CHECKED, Fence.ATOMIC])
def test_a_clear_of_what_is_left_may_meet_a_run_that_starts_in_the_one_request(
    fence: Fence,
) -> None:
    play = on(left_over, fence=fence)
    play.recovery()
    play.scenario.client(KEY, times=2)
    play.scenario.tool(KEY, "purge")
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {CLEARS}"}, played
    assert "cleared" in play.states
    assert played.endings >= {"confirmed", "outcome_unknown", "stale_plan"}


def test_a_clear_that_lands_later_may_meet_a_run() -> None:
    play = on(left_over)
    play.recovery()
    play.scenario.client(KEY)
    play.scenario.network(Loss.LATE)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {CLEARS}", f"c: {CLEARS}"}, played


def test_nothing_is_missed_by_following_each_scene_once() -> None:
    class Unmerged(Stage):
        @override
        def state(self) -> Hashable:
            return tuple(self.story)

    play = on(failed)
    play.recovery()
    play.scenario.caller(KEY, SHARED)
    play.scenario.network(Loss.LATE)
    endings: set[str] = set()

    stories = every_story(lambda: Unmerged(play.scenario, endings), at_most=20_000)
    played = every_order(play)

    assert stories.is_complete
    assert stories.failures.keys() == played.harms.keys()
    assert endings == played.endings
    assert stories.states > 5 * played.states
