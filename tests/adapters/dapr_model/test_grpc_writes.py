"""A forced purge over gRPC, also where its way is in trouble: what is said, and what was done."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.adapters.dapr_grpc.servers import Asked
from tests.adapters.dapr_model.grpc_driver import DaprBothDriver
from tests.adapters.dapr_model.stage import Stage
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.grpc import client
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import ForcePurge
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    Sent,
    WfadminError,
)
from wfadmin.domain.keys import Incarnation, InvocationRef
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.engine import Engine
from wfadmin.testing.network import Garbage, Network

pytestmark = pytest.mark.asyncio

_PURGE = "PurgeInstances"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> DaprBothDriver:
    """A sidecar with one instance, a, that runs."""
    driver = DaprBothDriver()
    monkeypatch.setattr(client, "open_channel", driver.open_channel)
    Stage("a", driver.sidecar).running()
    return driver


@pytest_asyncio.fixture
async def engine(driver: DaprBothDriver) -> AsyncIterator[Engine]:
    engine = connect(driver.settings)
    yield engine
    await engine.aclose()


def control(engine: Engine) -> InvocationControl:
    assert engine.control is not None
    return engine.control


async def seen(engine: Engine) -> ForcePurge:
    """A forced purge of what is there now."""
    found = await engine.invocations.get(InvocationRef(None, "a", None))
    assert found is not None
    return ForcePurge(found.ref)


def trouble(driver: DaprBothDriver, start: Callable[[Network], None]) -> None:
    """From now on only purges are in that trouble."""
    network = driver.over_grpc
    start(network)
    broken, sound = network._trouble, network._forward

    async def each(asked: Asked) -> bytes | None:
        return await (broken if asked.method == _PURGE else sound)(asked)

    network._trouble = each


def ids(driver: DaprBothDriver) -> list[str]:
    return [run.id for run in driver.sidecar.world.store.runs]


async def test_what_was_read_over_http_is_purged_over_grpc(
    driver: DaprBothDriver, engine: Engine
) -> None:
    assert await control(engine).perform(await seen(engine)) is Answer.ACCEPTED
    assert (ids(driver), driver.network.writes) == ([], 1)


async def test_what_is_gone_is_not_asked_for_again_because_that_ends_the_sidecar(
    driver: DaprBothDriver, engine: Engine
) -> None:
    purge = await seen(engine)
    await control(engine).perform(purge)

    assert await control(engine).perform(purge) is Answer.NOT_FOUND
    assert (driver.sidecar.is_dead, driver.network.writes) == (False, 1)


async def test_another_run_of_the_id_is_left_alone(driver: DaprBothDriver, engine: Engine) -> None:
    another = ForcePurge(InvocationRef(None, "a", Incarnation("2026-01-01T00:00:00Z")))

    assert await control(engine).perform(another) is Answer.CHANGED
    assert (ids(driver), driver.network.writes) == (["a"], 0)


async def test_one_that_never_ran_is_purged_without_children_which_it_cannot_have(
    driver: DaprBothDriver, engine: Engine
) -> None:
    Stage("b", driver.sidecar).planned()

    done = await control(engine).perform(ForcePurge(InvocationRef(None, "b", None)))

    assert (done, ids(driver)) == (Answer.ACCEPTED, ["a"])


@pytest.mark.parametrize(
    ("start", "ending"),
    [
        (Network.cut, (EngineUnreachable, Sent.NO, ["a"])),
        (Network.silence, (OutcomeUnknown, Sent.UNKNOWN, ["a"])),
        (Network.reject, (EngineRejected, Sent.YES, ["a"])),
        (Network.lose_answers, (OutcomeUnknown, Sent.UNKNOWN, [])),
    ],
    ids=["cut", "silent", "rejected", "lost"],
)
async def test_a_purge_in_trouble_says_whether_it_was_sent(
    driver: DaprBothDriver,
    engine: Engine,
    start: Callable[[Network], None],
    ending: tuple[type[WfadminError], Sent, list[str]],
) -> None:
    purge = await seen(engine)
    trouble(driver, lambda network: getattr(network, start.__name__)())

    with pytest.raises(WfadminError) as raised:
        await control(engine).perform(purge)

    assert (type(raised.value), raised.value.sent, ids(driver)) == ending


@pytest.mark.parametrize("garbage", [one for one in Garbage if one is not Garbage.REPEATED])
async def test_of_a_purge_that_is_answered_with_garbage_nobody_knows(
    driver: DaprBothDriver, engine: Engine, garbage: Garbage
) -> None:
    purge = await seen(engine)
    trouble(driver, lambda network: network.garble(garbage))

    with pytest.raises(OutcomeUnknown):
        await control(engine).perform(purge)

    assert ids(driver) == []
