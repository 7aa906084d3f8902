"""Several ways to be known at one door: each lets in its own, and two of them not two at once."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import anyio
import attrs
import pytest
from typing_extensions import override

from tests.adapters.jwt_doors import ADA as BY_TOKEN
from tests.adapters.jwt_doors import ED, at_door
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.host_auth import HostAuthenticator
from wfadmin.adapters.key_store import KeyStore
from wfadmin.adapters.several_auth import SeveralAuthenticators
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.ports.auth import Authenticator, Principal

pytestmark = pytest.mark.anyio

ADA = Principal("ada", frozenset({"system:read"}))
ROB = Principal("rob", frozenset({"system:read"}))
BROKEN = InvalidConfig("keys file keys.json", "it is open to others")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@attrs.define(eq=False)
class Says(Authenticator):
    """Says always the same, and counts how often it is asked."""

    answer: Principal | Exception | None
    asked: int = 0

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def told(*answers: Principal | Exception | None) -> Principal | None:
    """Tell who is known, which does not depend on the order; each is asked once."""
    found: list[Principal | None] = []
    for order in permutations(answers):
        doors = [Says(one) for one in order]
        found.append(await SeveralAuthenticators(*doors).authenticate({}))
        assert [one.asked for one in doors] == [1] * len(answers)
    assert all(one == found[0] for one in found)
    return found[0]


def test_without_any_it_is_not_made() -> None:
    with pytest.raises(UsageError, match="authenticators"):
        SeveralAuthenticators()


async def test_whom_one_of_them_knows_is_known() -> None:
    assert await told(ADA) == ADA
    assert await told(None, ADA, None) == ADA


async def test_whom_none_of_them_knows_is_nobody() -> None:
    assert await told(None) is None
    assert await told(None, None) is None


@pytest.mark.parametrize(
    "other",
    [
        ROB,
        attrs.evolve(ADA, permissions=frozenset({"system:operate"})),
        attrs.evolve(ADA, permissions=frozenset()),
        attrs.evolve(ADA, engines=frozenset({"prod"})),
        attrs.evolve(ADA, engines=frozenset()),
    ],
)
async def test_two_who_are_not_the_same_are_nobody(other: Principal) -> None:
    assert await told(ADA, other) is None
    assert await told(ADA, None, other, ADA) is None
    # What a third one would have said changes nothing about that.
    assert await told(ADA, other, BROKEN) is None


async def test_the_same_one_twice_is_known() -> None:
    assert await told(ADA, Principal("ada", frozenset({"system:read"}))) == ADA


@pytest.mark.parametrize("error", [BROKEN, ConnectionError()])
async def test_one_that_cannot_tell_locks_nobody_out_whom_another_knows(error: Exception) -> None:
    assert await told(error, ADA) == ADA
    assert await told(error, None, ADA, error) == ADA


@pytest.mark.parametrize("error", [BROKEN, ConnectionError()])
async def test_nobody_known_and_one_that_cannot_tell_is_its_error(error: Exception) -> None:
    for answers in ((error,), (None, error), (error, None), (None, error, ValueError())):
        with pytest.raises(type(error)) as caught:
            await SeveralAuthenticators(*map(Says, answers)).authenticate({})

        assert caught.value is error


async def test_cancellation_passes() -> None:
    async def sleeps(_: Mapping[str, str]) -> Principal | None:
        await anyio.sleep_forever()
        return ADA

    asked_later = Says(ADA)
    with anyio.move_on_after(0.01) as scope:
        await SeveralAuthenticators(HostAuthenticator(sleeps), asked_later).authenticate({})

    assert scope.cancelled_caught
    assert asked_later.asked == 0


async def test_keys_tokens_and_users_of_the_host_come_through_one_door(tmp_path: Path) -> None:
    async def user_of(headers: Mapping[str, str]) -> Principal | None:
        return ROB if headers.get("cookie") == "session=7" else None

    path = tmp_path / "keys.json"
    made = await KeyStore(path).make("ci", permissions=["system:read"])
    ci = Principal("ci", frozenset({"system:read"}))
    tokens = at_door().authenticator
    door = SeveralAuthenticators(ApiKeys(path), tokens, HostAuthenticator(user_of))
    key, user = {"x-api-key": made.key}, {"cookie": "session=7"}
    bearer, token = (f"Bearer {one}" for one in (made.key, ED.sign()))

    assert await door.authenticate(key) == ci
    assert await door.authenticate({"authorization": bearer}) == ci
    assert await door.authenticate({"authorization": token}) == BY_TOKEN
    assert await door.authenticate(user) == ROB
    assert await door.authenticate({**key, "authorization": bearer}) == ci
    # The file of keys alone knows nobody by the last of these, because it reads both headers.
    for proof in (user, {"authorization": token}):
        assert await door.authenticate({**key, **proof}) is None
    assert await door.authenticate({**user, "authorization": token}) is None


async def test_what_proves_nothing_beside_a_proof_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = await KeyStore(path).make("ci", permissions=["system:read"])
    door = SeveralAuthenticators(ApiKeys(path), at_door().authenticator)
    token = {"authorization": f"Bearer {ED.sign()}", "x-api-key": "for the gateway"}

    assert await door.authenticate(token) == BY_TOKEN
    # As at the door of keys alone: two that are not the same.
    other = {"authorization": "Bearer other", "x-api-key": made.key}
    assert await door.authenticate(other) is None


async def test_a_part_of_a_request_is_all_but_the_other_proof() -> None:
    async def unless_by_token(headers: Mapping[str, str]) -> Principal | None:
        return None if "authorization" in headers else {"session=7": ROB}[headers["cookie"]]

    door = SeveralAuthenticators(at_door().authenticator, HostAuthenticator(unless_by_token))
    both = {"authorization": f"Bearer {ED.sign()}", "x-api-key": "for the gateway"}

    assert await door.authenticate(both) == BY_TOKEN
    assert await door.authenticate({**both, "cookie": "session=7"}) is None


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ((), 1),
        (("authorization",), 1),
        (("x-api-key", "cookie"), 1),
        (("authorization", "x-api-key"), 3),
    ],
)
async def test_parts_are_asked_about_only_where_there_are_two(
    names: tuple[str, ...], asked: int
) -> None:
    one = Says(ADA)

    assert await SeveralAuthenticators(one).authenticate(dict.fromkeys(names, "7")) == ADA
    assert one.asked == asked


async def test_a_part_of_a_request_lets_nobody_in_whom_the_whole_does_not() -> None:
    async def unless_by_key(headers: Mapping[str, str]) -> Principal | None:
        return None if "x-api-key" in headers else ADA

    door = SeveralAuthenticators(HostAuthenticator(unless_by_key))

    assert await door.authenticate({"authorization": "Bearer 7"}) == ADA
    assert await door.authenticate({"authorization": "Bearer 7", "x-api-key": "7"}) is None


async def test_a_spoiled_file_of_keys_stops_keys_and_not_tokens(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = await KeyStore(path).make("ci", permissions=["system:read"])
    door = SeveralAuthenticators(ApiKeys(path), at_door().authenticator)
    path.write_text("{")

    token = {"authorization": f"Bearer {ED.sign()}"}
    assert await door.authenticate(token) == BY_TOKEN
    assert await door.authenticate({**token, "x-api-key": made.key}) == BY_TOKEN
    with pytest.raises(InvalidConfig):
        await door.authenticate({"x-api-key": made.key})
    assert await door.authenticate({}) is None
