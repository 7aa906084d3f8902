"""The scheduler: every order, each scene once, the shortest story first."""

from collections.abc import Callable, Hashable, Iterable
from itertools import count

import pytest
from typing_extensions import override

from wfadmin.domain.errors import UsageError
from wfadmin.testing.explore import NotRepeatable
from wfadmin.testing.explore.orders import Orders, every_order, random_walks, replayed
from wfadmin.testing.explore.turns import Bare, Choice, Scene, Turn, turns_of


class Board(Scene[str]):
    """A text that actors write on; some texts are wrong."""

    def __init__(self, wrong: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self.text = ""
        self._wrong = wrong

    def writer(self, letters: str, when: Callable[[], bool] = lambda: True) -> Bare:
        async def act() -> None:
            for letter in letters:
                await Turn(letter, when)
                self.text += letter

        return self.enter(f"writer of {letters}", act())

    @override
    def state(self) -> Hashable:
        return self.text

    @override
    def failures(self) -> Iterable[str]:
        return [self.text] if self._wrong(self.text) else []


def whole(letters: int) -> Callable[[str], bool]:
    return lambda text: len(text) == letters


def made(
    *writers: str, wrong: Callable[[str], bool] = lambda text: len(text) == 4
) -> Callable[[], Board]:
    def board() -> Board:
        made = Board(wrong)
        for letters in writers:
            made.writer(letters)
        return made

    return board


def explored(make: Callable[[], Scene[str]]) -> Orders[str]:
    return every_order(make, at_most=1000)


def test_two_actors_act_in_every_order() -> None:
    found = explored(made("ab", "xy"))

    assert set(found.failures) == {"abxy", "axby", "axyb", "xaby", "xayb", "xyab"}


def test_the_first_story_of_a_failure_is_a_shortest_one() -> None:
    found = explored(made("ab", "xy", wrong=lambda text: "y" in text))

    assert next(iter(found.failures.items())) == ("xy", ("writer of xy: x", "writer of xy: y"))


def test_what_is_wrong_from_the_beginning_has_no_story() -> None:
    assert explored(made("a", wrong=lambda text: not text)).failures == {"": ()}


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
    assert explored(board).states == 7


def test_an_actor_waits_until_it_can_act() -> None:
    def board() -> Board:
        made = Board(whole(3))
        made.writer("ab")
        made.writer("x", when=lambda: made.text.startswith("a"))
        return made

    assert set(explored(board).failures) == {"abx", "axb"}


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

    assert set(explored(board).failures) == {"acx", "cax", "cxa"}


def test_what_was_played_is_counted() -> None:
    found = explored(made("ab", "x", wrong=whole(3)))

    # "", a, x, ab, ax, xa and the three whole ones; two orders branch off the first.
    assert (found.orders, found.states, found.is_complete) == (3, 9, True)
    assert found.steps == 3 + 3 + 3


def test_beyond_the_bound_nothing_is_tried_and_nothing_is_shown() -> None:
    found = every_order(made("abc", "xyz", wrong=whole(6)), at_most=10)

    assert (found.states, found.is_complete) == (10, False)
    assert found.failures == {}


def test_a_bound_that_is_just_enough_shows_all() -> None:
    assert every_order(made("a"), at_most=3).is_complete


def test_scenes_that_cannot_wait_are_played_from_their_beginning() -> None:
    left = []

    class Restless(Board):
        can_wait = False

        @override
        def leave(self) -> None:
            left.append(self.text)
            super().leave()

    def board() -> Board:
        made = Restless(whole(2))
        made.writer("a")
        made.writer("x")
        return made

    found = explored(board)

    assert set(found.failures) == {"ax", "xa"}
    # The empty one, two of one letter, and two of two: each was let go of once.
    assert (found.orders, sorted(left)) == (5, ["", "a", "ax", "x", "xa"])


def test_everything_is_let_go_of_where_the_bound_stops_it() -> None:
    standing = set()

    class Counted(Board):
        def __init__(self) -> None:
            super().__init__()
            standing.add(self)

        @override
        def leave(self) -> None:
            standing.remove(self)

    def board() -> Board:
        made = Counted()
        made.writer("abc")
        made.writer("xyz")
        return made

    every_order(board, at_most=7)

    assert standing == set()


def test_walks_from_one_seed_are_the_same_twice() -> None:
    make = made("abcd", "wxyz", wrong=whole(8))

    first, second, other = (
        random_walks(make, walks=5, seed=seed, at_most_steps=100) for seed in (1, 1, 2)
    )

    assert first == second
    assert first.failures.keys() != other.failures.keys()
    assert (first.orders, first.steps, first.is_complete) == (5, 40, False)


def test_a_walk_stops_at_its_bound() -> None:
    found = random_walks(made("abcd", wrong=whole(3)), walks=1, seed=0, at_most_steps=2)

    assert (found.steps, found.failures) == (2, {})


def test_a_story_can_be_played_again() -> None:
    make = made("ab", "xy", wrong=lambda text: "y" in text)
    (_, story), *_ = explored(make).failures.items()

    found = replayed(make, story)

    assert found.failures == {"xy": story}
    assert (found.orders, found.steps) == (1, 2)


def test_a_story_that_cannot_be_played_says_what_can() -> None:
    expected = r"^'writer of ab: b' cannot be done then, but 'writer of ab: a', 'writer of xy: x'$"

    with pytest.raises(NotRepeatable, match=expected):
        replayed(made("ab", "xy"), ("writer of ab: b",))


def test_a_story_that_goes_on_after_the_end_cannot_be_played() -> None:
    with pytest.raises(NotRepeatable, match=r"^'more' cannot be done then, but nothing$"):
        replayed(made("a"), ("writer of a: a", "more"))


def test_an_actor_that_does_something_else_the_next_time_is_told() -> None:
    numbers = count()

    def board() -> Board:
        made = Board()
        made.writer("x")
        made.writer("a" if next(numbers) == 0 else "b")
        return made

    with pytest.raises(NotRepeatable, match=r"^the same order led elsewhere, at the beginning$"):
        explored(board)


def test_a_scene_that_turns_out_another_one_is_told_with_its_story() -> None:
    numbers = count()

    class Fickle(Board):
        number = 0

        @override
        def state(self) -> Hashable:
            return self.text, self.number if self.text else 0

    def board() -> Board:
        made = Fickle()
        made.number = next(numbers)
        made.writer("abc")
        made.writer("x")
        return made

    with pytest.raises(NotRepeatable, match=r"^the same order led elsewhere, after:\nwriter of "):
        explored(board)


def test_nobody_can_be_told_to_do_what_he_does_not_wait_for() -> None:
    board = made("a")()
    board.take(Choice(0, "a"))

    for nobody in (Choice(0, "a"), Choice(1, "a")):
        with pytest.raises(NotRepeatable) as raised:
            board.take(nobody)
        assert str(raised.value) == "nobody waits for 'a' any more, after:\nwriter of a: a"


def test_turns_of_the_same_words_are_told_apart() -> None:
    assert [one.label for one in turns_of(["a", "b", "a", "a"])] == ["a", "b", "a (2)", "a (3)"]


def test_who_awaits_something_else_is_told_that_it_needs_a_loop() -> None:
    class Bell:
        def __await__(self) -> Iterable[None]:
            yield None

    async def act() -> None:
        await Bell()  # type: ignore[misc]  # what a loop would understand

    expected = "somebody awaits something else than the engine: say asyncio or trio"
    with pytest.raises(UsageError, match=expected):
        Board().enter("somebody", act())


def test_an_actor_that_is_interrupted_may_go_on() -> None:
    done = []

    async def act() -> None:
        try:
            await Turn("works")
        except KeyError:
            await Turn("tidies up")
            done.append("tidied up")

    actor = Board().enter("worker", act())

    actor.interrupt(KeyError())
    (tidies,) = actor.turns
    actor.take(tidies)

    assert (tidies.label, done, actor.turns) == ("tidies up", ["tidied up"], ())


def test_an_actor_that_is_interrupted_and_says_nothing_has_ended() -> None:
    async def act() -> None:
        await Turn("works")

    actor = Board().enter("worker", act())

    actor.interrupt(KeyError())

    assert actor.turns == ()


def test_an_actor_that_tidies_up_is_let_go_of_all_the_same() -> None:
    done = []

    async def act() -> None:
        try:
            await Turn("works")
        finally:
            try:
                await Turn("tidies up")
            finally:
                done.append("left")

    board = Board()
    board.enter("worker", act())

    board.leave()

    assert done == ["left"]


def test_an_actor_that_never_ends_is_given_up() -> None:
    tries = []

    async def act() -> None:
        while len(tries) < 2000:
            try:
                await Turn("works")
            except GeneratorExit:
                tries.append(1)

    board = Board()
    actor = board.enter("worker", act())

    board.leave()

    assert len(tries) == 1000
    actor.interrupt(KeyError())
