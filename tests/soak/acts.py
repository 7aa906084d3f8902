"""What operators do, drawn: every verb, with policies and arguments of all kinds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random

import attrs

import wfadmin
from tests.soak.others import Event, draw_ambush
from tests.soak.scene import DAPR, NOWHERE, V1, V2, V3, Scene
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.policy import (
    BackingOff,
    Paused,
    Pending,
    RecoveryPolicy,
    Running,
    Stalled,
    StuckRule,
    Suspended,
    written,
)

_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)
_RULES: tuple[StuckRule, ...] = (
    Paused(),
    BackingOff(1),
    BackingOff(5),
    Suspended(_HOUR),
    Running(_HOUR),
    Pending(),
    Stalled(),
)
_URLS = (V1, V2, V2, V3, NOWHERE)
_RARELY, _SOMETIMES, _HALF = 0.06, 0.2, 0.5

Doing = Callable[[wfadmin.Operator], Awaitable[object]]


@attrs.frozen
class Act:
    """
    One call of a verb.

    Attributes:
        said: What is done, with its arguments.
        key: None for what is not about one key.
        pause: How long the operator waits before.
        patience: After how long the call is cancelled; None for never.
        approved: The plans that it made to apply them.
    """

    verb: str
    said: str
    do: Doing = attrs.field(repr=False, eq=False)
    key: WorkflowKey | None = None
    policy: RecoveryPolicy = attrs.field(factory=RecoveryPolicy)
    forces: bool = False
    pause: timedelta = timedelta(0)
    patience: timedelta | None = None
    approved: list[Plan] = attrs.field(factory=list[Plan], repr=False, eq=False)


def draw_act(draw: Random, scene: Scene) -> Act:
    """Draw one call of a verb."""
    act = draw.choice(_DRAWERS)(draw, scene)
    pause = timedelta(milliseconds=draw.choice((0, 0, 50, 300, 2000)))
    patience = None
    if draw.random() < _RARELY:
        patience = timedelta(milliseconds=draw.randint(1, 4000))
    return attrs.evolve(act, pause=pause, patience=patience)


def draw_policy(draw: Random, scene: Scene) -> RecoveryPolicy:
    """Draw which unfinished runs are stuck, and what may go with them."""
    rules = tuple(draw.sample(_RULES, draw.choice((0, 1, len(_RULES), len(_RULES)))))
    force = draw.random() < (_HALF if scene.like == DAPR else _RARELY)
    return RecoveryPolicy(rules, with_children=draw.random() < _HALF, force_purge=force)


def _words(policy: RecoveryPolicy) -> str:
    words = [written(one) for one in policy.stuck]
    words += ["with children"] * policy.with_children + ["by force"] * policy.force_purge
    return ", ".join(words)


def _then(
    draw: Random,
    scene: Scene,
    act: Act,
    plan: Callable[[wfadmin.Operator], Awaitable[Plan]],
) -> Act:
    """Now and then plan it, think about it, and apply what was planned, in place of doing it."""
    if draw.random() >= _SOMETIMES:
        return act
    thinks, approved = draw.choice((0, 0.1, 1, 1, 60, 1000)), act.approved
    meanwhile: list[Event] = []
    if act.key is not None and draw.random() < _HALF:
        meanwhile = draw_ambush(draw, scene, act.key, None)

    async def do(operator: wfadmin.Operator) -> object:
        approved.append(await plan(operator))
        await asyncio.sleep(thinks)
        for event in meanwhile:
            event.do()
        return await operator.apply(approved[-1])

    return attrs.evolve(act, said=f"plan and apply {act.said}", do=do)


def _doctor(_: Random, __: Scene) -> Act:
    return Act("doctor", "doctor", lambda operator: operator.doctor())


def _inspect(draw: Random, scene: Scene) -> Act:
    key, show = draw.choice(scene.keys), draw.random() < _HALF
    return Act("inspect", "inspect", lambda operator: operator.inspect(key, show_state=show), key)


def _recover(draw: Random, scene: Scene) -> Act:
    key, policy = draw.choice(scene.keys), draw_policy(draw, scene)

    def do(operator: wfadmin.Operator) -> Awaitable[object]:
        return operator.recover_stuck_workflow(key, policy=policy)

    act = Act("recover", f"recover {key.service_key} ({_words(policy)})", do, key, policy)
    return _then(draw, scene, act, lambda operator: operator.plan_recover(key, policy=policy))


def _steer(draw: Random, scene: Scene) -> Act:
    key = draw.choice(scene.keys)
    verb = draw.choice((Verb.PAUSE, Verb.RESUME, Verb.RESUME, Verb.CANCEL))
    where = draw.choice(("keep", "keep", "latest", "dp_1")) if verb is Verb.RESUME else "keep"

    def do(operator: wfadmin.Operator) -> Awaitable[object]:
        if verb is Verb.RESUME:
            return operator.resume(key, deployment=where)
        return operator.pause(key) if verb is Verb.PAUSE else operator.cancel(key)

    act = Act(verb.value, f"{verb.value} {key.service_key} ({where})", do, key)
    return _then(draw, scene, act, lambda it: it.plan_steering(verb, key, deployment=where))


def _cleanup(draw: Random, scene: Scene) -> Act:
    url, force = draw.choice(_URLS), draw.random() < _SOMETIMES
    wait = timedelta(seconds=draw.choice((0, 0, 3)))

    def do(operator: wfadmin.Operator) -> Awaitable[object]:
        return operator.cleanup_stale_deployments(url, force_drain=force, wait=wait)

    act = Act("cleanup", f"cleanup {url}{' by force' * force} ({wait})", do, forces=force)
    return _then(draw, scene, act, lambda it: it.plan_cleanup(url, force_drain=force, wait=wait))


def _redeploy(draw: Random, scene: Scene) -> Act:
    url, force = draw.choice(_URLS), draw.random() < _HALF

    def do(operator: wfadmin.Operator) -> Awaitable[object]:
        return operator.force_redeploy(url, force=force)

    act = Act("redeploy", f"redeploy {url}{' by force' * force}", do, forces=force)
    return _then(draw, scene, act, lambda operator: operator.plan_redeploy(url, force=force))


#: Recovery, which destroys, comes most often.
_DRAWERS = (_doctor, _inspect, *[_recover] * 4, _steer, _steer, _cleanup, _redeploy)
