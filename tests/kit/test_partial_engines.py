"""An engine that lacks something is asked no more of, and a driver that cannot says so."""

import pytest
from typing_extensions import override

from tests.kit.mutants.of_engine import shell
from tests.kit.mutants.tools import at, instead_of
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import EngineRejected, InvalidEngineUrl, NotSupported, UsageError
from wfadmin.domain.model import Service
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.testing import (
    Around,
    Garbage,
    Network,
    NotExercised,
    Outcome,
    PortCall,
    Proceed,
    Subject,
    clauses,
    examine,
    wrapped,
)
from wfadmin.testing.memory import MemoryDriver, MemoryNetwork

pytestmark = pytest.mark.asyncio

BY_ID = {clause.id: clause for clause in clauses(contract=1)}


async def outcome(clause_id: str, subject: Subject) -> tuple[Outcome, str]:
    verdict = await examine(BY_ID[clause_id], subject)
    return verdict.outcome, verdict.reason


def memory(around: Around, driver: MemoryDriver | None = None) -> Subject:
    """The engine in memory, with something between it and the kit."""
    driven = driver or MemoryDriver()
    return Subject(lambda settings: wrapped(driven.connect(settings), around), driven)


def without(*points: Point) -> Around:
    """An engine that does not support these."""

    async def refuses(_: PortCall, __: Proceed) -> object:
        raise NotSupported("memory", "such thing")

    return at(*points, instead=refuses)


# --- what the engine lacks -----------------------------------------------------------------------


@pytest.mark.parametrize("clause_id", ["AD-08", "AD-09", "AD-10", "AD-11"])
async def test_an_engine_without_an_ingress_is_asked_for_the_rest(clause_id: str) -> None:
    assert await outcome(clause_id, memory(without(Point.PROBE_INGRESS))) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    ("clause_id", "point"), [("AD-01", Point.PROBE_INGRESS), ("AD-12", Point.LIST_SERVICES)]
)
async def test_what_is_not_supported_is_not_broken(clause_id: str, point: Point) -> None:
    expected = (Outcome.NOT_SUPPORTED, "the engine has no such thing")

    assert await outcome(clause_id, memory(without(point))) == expected


async def test_an_engine_need_not_list_handlers() -> None:
    def bare(services: object) -> object:
        assert isinstance(services, tuple)
        return tuple(Service(one.name, one.kind) for one in services)

    found = await outcome("AD-06", memory(instead_of(Point.LIST_SERVICES, bare)))

    assert found == (Outcome.NOT_SUPPORTED, "the engine does not list handlers")


async def test_an_engine_may_refuse_a_url_with_a_password() -> None:
    async def refuses(call: PortCall, proceed: Proceed) -> object:
        if "@" in str(call.arguments[0]):
            raise EngineRejected("memory", 400)
        return await proceed()

    found = await outcome("DR-05", memory(at(Point.REGISTER, instead=refuses)))

    assert found == (Outcome.NOT_EXERCISED, "the engine takes no URL with a password")


async def test_an_adapter_may_refuse_such_an_address_too() -> None:
    driver = MemoryDriver()

    def connect(settings: EngineSettings) -> Engine:
        if "@" in f"{settings.admin_url} {settings.ingress_url}":
            raise InvalidEngineUrl("URL", "it holds a password")
        return driver.connect(settings)

    assert await outcome("EN-06", Subject(connect, driver)) == (Outcome.PASSED, "")


async def test_one_of_two_registrations_at_once_may_be_rejected() -> None:
    made: list[PortCall] = []

    async def only_the_first(call: PortCall, proceed: Proceed) -> object:
        made.append(call)
        if len(made) == 1:
            return await proceed()
        raise EngineRejected("memory", 409)

    found = await outcome("DR-14", memory(at(Point.REGISTER, instead=only_the_first)))

    assert found == (Outcome.PASSED, "")


async def test_a_removal_may_be_accepted_by_its_status_alone() -> None:
    driver = MemoryDriver()

    async def by_status(_: PortCall, proceed: Proceed) -> object:
        return (await proceed()) and Answer.ACCEPTED

    driver.network.garble = lambda _: None  # type: ignore[method-assign] # no answer is garbled
    found = await outcome("DR-34", memory(at(Point.REMOVE, instead=by_status), driver))

    assert found == (Outcome.PASSED, "")


async def test_an_adapter_may_refuse_what_is_no_id() -> None:
    async def refuses(call: PortCall, proceed: Proceed) -> object:
        if not str(call.arguments[0]).isidentifier():
            raise UsageError("deployment id", "it is none")
        return await proceed()

    found = await outcome("DR-18", memory(at(Point.REMOVE, instead=refuses)))

    assert found == (Outcome.PASSED, "")


async def test_an_answer_in_trouble_shows_no_secret() -> None:
    driver = MemoryDriver()
    driver.network.garble = lambda _: None  # type: ignore[method-assign] # no answer is garbled

    assert await outcome("EN-14", Subject(driver.connect, driver)) == (Outcome.PASSED, "")


async def test_an_engine_without_commands_has_no_write_to_cancel() -> None:
    driver = MemoryDriver(World(commands=frozenset()))

    expected = (Outcome.NOT_SUPPORTED, "the engine takes no commands")
    assert await outcome("EN-18", Subject(driver.connect, driver)) == expected


async def test_an_engine_of_two_ports_shows_no_secret_either() -> None:
    driver = MemoryDriver(World(commands=frozenset()))
    lacking = dict.fromkeys(("deployments", "listing", "control", "history", "state"))

    def connect(settings: EngineSettings) -> Engine:
        return shell(driver.connect(settings), **lacking)

    assert await outcome("EN-14", Subject(connect, driver)) == (Outcome.PASSED, "")


# --- what the driver cannot do -------------------------------------------------------------------


class Narrow(MemoryDriver):
    """It cannot do what is named."""

    def __init__(self, *lacks: str, settings: EngineSettings | None = None) -> None:
        super().__init__()
        self._lacks = lacks
        self._settings = settings

    @property
    @override
    def settings(self) -> EngineSettings:
        return self._settings or super().settings

    @override
    async def deploy(self) -> str:
        if "deploy" in self._lacks:
            raise NotExercised("no deploy")
        return await super().deploy()

    @override
    async def put(self, *args: object, **options: object) -> None:
        if "put" in self._lacks:
            raise NotExercised("no put")
        await super().put(*args, **options)  # type: ignore[arg-type]


async def test_a_service_may_be_brought_about_by_a_run_of_it() -> None:
    driver = Narrow("deploy")

    assert await outcome("AD-03", Subject(driver.connect, driver)) == (Outcome.PASSED, "")


@pytest.mark.parametrize("clause_id", ["DR-06", "DR-08"])
async def test_without_any_run_the_usage_is_not_exercised(clause_id: str) -> None:
    driver = Narrow("put")

    expected = (Outcome.NOT_EXERCISED, "this driver can put no run into any of them")
    assert await outcome(clause_id, Subject(driver.connect, driver)) == expected


async def test_a_socket_holds_no_password() -> None:
    driver = Narrow(settings=EngineSettings(admin_url="unix:///run/engine.sock"))

    expected = (
        Outcome.NOT_EXERCISED,
        "the engine is reached by no URL that can hold a password",
    )
    assert await outcome("EN-06", Subject(driver.connect, driver)) == expected


class Sound(MemoryNetwork):
    """It can be cut, and garbled in one way, or in none."""

    def __init__(self, *kinds: Garbage, breakable: bool = True) -> None:
        super().__init__()
        self._kinds = kinds
        self._breakable = breakable

    @override
    def cut(self) -> None:
        return super().cut() if self._breakable else Network.cut(self)

    silence = Network.silence
    lose_answers = Network.lose_answers
    reject = Network.reject

    @override
    def garble(self, garbage: Garbage) -> None:
        return super().garble(garbage) if garbage in self._kinds else Network.garble(self, garbage)


def over(network: MemoryNetwork) -> Subject:
    driver = MemoryDriver()
    driver._network = network
    return Subject(driver.connect, driver)


@pytest.mark.parametrize("clause_id", ["EN-13", "AD-11", "AD-12", "DR-22", "DR-28", "DR-34"])
async def test_one_kind_of_garbage_is_enough(clause_id: str) -> None:
    found = await outcome(clause_id, over(Sound(Garbage.ANOTHER_FORMAT)))

    assert found == (Outcome.PASSED, "")


@pytest.mark.parametrize("clause_id", ["EN-13", "AD-11", "AD-12", "DR-22", "DR-28", "DR-34"])
async def test_no_garbage_proves_nothing(clause_id: str) -> None:
    found = await outcome(clause_id, over(Sound()))

    assert found == (Outcome.NOT_EXERCISED, "answers cannot be replaced by garbage")


@pytest.mark.parametrize("clause_id", ["EN-14", "EN-15", "DR-30"])
async def test_one_kind_of_trouble_is_enough(clause_id: str) -> None:
    assert await outcome(clause_id, over(Sound())) == (Outcome.PASSED, "")


@pytest.mark.parametrize("clause_id", ["EN-14", "EN-15"])
async def test_no_trouble_proves_nothing(clause_id: str) -> None:
    found = await outcome(clause_id, over(Sound(breakable=False)))

    assert found == (Outcome.NOT_EXERCISED, "the network cannot be broken")
