"""Whatever a server answers: an answer of ours, or an error of ours, and no write sent twice."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.asgi.http import Scene
from tests.asgi.test_seeds import HEALTHY
from tests.domain.errors_of_each_kind import EACH_KIND
from tests.remote.far import KEY, Seen, answering, saying
from tests.remote.test_same import many
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.errors import UnexpectedAnswer, WfadminError
from wfadmin.wire.documents import (
    doctor_document,
    error_document,
    inspection_document,
)
from wfadmin.wire.plan_files import plan_document

URL = "http://orders:9080"
CALLS: list[Any] = [
    lambda op: op.doctor(),
    lambda op: op.inspect(KEY, show_state=True),
    lambda op: op.plan_recover(KEY),
    lambda op: op.plan_redeploy(URL),
    lambda op: op.recover_stuck_workflow(KEY),
    lambda op: op.force_redeploy(URL),
    lambda op: op.cleanup_stale_deployments(URL),
]
STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 412, 422, 429, 500, 502, 504]
FULL_REPAIR = {
    "acknowledged": True,
    "deploymentId": "dp_1",
    "services": [{"name": "Order", "revision": 1}],
    "matched": 1,
    "killed": ["inv_1"],
    "purged": ["inv_1"],
    "state": "cleared",
    "evidence": "x",
    "kept": ["dp_1"],
    "removed": ["dp_2"],
    "held": [{"id": "dp_3", "reasons": ["a run"]}],
    "orphaned": ["inv_2"],
    "orphanedCount": 1,
    "confirmed": True,
    "warnings": ["careful"],
}


async def honest_documents() -> list[Any]:
    """Give what a server of ours answers to each kind of request."""
    scene = Scene()
    many(scene)
    key = type(KEY)("Order", "o-2")
    report = await scene.operator.doctor()
    found = await scene.operator.inspect(key, show_state=True)
    plan = await scene.operator.plan_recover(KEY)
    return [
        doctor_document(report),
        inspection_document(found, show_state=True),
        plan_document(plan),
        FULL_REPAIR,
        HEALTHY,
        *(error_document(one) for one in EACH_KIND),
    ]


HONEST = asyncio.run(honest_documents())

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "\x1b[2J", ""])
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@st.composite
def altered(draw: st.DrawFn) -> object:
    """Give an honest answer with something in it replaced, left out or added."""
    document = json.loads(json.dumps(draw(st.sampled_from(HONEST))))
    for _ in range(draw(st.integers(1, 3))):
        inner = document
        while True:
            names = list(inner) if isinstance(inner, dict) else range(len(inner))
            if not names:
                break
            name = draw(st.sampled_from(list(names)))
            if isinstance(inner[name], dict | list) and inner[name] and draw(st.booleans()):
                inner = inner[name]
                continue
            if isinstance(inner, dict) and draw(st.booleans()):
                del inner[name]
            else:
                inner[name] = draw(anything)
            break
    return document


bodies = (anything | altered()).map(json.dumps).map(str.encode) | st.binary(max_size=60)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(STATUSES), bodies, st.sampled_from(CALLS))
def test_any_answer_ends_in_a_value_or_an_error_of_ours(
    status: int,
    body: bytes,
    call: Any,  # noqa: ANN401 - a verb
) -> None:
    seen = Seen(*(httpx.Response(status, content=body) for _ in range(3)))

    async def ask() -> object:
        try:
            return await call(answering(seen))
        except WfadminError as error:
            return error

    found = asyncio.run(ask())

    assert found is not None
    assert len(seen.requests) == 1
    if isinstance(found, DoctorReport):
        assert json.dumps(doctor_document(found))
    if isinstance(found, Inspection):
        assert json.dumps(inspection_document(found, show_state=True))
    if isinstance(found, WfadminError):
        assert all(line.isprintable() for line in (found.message, found.why, found.fix))
        assert len(str(found)) < 10_000


def test_what_is_not_altered_is_understood() -> None:
    doctor, inspection, plan, repair, bare, *_ = HONEST
    key = type(KEY)("Order", "o-2")

    assert asyncio.run(saying(200, doctor).doctor()).findings
    assert asyncio.run(saying(200, bare).doctor()).warnings
    assert asyncio.run(saying(200, inspection).inspect(key)).runs
    assert asyncio.run(saying(200, plan).plan_recover(KEY)).steps
    assert asyncio.run(saying(200, repair).force_redeploy(URL)).services
    assert asyncio.run(saying(200, repair).cleanup_stale_deployments(URL)).held
    assert asyncio.run(saying(200, repair).recover_stuck_workflow(KEY)).purged


# --- single answers ------------------------------------------------------------------------------


def of_key(**changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(HONEST[1]))
    return document | {"serviceKey": "o-1"} | changes


def entry(value: str, encoding: object) -> dict[str, object]:
    return {"entries": [{"name": "a", "size": 1, "value": value, "encoding": encoding}]}


ODD: list[dict[str, object]] = [
    {"serviceKey": "another"},
    {"recover": {}},
    {"recover": {"allowed": None, "blocked": None}},
    {"recover": {"blocked": {"reason": "active", "invocationIds": [], "blocked": []}}},
    {
        "recover": {
            "allowed": {"toKill": [], "toPurge": [], "toForcePurge": []},
            "blocked": {
                "reason": "active",
                "invocationIds": [],
                "blocked": [{"reason": "active", "invocationIds": []}],
            },
        }
    },
    {"state": entry("/w==!", "base64")},
    {"state": entry("x", "utf-16")},
    {"children": [{"id": "i", "serviceName": "", "serviceKey": "k"}]},
]


@pytest.mark.parametrize("changes", ODD)
def test_an_inspection_that_cannot_be_is_not_taken(changes: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswer):
        asyncio.run(saying(200, of_key(**changes)).inspect(KEY, show_state=True))


def test_an_inspection_of_the_key_is_taken() -> None:
    state = entry(base64.b64encode(b"\xff").decode(), "base64")

    found = asyncio.run(saying(200, of_key(state=state)).inspect(KEY, show_state=True))

    assert found.state is not None
    assert [one.value for one in found.state.entries] == [b"\xff"]


def test_a_child_that_no_key_can_name_says_what_is_wrong() -> None:
    child = {
        "id": "inv_9",
        "serviceName": "Order",
        "serviceKey": "",
        "handlerName": None,
        "status": "running",
        "engineStatus": "running",
        "parentId": None,
    }

    with pytest.raises(UnexpectedAnswer, match="service key is not usable: it is empty"):
        asyncio.run(saying(200, of_key(children=[child])).inspect(KEY))


def test_a_time_that_no_zone_can_hold_is_not_taken() -> None:
    document = json.loads(json.dumps(HEALTHY))
    document["deployments"]["items"][0]["createdAt"] = "0001-01-01T00:00:00+14:00"

    with pytest.raises(UnexpectedAnswer, match="it holds what cannot be"):
        asyncio.run(saying(200, document).doctor())
