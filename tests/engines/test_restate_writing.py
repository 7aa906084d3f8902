"""The writing side of the Restate adapter, on real servers: what each answer means."""

from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
import pytest_asyncio

from tests.engines.restate_adapter import (
    HOSTILE_KEYS,
    engine_of,
    key_of,
    ref_of,
    start_at,
    the_run,
)
from tests.engines.restate_lab import RestateLab, expect, quoted
from tests.engines.restate_server import Row
from tests.engines.waiting import wait_until
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Cancel, Kill, Pause, Purge, Resume
from wfadmin.domain.errors import EngineRejected, Sent
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import InvocationOutcome, InvocationStatus, KeyedState, ServiceRevision
from wfadmin.domain.urls import same_url

pytestmark = [pytest.mark.engine, pytest.mark.asyncio]

# As the engine makes them, and none that it made.
NOBODY = InvocationRef(None, "inv_1cQNZJ2myUr13IExFFMv5lWB1gw3CoUmx7", None)
NO_DEPLOYMENT = "dp_17KXSd5IZBmpQdQHGN17ZKN"
DEAD_URL = "http://127.0.0.1:9"


@pytest_asyncio.fixture
async def engine(restate: RestateLab) -> AsyncIterator[RestateEngine]:
    async with engine_of(restate.server) as opened:
        yield opened


# --- commands ------------------------------------------------------------------------------------


async def test_a_kill_has_happened_when_it_is_answered(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.waiting()

    assert await engine.control.perform(Kill(ref_of(run))) is Answer.ACCEPTED
    assert (await the_run(engine, run)).outcome is InvocationOutcome.KILLED
    assert await engine.control.perform(Kill(ref_of(run))) is Answer.WRONG_STATUS


async def test_a_kill_takes_the_children_along(restate: RestateLab, engine: RestateEngine) -> None:
    parent, child = restate.family()

    await engine.control.perform(Kill(ref_of(parent)))

    restate.until(child, status="completed", completion_failure="[409] killed")


async def test_a_purge_takes_the_state_of_a_workflow_along(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.failed()

    assert await engine.control.perform(Purge(ref_of(run))) is Answer.ACCEPTED
    assert await engine.invocations.for_key(key_of(run)) == ()
    assert await engine.state.read(key_of(run), values=False) == KeyedState()
    assert await engine.control.perform(Purge(ref_of(run))) is Answer.NOT_FOUND


async def test_a_purge_of_what_goes_on_is_refused(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.waiting()

    assert await engine.control.perform(Purge(ref_of(run))) is Answer.WRONG_STATUS


async def test_a_backing_off_run_pauses_and_resumes(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.backing_off()

    assert await engine.control.perform(Pause(ref_of(run))) is Answer.ACCEPTED
    restate.until(run, status="paused")
    assert await engine.control.perform(Resume(ref_of(run), "latest")) is Answer.ACCEPTED
    resumed = wait_until(
        lambda: restate.row(run), lambda row: row["status"] != "paused", what="it goes on"
    )
    assert resumed["status"] in ("ready", "running", "backing-off")


async def test_a_backing_off_run_cannot_be_moved(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.backing_off()

    answer = await engine.control.perform(Resume(ref_of(run), "latest"))

    assert answer is Answer.WRONG_STATUS


async def test_a_pause_of_a_suspended_run_is_accepted_and_does_nothing(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.waiting()

    assert await engine.control.perform(Pause(ref_of(run))) is Answer.ACCEPTED
    assert (await the_run(engine, run)).status is InvocationStatus.SUSPENDED


async def test_what_has_not_started_cannot_be_resumed(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.scheduled()

    assert await engine.control.perform(Resume(ref_of(run))) is Answer.WRONG_STATUS
    assert await engine.control.perform(Pause(ref_of(run))) is Answer.WRONG_STATUS


async def test_a_cancel_is_a_request(restate: RestateLab, engine: RestateEngine) -> None:
    run = restate.waiting()

    assert await engine.control.perform(Cancel(ref_of(run))) is Answer.ACCEPTED
    restate.until(run, status="completed", completion_failure="[409] cancelled")
    assert await engine.control.perform(Cancel(ref_of(run))) is Answer.WRONG_STATUS


@pytest.mark.parametrize("command", [Pause, Resume, Cancel, Kill, Purge])
async def test_nobody_bears_the_id(engine: RestateEngine, command: type[Kill]) -> None:
    assert await engine.control.perform(command(NOBODY)) is Answer.NOT_FOUND


async def test_an_id_that_cannot_be_read_is_rejected(engine: RestateEngine) -> None:
    with pytest.raises(EngineRejected) as caught:
        await engine.control.perform(Kill(InvocationRef(None, "inv_1", None)))

    assert (caught.value.http_status, caught.value.sent) == (400, Sent.YES)


async def test_a_resume_on_an_unknown_deployment_is_rejected(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.paused()

    with pytest.raises(EngineRejected, match="deployment was not found"):
        await engine.control.perform(Resume(ref_of(run), NO_DEPLOYMENT))


# --- state ---------------------------------------------------------------------------------------


def stored(restate: RestateLab, key: str) -> list[Row]:
    """Read what is stored under a key of Order, whatever it is."""
    where = f"service_name = 'Order' and service_key = {quoted(key)}"
    return restate.server.query(f"select key, value from state where {where}")


def leave_state(restate: RestateLab, key: str) -> WorkflowKey:
    """Store something under a key of a workflow that no run holds."""
    body = {"object_key": key, "new_state": {"a": [1, 255], "é": []}}
    answer = restate.server.admin.post("/services/Order/state", json=body)
    expect(answer, httpx.codes.ACCEPTED)
    wait_until(lambda: stored(restate, key), lambda rows: len(rows) == 2, what="stored")
    return WorkflowKey("Order", key)


async def test_a_clear_with_the_right_version_clears(
    restate: RestateLab, engine: RestateEngine
) -> None:
    for key_text in (restate.new_key("left"), *HOSTILE_KEYS):
        key = leave_state(restate, key_text)
        state = await engine.state.read(key, values=True)
        assert [(one.name, one.value) for one in state.entries] == [("a", b"\x01\xff"), ("é", b"")]
        assert state.version is not None

        assert await engine.state.clear(key, expected_version=state.version) is Answer.ACCEPTED

        wait_until(partial(stored, restate, key_text), lambda rows: not rows, what="cleared")
        assert await engine.state.read(key, values=False) == KeyedState()


async def test_a_clear_with_another_version_is_accepted_and_does_nothing(
    restate: RestateLab, engine: RestateEngine
) -> None:
    key = leave_state(restate, restate.new_key("kept"))
    before = await engine.state.read(key, values=True)

    assert await engine.state.clear(key, expected_version="wrong") is Answer.ACCEPTED

    # A write of another key, so that the first one has been looked at.
    leave_state(restate, restate.new_key("after"))
    assert await engine.state.read(key, values=True) == before


async def test_a_clear_of_a_service_without_keys_is_rejected(engine: RestateEngine) -> None:
    with pytest.raises(EngineRejected, match="Cannot modify state"):
        await engine.state.clear(WorkflowKey("Mailer", "x"), expected_version="any")


# --- deployments ---------------------------------------------------------------------------------


async def test_a_dry_run_registers_nothing(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    other = lab.deploy("Order")
    lab.remove(other)
    async with engine_of(lab.server) as engine:
        before = await engine.deployments.list()
        found = await engine.deployments.register(lab.main.url, force=True, dry_run=True)

        assert found.deployment_id == lab.main.id
        assert {one.name for one in found.services} == {"Order", "Parent", "Cart", "Mailer"}
        assert await engine.deployments.list() == before


async def test_a_forced_registration_raises_the_revisions(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    async with engine_of(lab.server) as engine:
        same = await engine.deployments.register(lab.main.url, force=False, dry_run=False)
        raised = await engine.deployments.register(lab.main.url, force=True, dry_run=False)
        (listed,) = await engine.deployments.list()

    assert same.deployment_id == raised.deployment_id == listed.id == lab.main.id
    assert ServiceRevision("Order", 1) in same.services
    assert ServiceRevision("Order", 2) in raised.services
    assert {*listed.services} == {*raised.services}
    assert same_url(listed.service_url, lab.main.url)


@pytest.mark.parametrize(("dry_run", "sent"), [(True, Sent.NO), (False, Sent.YES)])
async def test_a_dead_url_is_rejected_and_its_password_not_shown(
    engine: RestateEngine,
    dry_run: bool,  # noqa: FBT001
    sent: Sent,
) -> None:
    url = DEAD_URL.replace("//", "//ada:s3cret@")
    with pytest.raises(EngineRejected) as caught:
        await engine.deployments.register(url, force=True, dry_run=dry_run)

    assert (caught.value.engine_code, caught.value.sent) == ("META0003", sent)
    assert "s3cret" not in str(caught.value)


async def test_a_removed_deployment_is_gone(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    deployed, _ = lab.drained_deployment()
    async with engine_of(lab.server) as engine:
        assert await engine.deployments.remove(deployed.id) is Answer.ACCEPTED
        wait_until(
            lambda: lab.server.admin.get(f"/deployments/{deployed.id}").status_code,
            lambda status: status == httpx.codes.NOT_FOUND,
            what="it is gone",
        )
        assert {one.id for one in await engine.deployments.list()} == {lab.main.id}
        assert await engine.deployments.remove(deployed.id) is Answer.NOT_FOUND


async def test_an_unknown_deployment_is_not_found(engine: RestateEngine) -> None:
    assert await engine.deployments.remove(NO_DEPLOYMENT) is Answer.NOT_FOUND


async def test_a_malformed_deployment_is_rejected(engine: RestateEngine) -> None:
    with pytest.raises(EngineRejected) as caught:
        await engine.deployments.remove("dp_1")

    assert caught.value.http_status == httpx.codes.BAD_REQUEST


async def test_a_hostile_key_is_recovered_step_by_step(
    restate: RestateLab, engine: RestateEngine
) -> None:
    for key in HOSTILE_KEYS:
        run = restate.until(start_at(restate, f"{key}!"[-2048:]), status="completed")
        (found,) = await engine.invocations.for_key(key_of(run))

        assert await engine.control.perform(Purge(found.ref)) is Answer.ACCEPTED
        assert await engine.invocations.for_key(key_of(run)) == ()
