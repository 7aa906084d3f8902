"""Mistakes in an engine as a whole: in how it is made, and in what it says it is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import anyio
import attrs

from tests.kit.mutant import broken_engine, mutant
from tests.kit.mutants.tools import instead_of, raising, remembered, swallowing
from wfadmin.adapters.memory import Point
from wfadmin.domain.capabilities import Capabilities, EngineFacts, Fence, Listing
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvalidEngineUrl,
    UnexpectedAnswer,
)
from wfadmin.ports.engine import Engine, EngineFactory, EngineSettings
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver


class Shell:
    """An engine of which some members are replaced."""

    def __init__(self, inner: Engine, **replaced: object) -> None:
        self._inner = inner
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is
        return getattr(self._inner, name)


def shell(inner: Engine, **replaced: object) -> Engine:
    return cast("Engine", Shell(inner, **replaced))


def with_members(driver: MemoryDriver, members: Callable[[], dict[str, object]]) -> EngineFactory:
    """Engines of which some members are replaced, for each of them anew."""
    return lambda settings: shell(driver.connect(settings), **members())


# --- making and closing --------------------------------------------------------------------------


@broken_engine("EN-01")
def starts_a_task_when_it_is_made(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        asyncio.get_running_loop()
        return driver.connect(settings)

    return connect


@broken_engine("EN-01")
def asks_for_the_version_when_it_is_made(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        engine = driver.connect(settings)
        asking = engine.facts()
        with suppress(StopIteration):
            cast("Any", asking).send(None)
        return engine

    return connect


@broken_engine("EN-02")
def cannot_be_closed_twice(driver: MemoryDriver) -> EngineFactory:
    def members() -> dict[str, object]:
        closed: list[bool] = []

        async def aclose() -> None:
            closed.append(True)
            if len(closed) > 1:
                raise RuntimeError("it is closed")

        return {"aclose": aclose}

    return with_members(driver, members)


@broken_engine("EN-02")
def cannot_be_closed_before_it_was_used(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        inner = driver.connect(settings)
        asked: list[bool] = []

        async def facts() -> EngineFacts:
            asked.append(True)
            return await inner.facts()

        async def aclose() -> None:
            if not asked:
                raise AttributeError("client")

        return shell(inner, facts=facts, aclose=aclose)

    return connect


@broken_engine("EN-03")
def closes_what_all_engines_share(driver: MemoryDriver) -> EngineFactory:
    closed: list[bool] = []

    def connect(settings: EngineSettings) -> Engine:
        inner = driver.connect(settings)

        async def facts() -> EngineFacts:
            if closed:
                raise RuntimeError("the client has been closed")
            return await inner.facts()

        async def aclose() -> None:
            closed.append(True)

        return shell(inner, facts=facts, aclose=aclose)

    return connect


# --- what it is ----------------------------------------------------------------------------------


@broken_engine("EN-04")
def names_itself_as_a_brand(driver: MemoryDriver) -> EngineFactory:
    return with_members(driver, lambda: {"name": "Memory"})


@broken_engine("EN-04")
def has_no_name(driver: MemoryDriver) -> EngineFactory:
    return with_members(driver, lambda: {"name": ""})


@broken_engine("EN-04")
def numbers_its_engines(driver: MemoryDriver) -> EngineFactory:
    made: list[str] = []

    def members() -> dict[str, object]:
        made.append(f"memory{len(made)}")
        return {"name": made[-1]}

    return with_members(driver, members)


@broken_engine("EN-05")
def prints_its_headers_after_it_was_used(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        inner = driver.connect(settings)
        headers: list[str] = []

        async def facts() -> EngineFacts:
            assert settings.credentials is not None
            headers.append(f"Bearer {await settings.credentials.token()}")
            return await inner.facts()

        class Printing(Shell):
            def __repr__(self) -> str:
                return f"Engine({headers})"

        return cast("Engine", Printing(inner, facts=facts))

    return connect


@broken_engine("EN-06")
def gives_its_url_as_its_address(driver: MemoryDriver) -> EngineFactory:
    return lambda settings: shell(driver.connect(settings), address=settings.admin_url or "memory")


@broken_engine("EN-06")
def prints_its_settings(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        class Printing(Shell):
            def __repr__(self) -> str:
                return f"Engine({settings.admin_url}, {settings.ingress_url})"

        return cast("Engine", Printing(driver.connect(settings)))

    return connect


@broken_engine("EN-06")
def repeats_the_url_that_it_refuses(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        if "@" in (settings.ingress_url or ""):
            raise InvalidEngineUrl("ingress URL", f"{settings.ingress_url} holds a password")
        return driver.connect(settings)

    return connect


@broken_engine("EN-06")
def names_the_url_in_its_errors(driver: MemoryDriver) -> EngineFactory:
    def connect(settings: EngineSettings) -> Engine:
        inner = driver.connect(settings)

        async def facts() -> EngineFacts:
            try:
                return await inner.facts()
            except EngineUnreachable as error:
                raise EngineUnreachable(str(settings.admin_url), "Refused") from error

        return shell(inner, facts=facts)

    return connect


def declaring(**changes: object) -> Around:
    """Facts in which something else is declared."""

    def changed(facts: object) -> object:
        assert isinstance(facts, EngineFacts)
        return attrs.evolve(facts, capabilities=attrs.evolve(facts.capabilities, **changes))

    return instead_of(Point.FACTS, changed)


@mutant("EN-07")
def declares_a_command_of_its_own(_: MemoryDriver) -> Around:
    return declaring(commands=frozenset({"destroy"}))


@mutant("EN-07")
def declares_its_fence_as_a_truth_value(_: MemoryDriver) -> Around:
    return declaring(fence=True)


@mutant("EN-07")
def declares_a_kind_of_service_of_its_own(_: MemoryDriver) -> Around:
    return declaring(purge_clears_state=frozenset({"Workflow"}))


@mutant("EN-07")
def declares_to_wait_for_less_than_nothing(_: MemoryDriver) -> Around:
    return declaring(write_floor=timedelta(seconds=-1))


@broken_engine("EN-08")
def declares_commands_that_nobody_performs(driver: MemoryDriver) -> EngineFactory:
    return with_members(driver, lambda: {"control": None})


@broken_engine("EN-08")
def declares_a_list_that_it_does_not_have(driver: MemoryDriver) -> EngineFactory:
    return with_members(driver, lambda: {"listing": None})


# --- facts ---------------------------------------------------------------------------------------


@mutant("EN-09")
def names_its_own_version_as_that_of_the_engine(_: MemoryDriver) -> Around:
    return instead_of(Point.PROBE_ADMIN, lambda _: "wfadmin 1.0")


DEFAULTS = EngineFacts(None, Capabilities(fence=Fence.CHECKED, listing=Listing.COMPLETE))


@mutant("EN-10")
def makes_up_facts_of_an_engine_that_is_gone(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, DEFAULTS, Point.FACTS)


@mutant("EN-10")
def remembers_its_facts(_: MemoryDriver) -> Around:
    return remembered(Point.FACTS)


@mutant("EN-11")
def makes_up_facts_where_nobody_answers(_: MemoryDriver) -> Around:
    return swallowing(EngineUnreachable, DEFAULTS, Point.FACTS)


@mutant("EN-11")
def waits_for_ever_for_facts(driver: MemoryDriver) -> Around:
    driver.settings_timeout = timedelta(milliseconds=5)

    async def around(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except EngineUnreachable:
            await anyio.sleep_forever()

    return around


@mutant("EN-12")
def makes_up_facts_where_it_is_refused(_: MemoryDriver) -> Around:
    return swallowing(EngineRejected, DEFAULTS, Point.FACTS)


@mutant("EN-12")
def calls_an_engine_that_refuses_unreachable(_: MemoryDriver) -> Around:
    return raising(EngineRejected, lambda: EngineUnreachable("memory", "500"), Point.FACTS)


@mutant("EN-13")
def makes_up_facts_from_a_web_page(_: MemoryDriver) -> Around:
    return swallowing(UnexpectedAnswer, DEFAULTS, Point.FACTS)
