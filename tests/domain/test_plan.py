"""A plan: what is left of it, and a digest that no two plans share."""

from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfadmin.domain.keys import Incarnation
from wfadmin.domain.plan import Action, Item, Plan, Step, Verb, is_suffix

AT = datetime(2026, 1, 1, tzinfo=UTC)
KILL, PURGE = Step(Action.KILL, "inv_1"), Step(Action.PURGE, "inv_1")

words = st.text(st.sampled_from('a01:="\x00'), max_size=3)
steps = st.builds(
    Step, st.sampled_from(Action), words, st.none() | st.builds(Incarnation, words), words
)
items = st.builds(Item, words, st.lists(steps, max_size=2).map(tuple))
plans = st.builds(
    Plan,
    st.sampled_from(Verb),
    st.lists(st.tuples(words, words), max_size=2).map(tuple),
    st.lists(items, max_size=2).map(tuple),
    st.lists(words, max_size=3).map(tuple),
    words,
    st.just(AT),
)


def plan(**changes: object) -> Plan:
    made = Plan(Verb.RECOVER, (("a", "b"),), (Item("k", (KILL, PURGE)),), ("w",), "memory", AT)
    return attrs.evolve(made, **changes)


@given(plans, plans)
def test_only_equal_plans_have_the_same_digest(one: Plan, other: Plan) -> None:
    assert (one.digest == other.digest) == (one == other)


def test_an_argument_cannot_pass_for_a_warning() -> None:
    one = plan(arguments=(("a", "b"),), warnings=("0",), items=())
    other = plan(arguments=(), warnings=("a", "b"), items=(Item("1"),))

    assert one.digest != other.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": Verb.PAUSE},
        {"arguments": ()},
        {"items": ()},
        {"items": (Item("k", (KILL,)), Item("l", (PURGE,)))},
        {"items": (Item("k", (PURGE, KILL)),)},
        {"warnings": ()},
        {"engine": "other"},
        {"expires_at": AT.replace(year=2027)},
        {"items": (Item("k", (attrs.evolve(KILL, incarnation=Incarnation("")), PURGE)),)},
    ],
)
def test_whatever_differs_shows_in_the_digest(changes: dict[str, object]) -> None:
    assert plan(**changes).digest != plan().digest


def test_a_digest_is_64_digits_and_takes_any_text() -> None:
    assert len(plan(engine="\udc80").digest) == 64


def test_the_steps_of_a_plan_are_those_of_its_items_in_order() -> None:
    assert plan(items=(Item("k", (KILL,)), Item("l"), Item("m", (PURGE,)))).steps == (KILL, PURGE)


@given(st.lists(steps, max_size=4).map(tuple), st.integers(0, 4))
def test_what_is_left_after_any_number_of_steps_is_a_suffix(
    planned: tuple[Step, ...], done: int
) -> None:
    assert is_suffix(planned[done:], planned)


@given(st.lists(steps, max_size=3).map(tuple), st.lists(steps, max_size=3).map(tuple))
def test_a_suffix_is_nothing_else(fresh: tuple[Step, ...], planned: tuple[Step, ...]) -> None:
    endings = [planned[at:] for at in range(len(planned) + 1)]

    assert is_suffix(fresh, planned) == (fresh in endings)
