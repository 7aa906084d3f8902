"""What became of a scenario: harms with their stories, for people and as tests."""

import re
from collections.abc import Collection, Iterator

import attrs

from wfadmin.domain.errors import WfadminError
from wfadmin.domain.results import Result
from wfadmin.domain.text import shown
from wfadmin.testing.explore.harm import DECLARED, Harm, Window

__all__ = ["Explored", "word_for"]

_WORDS = {
    Window.A: "in the one request between a look and its write, which is declared",
    Window.B: "in that one request, which is declared for every fence",
    Window.C: "by a write that landed after it was given up, which is declared",
    Window.BUG: "a bug",
}


def word_for(ending: object) -> str:
    """How an operation ended, in one word."""
    if isinstance(ending, WfadminError):
        return ending.code
    if isinstance(ending, BaseException):
        return type(ending).__name__
    return ending.effect.value if isinstance(ending, Result) else "done"


@attrs.frozen
class Explored:
    """
    What became of the orders of a scenario.

    Attributes:
        orders: How many were played.
        states: How many different scenes there are among them.
        steps: How many steps were taken.
        seconds: How long it took.
        is_complete: Whether every order was tried, but for those that lead to a known scene.
        endings: A word for every way in which an operation ended: `confirmed`, the code of an
            error, the name of one that is not wfadmin's, or `done` for what gave something else.
        harms: Everything that went wrong, each with the shortest order that was found for it.
    """

    orders: int
    states: int
    steps: int
    seconds: float
    is_complete: bool
    endings: frozenset[str]
    harms: dict[Harm, tuple[str, ...]]

    def words(self, *windows: Window) -> frozenset[str]:
        """What went wrong within these windows, or within any."""
        return frozenset(one.what for one in self.harms if one.window in (windows or Window))

    @property
    def bugs(self) -> frozenset[str]:
        """What went wrong outside of every declared window."""
        return self.words(Window.BUG)

    def assert_safe(self, *, allow: Collection[Window] = DECLARED) -> None:
        """
        See that nothing went wrong, but in these windows.

        Args:
            allow: The windows that the caller can live with; those that plans declare.

        Raises:
            AssertionError: Something did: the shortest story of each, and how to replay it.
        """
        __tracebackhide__ = True  # so that pytest shows the story and not this function
        bad = {harm: story for harm, story in self.harms.items() if harm.window not in allow}
        if bad:
            raise AssertionError("\n\n".join((self._counted(), *map(_told, bad.items()))))

    def __str__(self) -> str:
        return "\n\n".join((self._counted(), *map(_told, self.harms.items())))

    def _counted(self) -> str:
        bound = "every order" if self.is_complete else "not every order"
        return f"{self.orders} orders, {self.states} states: {bound} was played."


def _told(found: tuple[Harm, tuple[str, ...]]) -> str:
    harm, story = found
    return "\n".join((f"{harm.what} ({_WORDS[harm.window]}):", *_numbered(story), *_test(found)))


def _numbered(story: tuple[str, ...]) -> Iterator[str]:
    return (f"{number:4}. {shown(line)}" for number, line in enumerate(story, 1))


def _test(found: tuple[Harm, tuple[str, ...]]) -> Iterator[str]:
    """A test that plays this order alone."""
    harm, story = found
    words = "_".join(re.findall("[a-z0-9]+", harm.what.lower()))
    yield "to play it again:"
    yield f"    def test_{words}() -> None:"
    yield "        story = ("
    yield from (f"            {line!r}," for line in story)
    yield "        )"
    yield "        replay(scenario, story).assert_safe()"
