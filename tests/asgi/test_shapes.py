"""How much is told: the keys of the API by default, everything where it is preferred."""

import pytest

from tests.asgi.http import KEY, V1, V2, Scene, error_of, post
from wfadmin.asgi.shapes import View, failure_of, inspection_body, result_body
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import ServiceRevision
from wfadmin.domain.results import (
    CleanupResult,
    Effect,
    Held,
    RecoverResult,
    RedeployResult,
    Result,
    StateAfter,
)

WISH = {"prefer": "return=representation"}
RECOVERED = RecoverResult(
    WorkflowKey("Order", "o-1"), 1, (), ("inv_1",), StateAfter.CLEARED, effect=Effect.CONFIRMED
)
CLEANED = CleanupResult(("dp_1",), (), (Held("dp_2", ("a run",)),), effect=Effect.CONFIRMED)
REDEPLOYED = RedeployResult("dp_1", (ServiceRevision("Order", 1),), effect=Effect.CONFIRMED)
ASTRAY = RedeployResult("dp_1", (), effect=Effect.ACCEPTED, warnings=("Not routed to it: Order.",))
SILENT = RedeployResult("dp_1", (), effect=Effect.ACCEPTED)
UNSURE = RecoverResult(WorkflowKey("O", "k"), 1, (), (), None, effect=Effect.ACCEPTED)


@pytest.mark.parametrize(
    ("result", "body"),
    [
        (RECOVERED, {"acknowledged": True}),
        (CLEANED, {"acknowledged": True}),
        (REDEPLOYED, {"acknowledged": True, "deploymentId": "dp_1"}),
    ],
)
def test_a_result_has_the_keys_of_the_api(result: Result, body: dict[str, object]) -> None:
    assert result_body(result, View()) == body
    assert failure_of(result) is None


@pytest.mark.parametrize(
    ("result", "name", "value"),
    [
        (RECOVERED, "purged", ["inv_1"]),
        (CLEANED, "held", [{"id": "dp_2", "reasons": ["a run"]}]),
        (REDEPLOYED, "services", [{"name": "Order", "revision": 1}]),
    ],
)
def test_more_is_told_where_it_is_preferred(result: Result, name: str, value: object) -> None:
    assert result_body(result, View(in_full=True))[name] == value


@pytest.mark.parametrize(
    ("result", "status", "slug", "why"),
    [
        (ASTRAY, 409, "services_not_routed", "Not routed to it: Order."),
        (SILENT, 409, "services_not_routed", "The engine lists another place for them."),
        (UNSURE, 504, "outcome_unknown", "It was accepted, and no effect showed in time."),
    ],
)
def test_what_was_accepted_only_is_no_success(
    result: Result, status: int, slug: str, why: str
) -> None:
    failure = failure_of(result)
    assert failure is not None
    error = failure.document["error"]
    assert (failure.status, failure.slug, error["why"]) == (status, slug, why)
    assert error["retryable"] is False


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("view", "told"),
    [
        (View(), False),
        (View(in_full=True), False),
        (View(as_operator=True), False),
        (View(in_full=True, as_operator=True), True),
    ],
)
async def test_values_are_for_operators_who_prefer_all(
    view: View,
    told: bool,  # noqa: FBT001 - a column
) -> None:
    scene = Scene()
    scene.failed()
    found = await scene.operator.inspect(WorkflowKey("Order", "o-1"), show_state=True)

    (entry,) = inspection_body(found, view)["state"]["entries"]

    assert ("value" in entry) is told


@pytest.mark.asyncio
async def test_a_place_that_gets_no_work_is_409() -> None:
    scene = Scene()
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Order",))

    answer = await post(scene.app(), "force-redeploy", {"serviceUrl": V1, "force": False})

    assert (answer.status_code, error_of(answer)["id"]) == (409, "services_not_routed")
    assert error_of(answer)["details"] == {"deploymentId": "dp_1"}


@pytest.mark.asyncio
async def test_doctor_tells_its_findings_where_they_are_preferred() -> None:
    scene = Scene()
    scene.failed()

    plain = await post(scene.app(), "doctor")
    full = await post(scene.app(), "doctor", headers=WISH)

    components = ["ingress", "admin", "deployments", "services", "invocations"]
    assert list(plain.json()) == components
    assert list(full.json()) == [*components, "verdict", "findings"]
    assert full.headers["preference-applied"] == "return=representation"
    assert "preference-applied" not in plain.headers


@pytest.mark.asyncio
async def test_a_recovery_tells_what_it_purged_where_that_is_preferred() -> None:
    scene = Scene()
    run_id = scene.failed()

    answer = await post(scene.app(), "recover-stuck-workflow", KEY, headers=WISH)

    body = answer.json()
    assert (body["acknowledged"], body["purged"], body["state"]) == (True, [run_id], "cleared")


@pytest.mark.asyncio
async def test_text_that_no_encoding_has_is_told_all_the_same() -> None:
    scene = Scene()
    scene.failed(failure="half \ud83d of it")

    answer = await post(scene.app(), "doctor")

    assert answer.json()["invocations"]["recentFailures"][0]["errorMessage"] == "half \ud83d of it"
