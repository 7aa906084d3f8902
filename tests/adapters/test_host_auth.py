"""A host tells who somebody is; what goes wrong there lets nobody in."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from wfadmin.adapters.host_auth import HostAuthenticator
from wfadmin.ports.auth import Principal

pytestmark = pytest.mark.anyio

ADA = Principal("ada", frozenset({"system:read"}), frozenset({"prod"}))


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def session(headers: Mapping[str, str]) -> Principal | None:
    return ADA if headers["cookie"] == "session=7" else None


async def test_whom_the_function_knows_is_known() -> None:
    door = HostAuthenticator(session)

    assert await door.authenticate({"cookie": "session=7"}) is ADA
    assert await door.authenticate({"cookie": "session=8"}) is None


async def test_an_error_of_the_function_lets_nobody_in() -> None:
    assert await HostAuthenticator(session).authenticate({}) is None


@pytest.mark.parametrize(
    "answer",
    [
        True,
        "ada",
        {"name": "ada"},
        Principal,
        Principal("ada", "system:operate"),  # type: ignore[arg-type]  # what a host may give
        Principal("ada", ["system:read"]),  # type: ignore[arg-type]
        Principal("ada", frozenset(), "prod"),  # type: ignore[arg-type]
        Principal(None),  # type: ignore[arg-type]
    ],
)
async def test_an_answer_that_is_no_principal_lets_nobody_in(answer: Any) -> None:  # noqa: ANN401
    async def told(_: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever a host gives
        return answer

    assert await HostAuthenticator(told).authenticate({}) is None


async def test_a_function_that_is_not_async_lets_nobody_in() -> None:
    def told(_: Mapping[str, str]) -> Any:  # noqa: ANN401 - not what is asked for
        return ADA

    assert await HostAuthenticator(told).authenticate({}) is None


async def test_cancellation_passes() -> None:
    async def sleeps(_: Mapping[str, str]) -> Principal | None:
        await anyio.sleep_forever()
        return ADA

    with anyio.move_on_after(0.01) as scope:
        await HostAuthenticator(sleeps).authenticate({})

    assert scope.cancelled_caught
