"""Stored data: read with care, versioned as the engine does, cleared by one request."""

import pytest

from tests.adapters.restate.fake import KEY, KEY_HASH, FakeRestate
from wfadmin.adapters.restate.state import version_of
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import EngineRejected, OutcomeUnknown, Sent, UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState, StateEntry

pytestmark = pytest.mark.asyncio

EMPTY = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
POINT = f"from state where partition_key = {KEY_HASH} and service_name = 'Order'"
PROOF = [{"partition_key": 6091931909762340275, "sample_key": "k1"}]
CLEAR = "POST /services/Order/state"


async def test_values_are_not_asked_for_unless_wanted() -> None:
    rows = [{"key": "b", "value_length": 3}, {"key": "a", "value_length": 0}]
    fake = FakeRestate(queries=[(POINT, rows)])

    found = await fake.engine().state.read(KEY, values=False)

    assert found == KeyedState((StateEntry("a", 0), StateEntry("b", 3)), None)
    assert fake.statements[0].startswith("select key, value_length from state")


async def test_values_come_with_a_version() -> None:
    rows = [
        {"key": "stage", "value_length": 6, "value": "226661696c22"},
        {"key": "empty", "value_length": 0, "value": ""},
    ]
    fake = FakeRestate(queries=[(POINT, rows)])

    found = await fake.engine().state.read(KEY, values=True)

    entries = (StateEntry("empty", 0, b""), StateEntry("stage", 6, b'"fail"'))
    assert found == KeyedState(entries, version_of(entries))


async def test_an_empty_state_has_the_version_of_nothing() -> None:
    fake = FakeRestate(queries=[(POINT, []), ("as sample_key from state", PROOF)])

    assert await fake.engine().state.read(KEY, values=True) == KeyedState((), EMPTY)


async def test_a_value_that_is_not_hexadecimal_is_not_guessed_at() -> None:
    rows = [{"key": "a", "value_length": 1, "value": "xy"}]
    fake = FakeRestate(queries=[(POINT, rows)])

    with pytest.raises(UnexpectedAnswer, match="a stored value is not hexadecimal"):
        await fake.engine().state.read(KEY, values=True)


async def test_the_version_does_not_depend_on_the_order() -> None:
    one, other = StateEntry("a", 1, b"1"), StateEntry("b", 1, b"2")

    assert version_of((one, other)) == version_of((other, one)) != version_of((one,))


# --- clear ---------------------------------------------------------------------------------------


async def test_a_clear_is_one_request_with_the_version() -> None:
    fake = FakeRestate(routes={CLEAR: (202, b"")})

    answer = await fake.engine().state.clear(KEY, expected_version=EMPTY)

    assert answer is Answer.ACCEPTED
    assert fake.asked == [CLEAR]
    assert fake.body == {"object_key": "o-1", "new_state": {}, "version": EMPTY}


@pytest.mark.parametrize(
    ("name", "path"), [("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("é", "%C3%A9"), ("..a", "..a")]
)
async def test_the_name_of_a_service_stays_one_part_of_the_path(name: str, path: str) -> None:
    fake = FakeRestate(routes={f"POST /services/{path}/state": (202, b"")})

    await fake.engine().state.clear(WorkflowKey(name, "k"), expected_version=EMPTY)

    assert fake.asked == [f"POST /services/{path}/state"]


@pytest.mark.parametrize("name", [".", "..", "..."])
async def test_a_name_that_leads_elsewhere_is_not_sent(name: str) -> None:
    fake = FakeRestate()

    answer = await fake.engine().state.clear(WorkflowKey(name, "k"), expected_version=EMPTY)

    assert (answer, fake.asked) == (Answer.NOT_FOUND, [])


async def test_a_service_without_keys_is_rejected() -> None:
    told = b'{"message": "Cannot modify state for service type Service"}'
    fake = FakeRestate(routes={CLEAR: (400, told)})

    with pytest.raises(EngineRejected, match="Cannot modify state") as caught:
        await fake.engine().state.clear(KEY, expected_version=EMPTY)

    assert caught.value.sent is Sent.YES


async def test_an_unknown_answer_is_unknown() -> None:
    fake = FakeRestate(routes={CLEAR: (200, b"<html>")})

    with pytest.raises(OutcomeUnknown) as caught:
        await fake.engine().state.clear(KEY, expected_version=EMPTY)

    assert (caught.value.command, caught.value.target) == ("clear state", "Order/o-1")
