"""Recover a stuck key by a kill, in every order with everybody else."""

import pytest

from tests.explore.plays import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED,
    backing_off,
    every_order,
    harms,
    on,
    paused,
    paused_with_a_paused_call,
)
from wfadmin.domain.capabilities import Fence
from wfadmin.testing.explore import Loss, Window

STRANDS = "strands a shared call"
KILLS, PURGES, PAUSES = "kills a newer run", "purges a newer run", "pauses a newer run"
PURGES_A_SUCCESS = "purges a success of a newer run"


def test_a_tool_that_frees_the_key_in_the_one_request_lets_a_newer_run_be_hit() -> None:
    play = on(paused)
    play.recovery(PAUSED)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"a: {KILLS}", f"a: {PURGES}", f"a: {PURGES_A_SUCCESS}"}, played
    assert play.states >= {"cleared", "in_use"}
    assert "workflow_retry_blocked" in played.endings


def test_an_atomic_fence_closes_that_window() -> None:
    play = on(paused, fence=Fence.ATOMIC)
    play.recovery(PAUSED)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played


def test_a_second_operator_without_our_lease_frees_the_key_too() -> None:
    play = on(paused)
    play.recovery(PAUSED)
    play.recovery(PAUSED)
    play.scenario.client(KEY)

    played = every_order(play)

    assert harms(played) == {f"a: {KILLS}"}, played


def test_a_shared_call_that_starts_in_the_one_request_is_stranded() -> None:
    play = on(paused)
    play.recovery(PAUSED)
    play.scenario.client(KEY)
    play.scenario.caller(KEY, SHARED)

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}"}, played
    assert play.states == {"cleared"}
    assert played.endings == {"confirmed", "workflow_retry_blocked"}


def test_a_shared_call_that_the_policy_lists_is_killed_and_not_stranded() -> None:
    play = on(paused_with_a_paused_call)
    play.recovery(PAUSED)
    play.scenario.client(KEY, times=2)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert play.states == {"cleared", "in_use"}
    assert played.endings == {"confirmed"}


def test_without_parking_a_run_may_get_on_in_the_one_request_before_its_kill() -> None:
    play = on(backing_off)
    play.recovery(BACKING_OFF)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {"a: kills a run that got on"}, played


def test_parking_closes_that_window() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert play.states == {"cleared"}
    assert played.endings == {"confirmed", "workflow_retry_blocked"}


def test_a_parked_kill_has_one_more_write_that_may_hit_a_newer_run() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")

    played = every_order(play)

    assert harms(played) == {f"a: {PAUSES}", f"a: {KILLS}", f"a: {PURGES}"}, played


def test_an_atomic_fence_closes_all_of_them() -> None:
    play = on(backing_off, fence=Fence.ATOMIC, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")

    played = every_order(play)

    assert harms(played) == set(), played


def test_two_operators_who_park_the_same_run_do_no_harm_to_it() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.recovery(BACKING_OFF)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == set(), played
    assert "cleared" in play.states


def test_of_a_parked_run_a_shared_call_is_stranded_only_in_the_one_request() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.client(KEY)
    play.scenario.caller(KEY, SHARED)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}"}, played
    assert "workflow_retry_blocked" in played.endings


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.WRITE])
def test_a_lost_answer_leaves_no_run_parked_in_silence(loss: Loss) -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.caller(KEY, SHARED)
    play.scenario.network(loss)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}"}, played
    assert ("outcome_unknown" in played.endings) is (loss is Loss.WRITE)


def test_a_write_that_lands_later_may_strand_a_shared_call() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.caller(KEY, SHARED)
    play.scenario.network(Loss.LATE)
    play.scenario.engine()

    played = every_order(play)

    assert harms(played) == {f"b: {STRANDS}", f"c: {STRANDS}"}, played


def test_a_write_that_lands_later_may_hit_a_newer_run() -> None:
    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")
    play.scenario.network(Loss.LATE)

    played = every_order(play)

    assert harms(played, Window.BUG, Window.B) == set(), played
    assert played.words(Window.A) == {PAUSES, KILLS, PURGES}
    assert played.words(Window.C) == {PAUSES, KILLS, PURGES}
