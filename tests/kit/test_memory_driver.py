"""The driver of the engine in memory refuses what makes no sense, and says what it cannot."""

import attrs
import pytest

from wfadmin.adapters.memory import World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.errors import UsageError
from wfadmin.testing import NotExercised, Situation
from wfadmin.testing.memory import MemoryDriver, put_into, situation_of

KEY = WorkflowKey("Order", "o-1")


@pytest.mark.asyncio
async def test_a_run_that_was_never_put_cannot_finish() -> None:
    with pytest.raises(UsageError, match="nothing was put there"):
        await MemoryDriver().finish(KEY)


@pytest.mark.asyncio
@pytest.mark.parametrize("situation", Situation)
async def test_what_is_put_there_is_what_is_seen_there(situation: Situation) -> None:
    driver = MemoryDriver()
    await driver.put(KEY, situation)

    assert await driver.look(KEY) is situation


@pytest.mark.asyncio
async def test_where_nothing_was_put_nothing_is_seen() -> None:
    assert await MemoryDriver().look(KEY) is None


def test_a_status_that_the_kit_has_no_word_for_is_not_guessed() -> None:
    run = put_into(World().workflow("Order").key("o-1"), Situation.RUNNING, None).now
    assert run is not None
    odd = attrs.evolve(run, status=InvocationStatus.STALLED, engine_status="stalled")

    with pytest.raises(NotExercised, match="a run is stalled"):
        situation_of(odd)


def test_how_long_an_engine_keeps_a_run_for_ever_is_not_said() -> None:
    world = World(like="dapr")
    world.workflow("Order")

    with pytest.raises(NotExercised, match="for ever"):
        _ = MemoryDriver(world).retention
