"""What is told of a scenario: exactly these words."""

import pytest

from tests.explore.plays import KEY, failed, on
from wfadmin.domain.commands import Purge
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import DECLARED, Explored, Harm, Window, explore, replay

A = Harm(Window.A, "purges a success")
B = Harm(Window.B, "strands a shared call")
C = Harm(Window.C, "kills a newer run")
BUG = Harm(Window.BUG, "ends with KeyError ('o-1')")


def told(*harms: Harm, is_complete: bool = True) -> Explored:
    return Explored(
        orders=2,
        states=3,
        steps=4,
        seconds=0.5,
        is_complete=is_complete,
        endings=frozenset({"confirmed"}),
        harms=dict.fromkeys(harms, ("operator 1: looks", "operator 1: it's done\n")),
    )


def test_nothing_that_went_wrong_is_one_line() -> None:
    assert str(told()) == "2 orders, 3 states: every order was played."
    assert str(told(is_complete=False)) == "2 orders, 3 states: not every order was played."


def test_a_harm_is_told_with_its_window_its_story_and_a_test() -> None:
    assert str(told(A)).splitlines() == [
        "2 orders, 3 states: every order was played.",
        "",
        "purges a success (in the one request between a look and its write, which is declared):",
        "   1. operator 1: looks",
        "   2. operator 1: it's done ",
        "to play it again:",
        "    def test_purges_a_success() -> None:",
        "        story = (",
        "            'operator 1: looks',",
        '            "operator 1: it\'s done\\n",',
        "        )",
        "        replay(scenario, story).assert_safe()",
    ]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (B, "in that one request, which is declared for every fence"),
        (C, "by a write that landed after it was given up, which is declared"),
        (BUG, "a bug"),
    ],
)
def test_each_window_has_its_words(harm: Harm, words: str) -> None:
    assert f"\n{harm.what} ({words}):\n" in str(told(harm))


def test_the_name_of_a_test_is_a_name() -> None:
    assert "def test_ends_with_keyerror_o_1() -> None:" in str(told(BUG))


def test_a_harm_says_its_window_first() -> None:
    assert str(A) == "a: purges a success"


def test_what_is_declared_is_safe_unless_it_is_not_allowed() -> None:
    declared = told(A, B, C)

    declared.assert_safe()
    declared.assert_safe(allow=DECLARED)
    with pytest.raises(AssertionError) as raised:
        declared.assert_safe(allow={Window.A})

    assert str(raised.value) == str(told(B, C))


def test_a_bug_is_never_safe() -> None:
    with pytest.raises(AssertionError) as raised:
        told(A, BUG).assert_safe()

    assert str(raised.value) == str(told(BUG))


def test_words_are_those_of_their_windows() -> None:
    found = told(A, B, BUG)

    assert found.words() == {A.what, B.what, BUG.what}
    assert found.words(Window.A, Window.B) == {A.what, B.what}
    assert found.bugs == {BUG.what}


def test_the_test_that_is_told_can_be_run() -> None:
    async def purge(engine: Engine) -> None:
        (run,) = await engine.invocations.for_key(KEY)
        assert engine.control is not None
        await engine.control.perform(Purge(run.ref))
        await engine.control.perform(Purge(run.ref))

    scenario = on(failed).scenario
    scenario.code(purge)
    names: dict[str, object] = {"scenario": scenario, "replay": replay}
    text = str(explore(scenario)).split("to play it again:\n")[1]

    exec("if True:\n" + text, names)  # noqa: S102 - as somebody would paste it
    test = names["test_sends_the_same_write_twice"]

    assert callable(test)
    with pytest.raises(AssertionError, match=r"sends the same write twice \(a bug\)"):
        test()
