"""The incident on a real Restate, by library and by command line; and a server that is down."""

import asyncio
import json
from collections.abc import Iterator

import pytest

import wfadmin
from tests.engines.command import target, wfadmin_says
from tests.engines.incident import Incident
from tests.engines.restate_lab import RestateLab, Run
from tests.engines.restate_server import RestateServer
from tests.stories import incident as story

pytestmark = pytest.mark.engine

COMPONENTS = ("ingress", "admin", "deployments", "services", "invocations")


def key_of(run: Run) -> wfadmin.WorkflowKey:
    return wfadmin.WorkflowKey(run.service_name, run.service_key)


@pytest.fixture(scope="module")
def cart(incident: Incident) -> Iterator[Run]:
    holder, _ = incident.lab.locked_cart("held")
    yield holder
    incident.lab.release(holder)


@pytest.fixture
def ill(incident: Incident, cart: Run) -> story.Ill:
    return story.Ill(
        failed=key_of(incident.failed),
        succeeded=key_of(incident.succeeded),
        waiting=key_of(incident.waiting),
        backing_off=key_of(incident.backing_off),
        paused=key_of(incident.paused),
        zombie=key_of(incident.zombie),
        cart=key_of(cart),
        failure="[500] payment was refused",
        draining_id=incident.draining.id,
        drained_id=incident.drained.id,
    )


def operator_of(server: RestateServer) -> wfadmin.LocalOperator:
    return wfadmin.connect(
        "restate", admin_url=server.admin_url, ingress_url=server.ingress_url, timeout=5
    )


def test_doctor_names_every_trouble_with_its_mildest_remedy(
    incident: Incident, ill: story.Ill
) -> None:
    async def tell() -> None:
        async with operator_of(incident.lab.server) as operator:
            report = await story.doctor_names_every_trouble(operator, ill)
            await story.doctor_shows_the_newest_failure(report, ill)

    asyncio.run(tell())


def test_inspect_says_what_a_recovery_would_do(incident: Incident, ill: story.Ill) -> None:
    async def tell() -> None:
        async with operator_of(incident.lab.server) as operator:
            await story.inspect_says_what_a_recovery_would_do(operator, ill)

    asyncio.run(tell())


def test_the_counts_are_by_the_words_of_the_engine(incident: Incident) -> None:
    rows = incident.lab.server.query(
        "select status, count(*) as n from sys_invocation_status group by status"
    )

    _, document = wfadmin_says("doctor", *target(incident.lab.server))

    # A run that backs off is invoked to the engine, so both counts stand while nothing ends.
    expected = {str(row["status"]): row["n"] for row in rows}
    assert document["invocations"]["byStatus"] == expected


def test_the_command_closes_the_gate(incident: Incident) -> None:
    code, document = wfadmin_says("doctor", *target(incident.lab.server))

    assert code == 3
    assert {name: document[name]["status"] for name in COMPONENTS} == dict.fromkeys(
        COMPONENTS, "ok"
    )
    assert document["verdict"] == "error"


def test_the_command_shows_what_a_recovery_would_do(incident: Incident, ill: story.Ill) -> None:
    key = ill.failed

    code, document = wfadmin_says(
        "inspect", *target(incident.lab.server), key.service_name, key.service_key
    )

    assert code == 0
    run = incident.failed.invocation_id
    assert document["recover"] == {"allowed": {"toKill": [], "toPurge": [run], "toForcePurge": []}}


def test_a_misspelt_service_is_not_found(incident: Incident) -> None:
    code, document = wfadmin_says("inspect", *target(incident.lab.server), "Ordre", "o-1")

    assert code == 5
    assert document["error"]["id"] == "service_not_found"


def test_a_key_without_runs_is_a_report_without_runs(incident: Incident) -> None:
    code, document = wfadmin_says("inspect", *target(incident.lab.server), "Order", "never")

    assert (code, document["runs"]) == (0, [])


def test_what_is_stored_stays_hidden_until_it_is_asked_for(incident: Incident) -> None:
    words = (*target(incident.lab.server), "Order", incident.failed.service_key)

    _, without = wfadmin_says("inspect", *words)
    _, shown = wfadmin_says("inspect", *words, "--show-state")

    assert "4242" not in json.dumps(without)
    assert "4242" in json.dumps(shown)


def test_a_server_that_is_stopped_is_a_report_and_no_key_can_be_read(
    fresh_restate: RestateLab,
) -> None:
    server = fresh_restate.server
    server.stop()

    doctor_code, report = wfadmin_says("doctor", *target(server))
    inspect_code, refusal = wfadmin_says("inspect", *target(server), "Order", "o-1")

    assert doctor_code == 3
    assert {name: report[name]["status"] for name in COMPONENTS} == dict.fromkeys(
        COMPONENTS, "unreachable"
    )
    assert inspect_code == 8
    assert refusal["error"]["id"] == "workflow_engine_unreachable"
