"""What the clauses about writes say where an engine lacks something, or its driver cannot."""

from collections.abc import Callable

import attrs
import pytest
from typing_extensions import override

from tests.kit.mutants.tools import COMMANDS, at, command_of, declares, gives
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import CommandName, Reach
from wfadmin.domain.errors import EngineRejected, UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.testing import (
    Around,
    Garbage,
    NotExercised,
    Outcome,
    PortCall,
    Proceed,
    Situation,
    Subject,
    Verdict,
    clauses,
    examine,
    wrapped,
)
from wfadmin.testing.memory import MemoryDriver, MemoryNetwork

pytestmark = pytest.mark.asyncio

BY_ID = {clause.id: clause for clause in clauses(contract=1)}
CONTROL = sorted(one for one in BY_ID if one.startswith("IC-"))
# They ask something of the engine, and not of a command.
WITHOUT_A_COMMAND = {"IC-01", "IC-02", "IC-31", "IC-32"}


class Limited(MemoryDriver):
    """Brings runs into some situations only."""

    def __init__(self, *situations: Situation, world: World | None = None) -> None:
        super().__init__(world)
        self.situations = situations

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        if situation not in self.situations:
            raise NotExercised(f"nothing is ever {situation.value}")
        await super().put(key, situation, failure=failure)

    @override
    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        raise NotExercised("nothing ever calls")


async def verdict_of(clause_id: str, driver: MemoryDriver, around: Around | None = None) -> Verdict:
    def connect(settings: EngineSettings) -> Engine:
        engine = driver.connect(settings)
        return engine if around is None else wrapped(engine, around)

    return await examine(BY_ID[clause_id], Subject(connect, driver))


@pytest.mark.parametrize("clause_id", CONTROL)
async def test_an_engine_without_commands_is_not_judged_by_them(clause_id: str) -> None:
    driver = MemoryDriver(World(commands=frozenset()))

    verdict = await verdict_of(clause_id, driver)

    expected = Outcome.PASSED if clause_id in WITHOUT_A_COMMAND else Outcome.NOT_SUPPORTED
    assert verdict.outcome is expected, verdict


@pytest.mark.parametrize("clause_id", [one for one in CONTROL if one not in ("IC-01", "IC-02")])
async def test_a_driver_that_puts_nothing_exercises_nothing(clause_id: str) -> None:
    verdict = await verdict_of(clause_id, Limited())

    not_atomic = clause_id == "IC-29"
    assert verdict.outcome is (Outcome.NOT_SUPPORTED if not_atomic else Outcome.NOT_EXERCISED)


@pytest.mark.parametrize(
    ("clause_id", "situations"),
    [
        # There is nothing to resume or purge: the other commands are tried.
        ("IC-33", (Situation.RUNNING,)),
        ("IC-08", (Situation.SUSPENDED,)),
        ("IC-25", (Situation.SUCCEEDED,)),
    ],
)
async def test_what_can_be_put_is_exercised(
    clause_id: str, situations: tuple[Situation, ...]
) -> None:
    verdict = await verdict_of(clause_id, Limited(*situations))

    assert verdict.outcome is Outcome.PASSED, verdict


@pytest.mark.parametrize(
    ("clause_id", "around", "reason"),
    [
        ("IC-09", declares(kill_reach=Reach.UNKNOWN), "not declared how far a kill reaches"),
        ("IC-42", declares(purge_reach=Reach.UNKNOWN), "not declared how far a purge reaches"),
        ("IC-11", declares(pausable=frozenset(InvocationStatus)), "every status"),
        (
            "IC-26",
            declares(commands=frozenset({CommandName.KILL, CommandName.PURGE})),
            "none of pause, resume and cancel",
        ),
    ],
)
async def test_what_is_declared_otherwise_is_not_judged(
    clause_id: str, around: Around, reason: str
) -> None:
    verdict = await verdict_of(clause_id, MemoryDriver(), around)

    assert verdict.outcome is Outcome.NOT_SUPPORTED
    assert reason in verdict.reason


def changed_runs(change: Callable[[Invocation], Invocation]) -> Around:
    """Every run reads otherwise than it is."""
    return at(Point.FOR_KEY, instead=gives(lambda _, runs: tuple(map(change, runs))))


async def test_a_run_that_is_pinned_nowhere_stays_nowhere() -> None:
    unpinned = changed_runs(lambda run: attrs.evolve(run, deployment_id=None))

    verdict = await verdict_of("IC-13", MemoryDriver(), unpinned)

    assert verdict.outcome is Outcome.NOT_SUPPORTED
    assert verdict.reason == "a paused run of this engine is pinned nowhere"


async def test_ids_that_do_not_come_again_need_not_be_told_apart() -> None:
    ids = iter(("first", "second"))
    renamed = changed_runs(
        lambda run: attrs.evolve(run, ref=attrs.evolve(run.ref, id=next(ids), incarnation=None))
    )

    verdict = await verdict_of("IC-31", MemoryDriver(), renamed)

    assert verdict.outcome is Outcome.NOT_SUPPORTED
    assert verdict.reason == "the ids of this engine do not come again"


async def test_an_engine_may_reject_an_id_that_it_cannot_read() -> None:
    driver = MemoryDriver()

    async def reject(call: PortCall, proceed: Proceed) -> object:
        if driver.world.store.find(command_of(call).ref.id) is None:
            raise EngineRejected("memory", 400, None, "no id looks like this")
        return await proceed()

    verdict = await verdict_of("IC-28", driver, at(*COMMANDS, instead=reject))

    assert verdict.outcome is Outcome.PASSED, verdict


class Tidy(MemoryNetwork):
    """Has no garbage but one."""

    @override
    def garble(self, garbage: Garbage) -> None:
        if garbage is not Garbage.CUT_SHORT:
            raise NotExercised("answers are never so")
        super().garble(garbage)


class Clean(MemoryNetwork):
    """Has no garbage."""

    @override
    def garble(self, garbage: Garbage) -> None:
        raise NotExercised("answers are always right")


class Behind(MemoryDriver):
    """Has another network."""

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__()
        self._network = network


GARBLED = ("IC-38", "SS-20", "SS-26")


@pytest.mark.parametrize("clause_id", GARBLED)
async def test_one_kind_of_garbage_is_enough(clause_id: str) -> None:
    verdict = await verdict_of(clause_id, Behind(Tidy()))

    assert verdict.outcome is Outcome.PASSED, verdict


@pytest.mark.parametrize("clause_id", GARBLED)
async def test_without_garbage_nothing_is_known_about_it(clause_id: str) -> None:
    verdict = await verdict_of(clause_id, Behind(Clean()))

    assert verdict.outcome is Outcome.NOT_EXERCISED
    assert verdict.reason == "answers are always right"


async def test_an_adapter_may_say_that_an_absence_is_not_proven() -> None:
    async def doubt(_: PortCall, __: Proceed) -> object:
        raise UnexpectedAnswer("memory", "it is not proven that there is nothing")

    verdict = await verdict_of("SS-09", MemoryDriver(), at(Point.READ_STATE, instead=doubt))

    assert verdict.outcome is Outcome.PASSED, verdict
