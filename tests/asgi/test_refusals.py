"""Each way in which a verb declines: its status, its body, and its record."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.asgi.http import KEY, V1, V2, Full, Scene, error_of, post, told
from tests.operations.repairs import fails, lost, nothing
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point
from wfadmin.domain.components import Component
from wfadmin.domain.policy import Protection
from wfadmin.errors import EngineRejected, EngineUnreachable

pytestmark = pytest.mark.asyncio

GONE = EngineUnreachable("http://engine:9070", "refused")


def runs(scene: Scene) -> None:
    scene.world.workflow("Order").key("o-1").running()


def succeeded(scene: Scene) -> None:
    scene.world.workflow("Order").key("o-1").succeeded()


def gone(scene: Scene) -> None:
    scene.failed()
    scene.world.break_component(Component.INVOCATIONS, GONE)


def unlisted(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.break_component(Component.DEPLOYMENTS, GONE)


def serving(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Bill",))


def rejecting(scene: Scene) -> None:
    scene.failed()
    error = EngineRejected("http://engine:9070", 403)
    scene.world.break_component(Component.INVOCATIONS, error)


def losing(scene: Scene) -> None:
    scene.failed()
    scene.world.engine.points.hook = lost(Point.PURGE, nothing)


CLEANUP, RECOVER = "cleanup-stale-deployments", "recover-stuck-workflow"
REFUSALS: list[tuple[Callable[[Scene], Any], str, Mapping[str, object], int, str, str, bool]] = [
    (runs, RECOVER, KEY, 409, "workflow_retry_blocked", "domain", False),
    (succeeded, RECOVER, KEY, 409, "workflow_retry_blocked", "domain", False),
    (gone, RECOVER, KEY, 503, "workflow_engine_unreachable", "dependency", True),
    (unlisted, CLEANUP, {"serviceUrl": V1}, 503, "workflow_engine_unreachable", "dependency", True),
    (rejecting, RECOVER, KEY, 502, "workflow_engine_rejected", "dependency", False),
    (serving, CLEANUP, {"serviceUrl": V1}, 409, "deployment_in_use", "domain", False),
    (serving, CLEANUP, {"serviceUrl": "http://no"}, 404, "deployment_not_found", "domain", False),
    (serving, RECOVER, KEY | {"serviceName": "No"}, 404, "service_not_found", "domain", False),
    (serving, "inspect", KEY | {"serviceName": "No"}, 404, "service_not_found", "domain", False),
    (losing, RECOVER, KEY, 504, "outcome_unknown", "dependency", False),
]


@pytest.mark.parametrize(
    ("placed", "route", "body", "status", "slug", "category", "again"), REFUSALS
)
async def test_a_refusal_is_told_and_on_record(  # noqa: PLR0913, PLR0917 - a row of the table
    placed: Callable[[Scene], Any],
    route: str,
    body: Mapping[str, object],
    status: int,
    slug: str,
    category: str,
    again: bool,  # noqa: FBT001 - a column
) -> None:
    scene = Scene()
    placed(scene)

    answer = await post(scene.app(), route, {**body, "reason": "ticket 7"})

    error = error_of(answer)
    assert (answer.status_code, error["id"]) == (status, slug)
    assert (error["category"], error["retryable"]) == (category, again)
    assert all(error[one] for one in ("message", "why", "fix"))
    last = scene.audit.records[-1]
    outcome = "unknown" if slug == "outcome_unknown" else slug
    assert (last.actor, last.reason, last.outcome) == ("ada", "ticket 7", outcome)
    assert dict(last.arguments)["route"].endswith(f"/workflow-engine/{route}")
    assert dict(last.arguments)["request_id"] == answer.headers["x-request-id"]
    assert last.error is not None


async def test_a_blocked_recovery_names_its_reason_and_its_invocations() -> None:
    scene = Scene()
    run = scene.world.workflow("Order").key("o-1").running()

    details = error_of(await post(scene.app(), RECOVER, KEY))["details"]

    assert details == {
        "reason": "active",
        "invocationIds": [run.id],
        "blocked": [{"reason": "active", "invocationIds": [run.id]}],
    }


async def test_what_is_protected_is_409() -> None:
    scene = Scene(protection=Protection(services=("Order",)))
    scene.failed()

    answer = await post(scene.app(), RECOVER, KEY)

    assert (answer.status_code, error_of(answer)["id"]) == (409, "protected")
    assert not any(one.is_write for one in scene.points)


async def test_without_a_place_for_the_intent_it_is_503_and_nothing_is_sent() -> None:
    scene = Scene(audit=Full())
    scene.failed()
    before = scene.world.store.fingerprint()

    answer = await post(scene.app(), RECOVER, KEY)

    assert (answer.status_code, error_of(answer)["id"]) == (503, "audit_unavailable")
    assert not any(one.is_write for one in scene.points)
    assert scene.world.store.fingerprint() == before


async def test_doctor_answers_without_a_place_for_its_record() -> None:
    scene = Scene(audit=Full())

    plain = await post(scene.app(), "doctor")
    full = await post(scene.app(), "doctor", headers={"prefer": "return=representation"})

    assert (plain.status_code, "warnings" in plain.json()) == (200, False)
    assert full.json()["warnings"][0].startswith("The audit record was not stored: ")


async def test_an_ill_engine_is_a_report_and_no_error() -> None:
    scene = Scene()
    scene.world.break_component(Component.DEPLOYMENTS, GONE)

    answer = await post(scene.app(), "doctor")

    assert answer.status_code == 200
    assert answer.json()["deployments"]["status"] == "unreachable"
    assert answer.json()["admin"]["status"] == "ok"


async def test_a_mistake_of_ours_is_500_tells_nothing_and_is_on_record() -> None:
    scene = Scene()
    scene.failed()
    scene.world.engine.points.hook = fails(Point.FOR_KEY, ZeroDivisionError("secret"))  # type: ignore[arg-type]

    answer = await post(scene.app(), "inspect", KEY)

    assert (answer.status_code, error_of(answer)["id"]) == (500, "unexpected_error")
    assert "secret" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    (record,) = scene.audit.records
    assert told(record) == {"actor": "ada", "verb": "inspect", "outcome": "unexpected_error"}
    assert dict(record.arguments)["service_key"] == "o-1"
    fields = {"error": "ZeroDivisionError", "request_id": answer.headers["x-request-id"]}
    assert scene.events.named("http.failed") == [fields]


async def test_a_lease_that_is_held_is_409() -> None:
    lease = MemoryLease(holder="bob")
    scene = Scene(lease=lease)
    scene.failed()
    held: list[str] = []

    class Noted(MemoryLease):
        def hold(self, scope: str) -> AbstractAsyncContextManager[None]:  # type: ignore[override]
            held.append(scope)
            return lease.hold(scope)

    await post(Scene(lease=Noted()).app(), RECOVER, KEY)
    async with lease.hold(held[0]):
        answer = await post(scene.app(), RECOVER, KEY)

    assert (answer.status_code, error_of(answer)["id"]) == (409, "lease_held")
    assert scene.audit.records[-1].outcome == "lease_held"
