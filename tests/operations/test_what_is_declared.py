"""What is declared, not computed: defaults that are the careful ones, and words on record."""

import inspect
from datetime import timedelta

import pytest

from tests.domain.build import run
from tests.operations.repairs import KEY, operator_of, watch
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Service, ServiceKind, Survey
from wfadmin.domain.plan import Verb
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import CleanupResult, Effect
from wfadmin.operations.cleanup import Cleanup
from wfadmin.operations.keys import KeyReader
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.operator import Operator
from wfadmin.operations.redeploy import Redeploy

URL = "http://new:9080"


@pytest.fixture
def world() -> World:
    world = World()
    world.deployment("http://old:9080", serves=("Order",))
    world.deployment(URL, serves=("Order",))
    return world


def test_a_cleanup_forces_nothing_and_waits_for_nothing_unless_told(world: World) -> None:
    cleanup = Cleanup(world.engine, operator_of(world).host, URL)

    assert (cleanup.force_drain, cleanup.wait) == (False, timedelta(0))


@pytest.mark.asyncio
@pytest.mark.parametrize(("force_drain", "word"), [(True, "yes"), (False, "no")])
async def test_the_plan_of_a_cleanup_says_whether_it_forces(
    world: World,
    force_drain: bool,  # noqa: FBT001 - one of the two
    word: str,
) -> None:
    plan = await operator_of(world).plan_cleanup(URL, force_drain=force_drain)

    assert dict(plan.arguments)["force_drain"] == word


@pytest.mark.asyncio
@pytest.mark.parametrize("status", ["scheduled", "pending"])
async def test_what_has_not_begun_called_nobody_and_is_not_asked(status: str) -> None:
    world = World()
    order = world.workflow("Order").key("o-1")
    getattr(order, status)()
    points = watch(world)

    found = await operator_of(world).inspect(KEY)

    assert (found.children, points.count(Point.CHILDREN)) == ((), 0)


def test_what_nobody_counted_is_none() -> None:
    done = CleanupResult((), (), (), effect=Effect.CONFIRMED)

    assert (done.orphaned_count, Survey().failed, Survey().unfinished_total) == (0, 0, 0)


@pytest.mark.parametrize(("attempts", "is_backing_off"), [(0, False), (1, True)])
def test_one_failed_attempt_is_a_loop_of_failing_attempts(
    attempts: int,
    is_backing_off: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert run(failed_attempts=attempts).is_backing_off is is_backing_off


def test_a_service_of_which_nobody_tells_the_revision_has_none() -> None:
    assert Service("Order", ServiceKind.WORKFLOW).revision == 0


def test_whoever_reads_a_key_is_hindered_by_nothing_that_nobody_told(world: World) -> None:
    assert not KeyReader(world.engine, operator_of(world).host, KEY).is_hindered


@pytest.mark.parametrize("operator", [Operator, LocalOperator])
def test_no_verb_waits_unless_it_is_told_to(operator: type[Operator]) -> None:
    given = {
        name: parameter.default
        for verb in (operator.force_redeploy, operator.cleanup_stale_deployments)
        for name, parameter in inspect.signature(verb).parameters.items()
        if name in ("register_timeout", "wait")
    }

    assert given == {"register_timeout": timedelta(0), "wait": timedelta(0)}


@pytest.mark.asyncio
@pytest.mark.parametrize(("told", "word"), [(True, "yes"), (False, "no")])
async def test_the_plan_of_a_recovery_says_what_its_policy_includes(
    told: bool,  # noqa: FBT001 - one of the two
    word: str,
) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    policy = RecoveryPolicy(with_children=told, force_purge=told)

    given = dict((await operator_of(world).plan_recover(KEY, policy=policy)).arguments)

    assert (given["with_children"], given["force_purge"]) == (word, word)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fence", "told"),
    [
        (Fence.ATOMIC, "A shared call that starts in the moment of a purge may be stranded."),
        (Fence.CHECKED, "Ids recur"),
        (Fence.NONE, "This engine offers nothing to tell two runs of one id apart"),
    ],
)
async def test_a_plan_tells_the_window_that_the_fence_leaves(fence: Fence, told: str) -> None:
    world = World(fence=fence)
    world.workflow("Order").key("o-1").failed()

    plan = await operator_of(world).plan_recover(KEY)

    assert plan.warnings[0].startswith(told)


@pytest.mark.asyncio
@pytest.mark.parametrize(("force", "word"), [(True, "yes"), (False, "no")])
async def test_the_plan_of_a_redeploy_says_whether_it_forces(
    world: World,
    force: bool,  # noqa: FBT001 - one of the two
    word: str,
) -> None:
    plan = await operator_of(world).plan_redeploy(URL, force=force)

    assert dict(plan.arguments)["force"] == word


def test_a_redeploy_forces_unless_told_and_shows_no_url(world: World) -> None:
    redeploy = Redeploy(world.engine, operator_of(world).host, "http://ada:hunter2@new:9080")

    assert (redeploy.force, redeploy.register_timeout) == (True, timedelta(0))
    assert "hunter2" not in repr(redeploy)


@pytest.mark.asyncio
async def test_only_a_resume_names_a_deployment() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()
    world.workflow("Order").key("o-2").paused()
    operator = operator_of(world)

    pause = await operator.plan_steering(Verb.PAUSE, KEY)
    resume = await operator.plan_steering(Verb.RESUME, WorkflowKey("Order", "o-2"))

    assert [name for name, _ in pause.arguments] == ["service_name", "service_key"]
    assert dict(resume.arguments)["deployment"] == "keep"
