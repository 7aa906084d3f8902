"""The reading side of the Restate adapter, on real servers."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.engines.restate_adapter import (
    engine_of,
    key_of,
    lab_with,
    ref_of,
    the_run,
)
from tests.engines.restate_lab import RestateLab, Run
from tests.engines.restate_server import RestateServer
from tests.engines.waiting import wait_until
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.errors import NotSupported
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    ServiceKind,
    Usage,
)
from wfadmin.domain.urls import same_url

pytestmark = [pytest.mark.engine, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def engine(restate: RestateLab) -> AsyncIterator[RestateEngine]:
    async with engine_of(restate.server) as opened:
        yield opened


# --- the engine as a whole -----------------------------------------------------------------------


async def test_facts_name_the_version_and_what_it_can_do(
    engine: RestateEngine, restate_version: str
) -> None:
    facts = await engine.facts()

    assert facts.version == restate_version
    assert CommandName.PAUSE in facts.capabilities.commands
    assert facts.capabilities.kill_is_immediate


@pytest.mark.parametrize("ingress", [False, True], ids=["learned", "given"])
async def test_both_doors_answer_over_a_socket(
    restate: RestateLab,
    restate_version: str,
    ingress: bool,  # noqa: FBT001
) -> None:
    async with engine_of(restate.server, ingress=ingress) as engine:
        await engine.admin.probe_ingress()
        assert await engine.admin.probe_admin() == restate_version


@pytest.mark.parametrize("ingress", [False, True], ids=["learned", "given"])
async def test_both_doors_answer_over_tcp(
    restate_tcp: RestateLab,
    restate_version: str,
    ingress: bool,  # noqa: FBT001
) -> None:
    async with engine_of(restate_tcp.server, ingress=ingress) as engine:
        await engine.admin.probe_ingress()
        assert await engine.admin.probe_admin() == restate_version


async def test_an_engine_that_was_just_started_answers_at_once(
    bare_restate: RestateServer,
) -> None:
    async with engine_of(bare_restate) as engine:
        await engine.admin.probe_admin()
        survey = await engine.listing.survey(failures=20, unfinished=10)
        assert (survey.counts, survey.usage) == ((), Usage())
        assert await engine.invocations.for_key(WorkflowKey("Order", "o-1")) == ()
        assert await engine.state.read(WorkflowKey("Order", "o-1"), values=False) == KeyedState()
        assert await engine.deployments.list() == ()
        assert await engine.admin.list_services() == ()


async def test_services_have_kinds_and_handlers(restate: RestateLab, engine: RestateEngine) -> None:
    services = {one.name: one for one in await engine.admin.list_services()}

    assert {name: one.kind for name, one in services.items()} == {
        "Order": ServiceKind.WORKFLOW,
        "Parent": ServiceKind.WORKFLOW,
        "Cart": ServiceKind.VIRTUAL_OBJECT,
        "Mailer": ServiceKind.PLAIN,
    }
    order = services["Order"]
    assert order.handler_kind("run") is HandlerKind.MAIN
    assert order.handler_kind("watch") is HandlerKind.SHARED
    assert services["Cart"].handler_kind("add") is HandlerKind.MAIN
    assert services["Cart"].handler_kind("items") is HandlerKind.SHARED
    assert services["Mailer"].handler_kind("send") is HandlerKind.MAIN
    assert order.deployment_id == restate.deployment_of("Order")


async def test_deployments_have_urls_and_revisions(
    restate: RestateLab, engine: RestateEngine
) -> None:
    services = {one.name: one for one in await engine.admin.list_services()}
    deployments = {one.id: one for one in await engine.deployments.list()}

    main = deployments[restate.main.id]
    assert same_url(main.service_url, restate.main.url)
    assert main.created_at is not None
    assert main.created_at > datetime(2026, 1, 1, tzinfo=UTC)
    served = {one.name: one.revision for one in main.services}
    assert served["Mailer"] == services["Mailer"].revision


async def test_an_ingress_on_another_host_is_not_called_unasked(
    restate_binary: Path, restate_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"RESTATE_INGRESS__ADVERTISED_INGRESS_ENDPOINT": "http://elsewhere.invalid:8080/"}
    with lab_with(restate_binary, restate_version, monkeypatch, **elsewhere) as lab:
        async with engine_of(lab.server) as engine:
            with pytest.raises(NotSupported, match="--ingress-url"):
                await engine.admin.probe_ingress()
        async with engine_of(lab.server, ingress=True) as engine:
            await engine.admin.probe_ingress()


# --- the status of a run -------------------------------------------------------------------------

Bring = Callable[[RestateLab], Run]


@pytest.mark.parametrize(
    ("bring", "status", "outcome"),
    [
        (RestateLab.succeeded, InvocationStatus.COMPLETED, InvocationOutcome.SUCCEEDED),
        (RestateLab.failed, InvocationStatus.COMPLETED, InvocationOutcome.FAILED),
        (RestateLab.killed, InvocationStatus.COMPLETED, InvocationOutcome.KILLED),
        (RestateLab.waiting, InvocationStatus.SUSPENDED, None),
        (RestateLab.paused, InvocationStatus.PAUSED, None),
        (RestateLab.scheduled, InvocationStatus.SCHEDULED, None),
        (RestateLab.failed_cart, InvocationStatus.COMPLETED, InvocationOutcome.FAILED),
    ],
)
async def test_a_run_is_read_as_it_stands(
    restate: RestateLab,
    engine: RestateEngine,
    bring: Bring,
    status: InvocationStatus,
    outcome: InvocationOutcome | None,
) -> None:
    run = bring(restate)

    found = await the_run(engine, run)

    assert (found.status, found.outcome) == (status, outcome)
    assert found.key == key_of(run)
    assert found.retention == timedelta(days=1)
    assert found.ref.incarnation is not None
    assert await engine.invocations.get(found.ref) == found


async def test_a_cancelled_run_ended_so(restate: RestateLab, engine: RestateEngine) -> None:
    run = restate.waiting()
    restate.patch(run, "cancel")
    restate.until(run, status="completed")

    found = await the_run(engine, run)

    assert (found.outcome, found.failure) == (InvocationOutcome.CANCELLED, "[409] cancelled")


async def test_a_scheduled_run_tells_when_it_is_due(
    restate: RestateLab, engine: RestateEngine
) -> None:
    found = await the_run(engine, restate.scheduled())

    assert found.due_at is not None
    assert found.created_at is not None
    assert abs(found.due_at - found.created_at - timedelta(hours=1)) < timedelta(seconds=5)
    assert await engine.invocations.get(found.ref) == found


async def test_a_failure_tells_what_and_when(restate: RestateLab, engine: RestateEngine) -> None:
    found = await the_run(engine, restate.failed(message="no such card"))

    assert found.failure == "[500] no such card"
    assert found.failure_at == found.completed_at is not None


async def test_a_backing_off_run_tells_its_attempts(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.backing_off(attempts=2)

    found = await the_run(engine, run)

    assert found.is_backing_off
    assert found.failed_attempts >= 2
    assert "payment service is down" in (found.failure or "")
    assert found.deployment_id == restate.main.id


async def test_the_first_attempt_of_a_healthy_run_has_not_failed(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.start("Order", restate.new_key("young"), do="wait")

    found = await the_run(engine, run)

    assert (found.failed_attempts, found.is_backing_off) == (0, False)


async def test_a_run_that_the_engine_paused_tells_why(
    restate_binary: Path, restate_version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"RESTATE_DEFAULT_RETRY_POLICY__MAX_ATTEMPTS": "2"}
    with lab_with(restate_binary, restate_version, monkeypatch, **few) as lab:
        run = lab.until(lab.start("Order", "o-1", do="retry"), status="paused")
        wait_until(
            lambda: lab.row(run), lambda row: "last_failure" not in row, what="the view is silent"
        )
        async with engine_of(lab.server) as engine:
            found = await the_run(engine, run)
            survey = await engine.listing.survey(failures=20, unfinished=10)

    assert found.status is InvocationStatus.PAUSED
    assert "payment service is down" in (found.failure or "")
    assert found.failure_at is not None
    assert survey.unfinished == (found,)


async def test_a_zombie_is_pinned_to_what_is_not_listed(
    restate: RestateLab, engine: RestateEngine
) -> None:
    found = await the_run(engine, restate.zombie())

    assert found.deployment_id is not None
    assert found.deployment_id not in {one.id for one in await engine.deployments.list()}
    assert "not found in the registry" in (found.failure or "")


async def test_a_call_without_a_key_has_none(restate: RestateLab, engine: RestateEngine) -> None:
    run = restate.mail_backing_off()

    found = await engine.invocations.get(InvocationRef(None, run.invocation_id, None))

    assert found is not None
    assert (found.key, found.service_kind) == (None, ServiceKind.PLAIN)
    assert found.handler_kind is HandlerKind.MAIN


async def test_a_queued_call_is_pending(restate: RestateLab, engine: RestateEngine) -> None:
    holder, queued = restate.locked_cart()

    statuses = {one.id: one.status for one in await engine.invocations.for_key(key_of(holder))}

    assert statuses == {
        holder.invocation_id: InvocationStatus.SUSPENDED,
        queued.invocation_id: InvocationStatus.PENDING,
    }


async def test_all_of_a_key_is_read_also_what_is_shared(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run, watcher = restate.watched()

    found = {one.handler_name: one.id for one in await engine.invocations.for_key(key_of(run))}

    assert found == {"run": run.invocation_id, "watch": watcher.invocation_id}


async def test_children_are_named_while_they_go_on(
    restate: RestateLab, engine: RestateEngine
) -> None:
    parent, child = restate.family()

    (found,) = await engine.invocations.children(ref_of(parent))
    assert (found.id, found.parent_id) == (child.invocation_id, parent.invocation_id)

    restate.release(child)
    restate.until(child, status="completed")
    assert await engine.invocations.children(ref_of(parent)) == ()


@pytest.mark.parametrize("name", ["inv_1", "inv_1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x'y", ""])
async def test_an_id_that_the_engine_never_made_names_nothing(
    engine: RestateEngine, name: str
) -> None:
    assert await engine.invocations.get(InvocationRef(None, name, None)) is None
    assert await engine.invocations.children(InvocationRef(None, name, None)) == ()


async def test_a_new_run_of_the_same_id_is_another_incarnation(
    restate: RestateLab, engine: RestateEngine
) -> None:
    run = restate.failed()
    before = await the_run(engine, run)
    restate.patch(run, "purge")
    again = restate.failed(run.service_key)

    after = await engine.invocations.get(before.ref)

    assert after is not None
    assert (after.id, again.invocation_id) == (before.id, before.id)
    assert after.ref.incarnation != before.ref.incarnation
