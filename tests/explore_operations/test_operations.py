"""The operations with everybody else, in every order: what goes wrong is declared, and no more."""

import pytest

from tests.explore_operations.bills import BILLS, EVERY_PLAY
from tests.explore_operations.plays import harms_of


@pytest.mark.parametrize("name", EVERY_PLAY)
def test_exactly_this_goes_wrong_in_these_windows(name: str) -> None:
    play = EVERY_PLAY[name]

    explored = play.explored()

    assert explored.is_complete
    assert harms_of(explored) == play.harms, explored
    assert explored.endings == play.endings


def test_no_play_expects_a_bug() -> None:
    expected = {harm for play in EVERY_PLAY.values() for harm in play.harms}

    assert {harm for harm in expected if harm.startswith("bug")} == set()


def test_no_two_plays_have_the_same_name() -> None:
    assert len(EVERY_PLAY) == sum(len(bill.plays) for bill in BILLS)
