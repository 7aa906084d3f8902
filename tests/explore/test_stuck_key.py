"""Recover a stuck key by a kill, in every order with everybody else."""

import pytest

from tests.explore.harm import Window
from tests.explore.plays import (
    BACKING_OFF,
    PAUSABLE,
    PAUSED,
    backing_off,
    every_order,
    paused,
    paused_with_a_paused_call,
)
from tests.explore.stage import Loss, Stage
from wfadmin.domain.capabilities import Fence

STRANDS = "strands a shared call"
KILLS, PURGES, PAUSES = "kills a newer run", "purges a newer run", "pauses a newer run"
PURGES_A_SUCCESS = "purges a success of a newer run"


def test_a_tool_that_frees_the_key_in_the_one_request_lets_a_newer_run_be_hit() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED)
        stage.client()
        stage.tool("kill", "purge")
        stage.engine()

    played = every_order(paused, act)

    assert played.harms() == {f"a: {KILLS}", f"a: {PURGES}", f"a: {PURGES_A_SUCCESS}"}, played
    assert played.endings >= {"cleared", "in_use", "workflow_retry_blocked"}


def test_an_atomic_fence_closes_that_window() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED)
        stage.client()
        stage.tool("kill", "purge")
        stage.engine()

    played = every_order(paused, act, fence=Fence.ATOMIC)

    assert played.harms() == set(), played


def test_a_second_operator_without_our_lease_frees_the_key_too() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED)
        stage.operator(PAUSED)
        stage.client()

    played = every_order(paused, act)

    assert played.harms() == {f"a: {KILLS}"}, played


def test_a_shared_call_that_starts_in_the_one_request_is_stranded() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED)
        stage.client()
        stage.caller()

    played = every_order(paused, act)

    assert played.harms() == {f"b: {STRANDS}"}, played
    assert played.endings == {"cleared", "workflow_retry_blocked"}


def test_a_shared_call_that_the_policy_lists_is_killed_and_not_stranded() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED)
        stage.client(times=2)
        stage.engine()

    played = every_order(paused_with_a_paused_call, act)

    assert played.harms() == set(), played
    assert played.endings == {"cleared", "in_use"}


def test_without_parking_a_run_may_get_on_in_the_one_request_before_its_kill() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF)
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == {"a: kills a run that got on"}, played


def test_parking_closes_that_window() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == set(), played
    assert played.endings == {"cleared", "workflow_retry_blocked"}


def test_a_parked_kill_has_one_more_write_that_may_hit_a_newer_run() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.client()
        stage.tool("kill", "purge")

    played = every_order(backing_off, act)

    assert played.harms() == {f"a: {PAUSES}", f"a: {KILLS}", f"a: {PURGES}"}, played


def test_an_atomic_fence_closes_all_of_them() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.client()
        stage.tool("kill", "purge")

    played = every_order(backing_off, act, fence=Fence.ATOMIC)

    assert played.harms() == set(), played


def test_two_operators_who_park_the_same_run_do_no_harm_to_it() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == set(), played
    assert "cleared" in played.endings


def test_of_a_parked_run_a_shared_call_is_stranded_only_in_the_one_request() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.client()
        stage.caller()
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == {f"b: {STRANDS}"}, played
    assert "workflow_retry_blocked" in played.endings


@pytest.mark.parametrize("loss", [Loss.DONE, Loss.NEVER])
def test_a_lost_answer_leaves_no_run_parked_in_silence(loss: Loss) -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.caller()
        stage.network(loss)
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == {f"b: {STRANDS}"}, played
    assert ("outcome_unknown" in played.endings) is (loss is Loss.NEVER)


def test_a_write_that_lands_later_may_strand_a_shared_call() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.caller()
        stage.network(Loss.LATER)
        stage.engine()

    played = every_order(backing_off, act)

    assert played.harms() == {f"b: {STRANDS}", f"c: {STRANDS}"}, played


def test_a_write_that_lands_later_may_hit_a_newer_run() -> None:
    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.client()
        stage.tool("kill", "purge")
        stage.network(Loss.LATER)

    played = every_order(backing_off, act)

    assert played.harms(Window.BUG, Window.B) == set(), played
    assert played.harms(Window.A) == {PAUSES, KILLS, PURGES}
    assert played.harms(Window.C) == {PAUSES, KILLS, PURGES}
