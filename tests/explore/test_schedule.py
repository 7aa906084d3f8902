"""The scheduler: every order, each scene once, the shortest story first."""

from collections.abc import Callable, Hashable, Iterable

import pytest
from typing_extensions import override

from tests.explore.schedule import Explored, Scene, TooManyOrders, Turn, explore


class Board(Scene[str]):
    """A text that actors write on; some texts are wrong."""

    def __init__(self, wrong: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self.text = ""
        self._wrong = wrong

    def writer(self, letters: str, when: Callable[[], bool] = lambda: True) -> None:
        async def act() -> None:
            for letter in letters:
                await Turn(letter, when)
                self.text += letter

        self.enter(f"writer of {letters}", act())

    @override
    def state(self) -> Hashable:
        return self.text

    @override
    def failures(self) -> Iterable[str]:
        return [self.text] if self._wrong(self.text) else []


def whole(letters: int) -> Callable[[str], bool]:
    return lambda text: len(text) == letters


def explored(*writers: str, wrong: Callable[[str], bool]) -> Explored[str]:
    def board() -> Board:
        made = Board(wrong)
        for letters in writers:
            made.writer(letters)
        return made

    return explore(board)


def test_two_actors_act_in_every_order() -> None:
    found = explored("ab", "xy", wrong=whole(4))

    assert set(found.failures) == {"abxy", "axby", "axyb", "xaby", "xayb", "xyab"}


def test_the_first_story_of_a_failure_is_a_shortest_one() -> None:
    found = explored("ab", "xy", wrong=lambda text: "y" in text)

    assert next(iter(found.failures.items())) == ("xy", ("writer of xy: x", "writer of xy: y"))


def test_a_scene_that_was_seen_is_not_followed_again() -> None:
    class Sum(Board):
        """Who wrote what does not matter, only how much was written."""

        @override
        def state(self) -> Hashable:
            return len(self.text)

    def board() -> Sum:
        made = Sum()
        for _ in range(6):
            made.writer("a")
        return made

    # Without that there would be 720 orders.
    assert explore(board).states == 7


def test_an_actor_waits_until_it_can_act() -> None:
    def board() -> Board:
        made = Board(whole(3))
        made.writer("ab")
        made.writer("x", when=lambda: made.text.startswith("a"))
        return made

    assert set(explore(board).failures) == {"abx", "axb"}


def test_an_actor_may_come_later() -> None:
    def board() -> Board:
        made = Board(whole(3))

        async def act() -> None:
            await Turn("calls")
            made.text += "c"
            made.writer("x")

        made.writer("a")
        made.enter("caller", act())
        return made

    assert set(explore(board).failures) == {"acx", "cax", "cxa"}


def test_a_story_is_told_line_by_line() -> None:
    found = explored("ab", wrong=whole(2))

    assert str(found) == "1 orders, 3 states\nab:\n  writer of ab: a\n  writer of ab: b"


def test_orders_beyond_the_bound_are_an_error_and_no_proof() -> None:
    def board() -> Board:
        made = Board()
        made.writer("abc")
        made.writer("xyz")
        return made

    with pytest.raises(TooManyOrders, match="more than 10 states"):
        explore(board, at_most=10)
