"""Recover a failed key, in every order with everybody else: what goes wrong is declared."""

from collections.abc import Hashable

import pytest
from typing_extensions import override

from tests.explore.plays import every_order, failed, left_over
from tests.explore.schedule import explore
from tests.explore.stage import Loss, Stage
from wfadmin.domain.capabilities import Fence

PURGES_A_SUCCESS = "purges a success of a newer run"
STRANDS = "strands a shared call"
CLEARS = "clears the state of a run"


def test_a_client_that_submits_again_does_not_disturb() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client(times=2)
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == set(), played
    assert played.endings == {"cleared", "in_use"}


def test_another_tool_that_purges_in_the_one_request_lets_a_newer_success_be_hit() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client(times=2)
        stage.tool("purge")
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"a: {PURGES_A_SUCCESS}"}, played
    assert played.endings >= {"cleared", "in_use", "workflow_retry_blocked"}


def test_a_second_operator_without_our_lease_is_another_tool() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.operator()
        stage.client()
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"a: {PURGES_A_SUCCESS}"}, played


def test_a_lease_that_both_operators_share_closes_that_window() -> None:
    def act(stage: Stage) -> None:
        stage.share_a_lease()
        stage.operator()
        stage.operator()
        stage.client()
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == set(), played
    assert "lease_held" in played.endings


def test_a_retention_that_ends_in_the_one_request_is_like_another_tool() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client(times=2)
        stage.retention()
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"a: {PURGES_A_SUCCESS}"}, played


def test_a_shared_call_that_starts_in_the_one_request_is_stranded() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client()
        stage.caller()
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"b: {STRANDS}"}, played
    assert "workflow_retry_blocked" in played.endings


@pytest.mark.parametrize("loss", [Loss.DONE, Loss.NEVER])
def test_a_lost_answer_is_settled_by_looking_and_by_nothing_else(loss: Loss) -> None:
    def act(stage: Stage) -> None:
        stage.operator(times=2)
        stage.client(times=2)
        stage.network(loss)
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == set(), played
    assert ("outcome_unknown" in played.endings) is (loss is Loss.NEVER)


def test_a_purge_that_lands_later_may_hit_a_newer_success() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client()
        stage.tool("purge")
        stage.network(Loss.LATER)
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"a: {PURGES_A_SUCCESS}", f"c: {PURGES_A_SUCCESS}"}, played
    assert "outcome_unknown" in played.endings


def test_a_second_recovery_does_not_recall_the_late_purge_of_the_first() -> None:
    def act(stage: Stage) -> None:
        stage.operator(times=2)
        stage.client()
        stage.network(Loss.LATER)
        stage.engine()

    played = every_order(failed, act)

    assert played.harms() == {f"a: {PURGES_A_SUCCESS}", f"c: {PURGES_A_SUCCESS}"}, played


def test_an_atomic_fence_leaves_only_the_shared_call() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client()
        stage.tool("purge")
        stage.caller()
        stage.engine()

    played = every_order(failed, act, fence=Fence.ATOMIC)

    assert played.harms() == {f"b: {STRANDS}"}, played


def test_with_an_atomic_fence_a_late_purge_hits_nothing() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client()
        stage.tool("purge")
        stage.network(Loss.LATER)
        stage.engine()

    played = every_order(failed, act, fence=Fence.ATOMIC)

    assert played.harms() == set(), played
    assert "outcome_unknown" in played.endings


@pytest.mark.parametrize("fence", [Fence.CHECKED, Fence.ATOMIC])
def test_a_clear_of_what_is_left_may_meet_a_run_that_starts_in_the_one_request(
    fence: Fence,
) -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client(times=2)
        stage.tool("purge")
        stage.engine()

    played = every_order(left_over, act, fence=fence)

    assert played.harms() == {f"a: {CLEARS}"}, played
    assert played.endings >= {"cleared", "outcome_unknown", "stale_plan"}


def test_a_clear_that_lands_later_may_meet_a_run() -> None:
    def act(stage: Stage) -> None:
        stage.operator()
        stage.client()
        stage.network(Loss.LATER)
        stage.engine()

    played = every_order(left_over, act)

    assert played.harms() == {f"a: {CLEARS}", f"c: {CLEARS}"}, played


def test_nothing_is_missed_by_following_each_scene_once() -> None:
    class Unmerged(Stage):
        @override
        def state(self) -> Hashable:
            return tuple(self.story)

    def act(stage: Stage) -> None:
        stage.operator()
        stage.caller()
        stage.network(Loss.LATER)

    def unmerged() -> Stage:
        made = Unmerged(failed, Fence.CHECKED, endings)
        act(made)
        return made

    endings: set[str] = set()
    every_story = explore(unmerged)
    played = every_order(failed, act)

    assert every_story.failures.keys() == played.explored.failures.keys()
    assert endings == played.endings
    assert every_story.states > 5 * played.explored.states
