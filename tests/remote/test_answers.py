"""The classes of the answers tell what the API tells: no key more, and none less."""

from typing import Any, get_args

import attrs
import httpx
import pytest

from tests.asgi.http import KEY, V1, V2, Full, Scene, client_of
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.model import HandlerKind, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.domain.recovery import BlockReason
from wfadmin.errors import UnexpectedAnswer
from wfadmin.wire import answers
from wfadmin.wire.answers import words
from wfadmin.wire.answers.words import ALWAYS
from wfadmin.wire.replies import Reply

pytestmark = pytest.mark.asyncio
WISH = {"prefer": "return=representation"}


def rich_scene() -> Scene:
    """Place something of everything."""
    scene = Scene()
    scene.failed()
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Bill",))
    parent = scene.world.workflow("Order").key("o-2").paused()
    parent.child(scene.world.workflow("Bill").key("b-1")).running()
    return scene


async def told(scene: Scene, path: str, body: object, *, full: bool) -> httpx.Response:
    async with client_of(scene.app()) as client:
        headers = WISH if full else {}
        return await client.post(path, json=body, headers=headers)


def missing(kind: Any, value: Any, path: str = "$") -> list[str]:  # noqa: ANN401 - of any class
    """Name what is told and has no field, or has a field and is not told."""
    if isinstance(value, list):
        (item, *_) = get_args(kind)
        return [one for inner in value for one in missing(item, inner, path)]
    inner = next((one for one in (kind, *get_args(kind)) if attrs.has(one)), None)
    if inner is None or not isinstance(value, dict):
        return []
    fields = {one.name: one for one in attrs.fields(inner)}
    lacking = [f"{path}.{name} has no field" for name in value if name not in fields]
    lacking += [
        f"{path}.{name} is not told"
        for name, one in fields.items()
        if name not in value and (one.default is attrs.NOTHING or one.metadata == ALWAYS)
    ]
    for name, one in value.items():
        if name in fields:
            kinds = get_args(fields[name].type)
            part = next((k for k in kinds if get_args(k)), fields[name].type)
            lacking += missing(part, one, f"{path}.{name}")
    return lacking


ORDER_2 = {"serviceName": "Order", "serviceKey": "o-2"}
FROM_V1 = {"serviceUrl": V1}
FORCED = {**FROM_V1, "forceDrain": True}
ROUTES = [
    ("doctor", {}, answers.DoctorAnswer),
    ("inspect", KEY, answers.InspectionAnswer),
    ("inspect", ORDER_2, answers.InspectionAnswer),
    ("recover-stuck-workflow/plan", KEY, answers.PlanAnswer),
    ("recover-stuck-workflow", KEY, answers.RecoverAnswer),
    ("force-redeploy", FROM_V1, answers.RedeployAnswer),
    ("cleanup-stale-deployments", FORCED, answers.CleanupAnswer),
    ("cleanup-stale-deployments", FROM_V1, answers.ErrorAnswer),
    ("recover-stuck-workflow", ORDER_2, answers.ErrorAnswer),
]


@pytest.mark.parametrize(("path", "body", "kind"), ROUTES)
@pytest.mark.parametrize("full", [True, False])
async def test_an_answer_is_read_and_none_of_it_is_lost(
    path: str,
    body: object,
    kind: type[Any],
    full: bool,  # noqa: FBT001 - a column
) -> None:
    answer = await told(rich_scene(), path, body, full=full)

    read = Reply(path, answer.status_code, answer.content).read(kind)

    assert isinstance(read, kind)
    assert missing(kind, answer.json()) == []


async def test_what_only_the_whole_tells_is_none_in_the_bare_answer() -> None:
    scene = rich_scene()
    bare = await told(scene, "doctor", {}, full=False)
    whole = await told(scene, "doctor", {}, full=True)

    assert Reply("", 200, bare.content).read(answers.DoctorAnswer).findings is None
    assert Reply("", 200, whole.content).read(answers.DoctorAnswer).findings


async def test_what_a_doctor_could_not_note_is_told() -> None:
    scene = Scene(audit=Full())

    read = Reply("", 200, (await told(scene, "doctor", {}, full=True)).content)

    assert "the disk is full" in (read.read(answers.DoctorAnswer).warnings or ("",))[0]


@pytest.mark.parametrize(
    ("read", "known", "unknown"),
    [
        (words.service_kind, ServiceKind.WORKFLOW, ServiceKind.UNKNOWN),
        (words.handler_kind, HandlerKind.SHARED, HandlerKind.UNKNOWN),
        (words.invocation_status, InvocationStatus.PAUSED, InvocationStatus.UNKNOWN),
        (words.invocation_outcome, InvocationOutcome.KILLED, InvocationOutcome.UNKNOWN),
        (words.block_reason, BlockReason.ACTIVE, BlockReason.UNKNOWN),
    ],
)
async def test_a_word_that_a_newer_host_knows_is_unknown(
    read: Any,  # noqa: ANN401 - a converter
    known: Any,  # noqa: ANN401 - a member
    unknown: Any,  # noqa: ANN401 - a member
) -> None:
    assert (read(known.value), read("newer"), read(None)) == (known, unknown, unknown)


async def test_a_status_that_is_none_does_not_fit() -> None:
    body = b'{"status": "fine", "latencyMs": 1}'

    with pytest.raises(UnexpectedAnswer, match="not a valid ComponentStatus"):
        Reply("", 200, body).read(answers.IngressAnswer)
    assert answers.IngressAnswer("degraded").status is ComponentStatus.DEGRADED  # type: ignore[arg-type]
