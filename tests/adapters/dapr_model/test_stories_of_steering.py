"""
Pause and resume where they land, and what there is not: over HTTP to the model, and in memory.

What the memory engine does not tell (an obstacle before a write, and what to do instead of what it
does not have) is asked of the adapter alone.
"""

from collections.abc import Callable

import pytest

import wfadmin
from tests.adapters.dapr_model.conditions import Placement, Scheduler
from tests.adapters.dapr_model.places import KEY, OverHttp, Place, Put, Trouble, words
from wfadmin.adapters.memory import Key
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    CommandNotAllowed,
    EndNotKnown,
    EngineRejected,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    Sent,
)
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

STUCK = RecoveryPolicy((Paused(),), with_children=True)
V1 = "http://127.0.0.1:9080"


# --- pause and resume ----------------------------------------------------------------------------


async def test_a_running_run_is_paused_once_and_resumed_once(place: Place) -> None:
    place.key().running()

    async with place.operator() as operator:
        paused = await operator.pause(KEY)
        again = await operator.pause(KEY)
        resumed = await operator.resume(KEY)
        needless = await operator.resume(KEY)

    assert [one.effect for one in (paused, again, resumed, needless)] == [
        Effect.CONFIRMED,
        Effect.NO_CHANGE,
        Effect.CONFIRMED,
        Effect.NO_CHANGE,
    ]
    assert (place.writes, words(place)) == (["pause", "resume"], ["RUNNING"])


@pytest.mark.parametrize(
    ("put", "verb"),
    [
        (Key.pending, "pause"),
        (Key.scheduled, "pause"),
        (Key.stalled, "pause"),
        (Key.stalled, "resume"),
        (Key.succeeded, "pause"),
        (Key.failed, "resume"),
    ],
)
async def test_nothing_is_paused_or_resumed_where_it_does_not_land(
    place: Place,
    put: Put,
    verb: str,
) -> None:
    put(place.key())

    async with place.operator() as operator:
        with pytest.raises(CommandNotAllowed) as caught:
            await getattr(operator, verb)(KEY)

    assert (caught.value.sent, place.writes) == (Sent.NO, [])


async def test_a_resume_of_what_waits_to_start_would_start_it_and_is_not_sent(place: Place) -> None:
    place.key().scheduled()

    async with place.operator() as operator:
        result = await operator.resume(KEY)

    assert (result.effect, place.writes) == (Effect.NO_CHANGE, [])
    assert words(place) == ["PENDING"]


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_a_lost_answer_to_a_pause_or_a_resume_is_settled_by_reading(
    place: Place,
    verb: str,
) -> None:
    run = place.key().running() if verb == "pause" else place.key().paused()
    place.lose_answer(verb)

    async with place.operator() as operator:
        result = await getattr(operator, verb)(KEY)

    assert result.effect is Effect.CONFIRMED
    assert place.writes == [verb]
    assert run.now is not None
    stands = InvocationStatus.PAUSED if verb == "pause" else InvocationStatus.RUNNING
    assert run.now.status is stands


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_after_a_lost_request_neither_is_sent_again_while_it_may_still_land(
    place: Place,
    verb: str,
) -> None:
    put = Key.running if verb == "pause" else Key.paused
    put(place.key())
    before = words(place)
    place.lose_request(verb)

    async with place.operator() as operator:
        with pytest.raises(OutcomeUnknown):
            await getattr(operator, verb)(KEY)
        with pytest.raises(EndNotKnown) as caught:
            await getattr(operator, verb)(KEY)

    assert caught.value.sent is Sent.NO
    assert (place.writes, words(place)) == ([verb], before)


# --- what there is not ---------------------------------------------------------------------------

ABSENT = {
    "redeploy": lambda operator: operator.force_redeploy(V1),
    "cleanup": lambda operator: operator.cleanup_stale_deployments(V1),
}


@pytest.mark.parametrize("name", ABSENT)
async def test_what_needs_deployments_is_not_supported_and_asks_nothing(
    place: Place,
    name: str,
) -> None:
    async with place.operator() as operator:
        with pytest.raises(NotSupported) as caught:
            await ABSENT[name](operator)

    assert caught.value.sent is Sent.NO
    assert "Restart or roll the workers of the app" in caught.value.fix
    assert place.asked == []


async def test_a_cancel_is_not_supported_and_not_sent(place: Place) -> None:
    place.key().running()

    async with place.operator() as operator:
        with pytest.raises(NotSupported, match="no command cancel") as caught:
            await operator.cancel(KEY)

    assert caught.value.fix.startswith("Kill it")
    assert (place.writes, words(place)) == ([], ["RUNNING"])


# --- what keeps a sidecar from any write ---------------------------------------------------------

VERBS: dict[str, tuple[Put, Callable[[wfadmin.LocalOperator], object]]] = {
    "recover": (Key.failed, lambda operator: operator.recover_stuck_workflow(KEY)),
    "plan recover": (Key.failed, lambda operator: operator.plan_recover(KEY)),
    "pause": (Key.running, lambda operator: operator.pause(KEY)),
    "resume": (Key.paused, lambda operator: operator.resume(KEY)),
    "cancel": (Key.running, lambda operator: operator.cancel(KEY)),
}
OBSTACLES: dict[str, tuple[dict[str, object], str]] = {
    "no placement": ({"placement": Placement.NONE}, "No placement service is configured. Start"),
    "placement lost": ({"placement": Placement.LOST}, "The sidecar is not connected to the place"),
    "placement down": ({"placement": Placement.DOWN}, "The sidecar is not connected to the place"),
    "no scheduler": ({"scheduler": Scheduler.NONE}, "No scheduler is configured. Start the sidec"),
    "no app": ({"app_port": 3999}, "The sidecar waits for its app, and reads hang too. Start the"),
    "no worker": ({}, "No worker of the app is connected. Start the app, or see why"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize("verb", VERBS)
async def test_an_obstacle_is_told_before_anything_is_sent(verb: str, obstacle: str) -> None:
    place = OverHttp()
    put, call = VERBS[verb]
    put(place.key())
    switches, said = OBSTACLES[obstacle]
    for name, value in switches.items():
        setattr(place.sidecar, name, value)
    if not switches:
        place.befall(Trouble.LOSES_WORKER)
    before = words(place)

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(NotReady) as caught:
            await call(operator)  # type: ignore[misc]

    assert caught.value.obstacle.startswith(said)
    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.NO, 4)
    assert (place.writes, words(place)) == ([], before)
    assert place.asked == ["GET /v1.0/metadata"]


@pytest.mark.parametrize("verb", VERBS)
async def test_without_a_store_for_actors_the_first_read_says_what_helps(verb: str) -> None:
    place = OverHttp()
    put, call = VERBS[verb]
    put(place.key())
    place.sidecar.has_store = False

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(EngineRejected, match="no state store is configured") as caught:
            await call(operator)  # type: ignore[misc]

    assert "actorStateStore" in caught.value.fix
    assert (caught.value.sent, place.writes) == (Sent.NO, [])
