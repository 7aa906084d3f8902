"""Keys and their data on real servers: whatever a key holds, it is found, or is not there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings

from tests.domain.hostile import names
from tests.engines.restate_adapter import (
    HOSTILE_KEYS,
    engine_of,
    key_of,
    lab_with,
    start_at,
)
from tests.engines.restate_lab import RestateLab
from tests.engines.services import SECRET
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.adapters.restate.sql import INVOCATIONS, STATE
from wfadmin.adapters.restate.state import version_of
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    KeyedState,
)

pytestmark = [pytest.mark.engine, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def engine(restate: RestateLab) -> AsyncIterator[RestateEngine]:
    async with engine_of(restate.server) as opened:
        yield opened


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
async def test_a_hostile_key_is_found_with_its_state(
    restate: RestateLab, engine: RestateEngine, key: str
) -> None:
    run = restate.until(start_at(restate, key), status="completed")

    (found,) = await engine.invocations.for_key(WorkflowKey("Order", key))
    state = await engine.state.read(WorkflowKey("Order", key), values=True)

    assert (found.id, found.key) == (run.invocation_id, WorkflowKey("Order", key))
    assert {one.name: one.value for one in state.entries}["stage"] == b'"fail"'


async def test_a_key_that_no_verb_can_name_is_listed_without_it(fresh_restate: RestateLab) -> None:
    run = fresh_restate.until(start_at(fresh_restate, "x" * 2049), status="completed")
    async with engine_of(fresh_restate.server) as engine:
        (found,) = (await engine.listing.survey(failures=20, unfinished=10)).failures

    assert (found.id, found.key) == (run.invocation_id, None)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(name=names)
async def test_what_is_not_there_is_not_found_whatever_its_name(
    engine: RestateEngine, restate: RestateLab, name: str
) -> None:
    restate.succeeded("something")
    key = WorkflowKey("Order", f"nobody-{name}"[:400])

    assert await engine.invocations.for_key(key) == ()
    assert await engine.invocations.for_key(WorkflowKey(f"No{name}"[:400], "something")) == ()
    assert await engine.state.read(key, values=False) == KeyedState()


async def test_point_reads_and_scans_see_the_same(restate: RestateLab) -> None:
    run = restate.failed()
    key = key_of(run)
    for table, column in ((INVOCATIONS, "id"), (STATE, "key")):
        point, scan = (
            restate.server.query(
                f"select {column} from {table.name}"
                f" where {table.where(key, by_hash=by_hash, is_scoped=False)}"
            )
            for by_hash in (True, False)
        )
        assert sorted(map(str, point)) == sorted(map(str, scan)) != []


async def test_only_what_is_in_no_scope_is_the_key(
    restate_binary: Path, restate_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if restate_version.startswith("1.6"):
        return  # it has no scopes
    names_of = ("VQUEUES", "SCOPED_VIRTUAL_OBJECTS", "PROTOCOL_V7", "SCOPED_STATE_TABLE_MIGRATION")
    scoped = {f"RESTATE_EXPERIMENTAL_ENABLE_{name}": "true" for name in names_of}
    with lab_with(restate_binary, restate_version, monkeypatch, **scoped) as lab:
        run = lab.waiting("o-1")
        there = lab.server.ingress.post(
            "/restate/scope/blue/send/Order/o-1/run", json={"do": "wait"}
        )
        assert there.is_success, there.text
        async with engine_of(lab.server) as engine:
            found = await engine.invocations.for_key(WorkflowKey("Order", "o-1"))
            nothing = await engine.invocations.for_key(WorkflowKey("Order", "o-2"))
            survey = await engine.listing.survey(failures=20, unfinished=10)

    assert [one.id for one in found] == [run.invocation_id]
    assert nothing == ()
    assert {one.id: one.key for one in survey.unfinished} == {
        run.invocation_id: WorkflowKey("Order", "o-1"),
        there.json()["invocationId"]: None,
    }


# --- state ---------------------------------------------------------------------------------------


async def test_state_is_read_by_name_and_size_and_with_values_when_asked(
    restate: RestateLab, engine: RestateEngine
) -> None:
    key = key_of(restate.failed())

    names_only = await engine.state.read(key, values=False)
    full = await engine.state.read(key, values=True)

    assert [(one.name, one.value) for one in names_only.entries] == [
        ("card", None),
        ("stage", None),
    ]
    assert [one.value for one in full.entries] == [f'"{SECRET}"'.encode(), b'"fail"']
    assert [one.size for one in names_only.entries] == [
        len(one.value or b"") for one in full.entries
    ]
    assert names_only.version is None
    assert full.version == version_of(full.entries)
