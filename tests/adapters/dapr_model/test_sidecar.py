"""What the model does beside what was recorded: other versions, its end, and its own time."""

import json
from datetime import timedelta

import attrs
import httpx
import pytest

import wfadmin
from tests.adapters.dapr_model.conditions import Asked, Placement
from tests.adapters.dapr_model.driver import DaprModelDriver
from tests.adapters.dapr_model.messages import Reply
from tests.adapters.dapr_model.sidecar import Sidecar
from tests.adapters.dapr_model.stage import Stage
from tests.adapters.dapr_model.transport import SidecarTransport
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.memory import World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Kill, Pause, Purge, Resume
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import Effect
from wfadmin.errors import EngineRejected, EngineUnreachable, OutcomeUnknown

URL = "http://127.0.0.1:3500"
KEY = WorkflowKey("Order", "o-1")
REF = InvocationRef(KEY, "o-1", None)
GET = "/v1.0/workflows/dapr/o-1"


def get(sidecar: Sidecar, path: str = GET) -> Reply:
    reply = sidecar.answer(Asked("GET", path))
    assert reply is not None
    return reply


def an_order(sidecar: Sidecar) -> str:
    sidecar.world.workflow("Order").key("o-1").running()
    return "o-1"


def engine_over(sidecar: Sidecar) -> DaprEngine:
    engine = connect(DaprModelDriver(sidecar).settings)
    assert isinstance(engine, DaprEngine)
    return engine


# --- versions and switches -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "prefix", "status"),
    [
        ("1.14.4", "v1.0", 404),
        ("1.14.4", "v1.0-beta1", 200),
        ("1.14.4", "v1.0-alpha1", 200),
        ("1.15.0", "v1.0", 200),
        ("1.18.3", "v1.0-beta1", 200),
    ],
)
def test_an_old_sidecar_has_no_stable_routes(version: str, prefix: str, status: int) -> None:
    sidecar = Sidecar(version=version)
    an_order(sidecar)

    assert get(sidecar, f"/{prefix}/workflows/dapr/o-1").status == status


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("1.15.0", set()),
        ("1.16.0", {"workflows"}),
        ("1.18.3", {"workflows", "scheduler"}),
    ],
)
def test_an_old_sidecar_says_less_of_itself(version: str, named: set[str]) -> None:
    told = json.loads(get(Sidecar(version=version), "/v1.0/metadata").body)

    assert told.keys() & {"workflows", "scheduler"} == named


def test_a_sidecar_that_shuts_down_says_so_to_everything() -> None:
    sidecar = Sidecar()
    an_order(sidecar)
    sidecar.answer(Asked("POST", "/v1.0/shutdown"))

    reply = get(sidecar)

    assert reply.status == 503
    assert "ERR_ACTOR_RUNTIME_CLOSED" in reply.body


def test_a_purge_reads_first_and_hangs_only_where_it_would_act() -> None:
    sidecar = Sidecar(placement=Placement.LOST)
    sidecar.world.workflow("Order").key("o-1").succeeded()

    assert sidecar.answer(Asked("POST", f"{GET}/purge")) is None
    assert get(sidecar).status == 200


def test_an_event_of_a_run_that_ended_does_not_reach_the_next_one() -> None:
    stage = Stage("o-1").suspended().post("raiseEvent/go", "1").settle()

    stage.post("terminate").settle().start("wait", "2")

    assert "RUNNING" in get(stage.sidecar).body


def test_an_event_for_a_poisoned_run_is_never_answered() -> None:
    stage = Stage("o-1").suspended().post("pause").settle().post("resume").settle()

    assert stage.ask("POST", f"{GET}/raiseEvent/go", "1") is None
    assert "SUSPENDED" in get(stage.sidecar).body


# --- its time ------------------------------------------------------------------------------------


def test_a_request_takes_time_so_what_was_accepted_shows_after_a_few() -> None:
    sidecar = Sidecar()
    an_order(sidecar)
    sidecar.answer(Asked("POST", f"{GET}/pause"))

    words = ["SUSPENDED" in get(sidecar).body for _ in range(3)]

    assert words == [False, True, True]


@pytest.mark.asyncio
async def test_whoever_waits_long_enough_hears_the_late_answer() -> None:
    sidecar = Sidecar()
    an_order(sidecar)
    sidecar.worker.leave()
    before = sidecar.world.clock.now()
    async with httpx.AsyncClient(transport=SidecarTransport(sidecar)) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{URL}{GET}/pause", timeout=4)
        heard = await client.post(f"{URL}{GET}/pause", timeout=8)

    assert heard.status_code == 500
    assert sidecar.waited == [timedelta(seconds=5)]
    assert sidecar.world.clock.now() - before == timedelta(seconds=10, milliseconds=20)


# --- the adapter over it -------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_engine_in_memory_declares_what_the_adapter_declares_but_starts_and_events() -> (
    None
):
    over_http = await engine_over(Sidecar()).facts()
    in_memory = await World(like="dapr").engine.facts()

    # A world is filled by its own words: nobody starts runs or tells events through its port.
    own = {CommandName.START, CommandName.RAISE_EVENT}
    can = over_http.capabilities
    assert own <= can.commands
    declared = attrs.evolve(can, commands=can.commands - own)
    assert attrs.evolve(over_http, capabilities=declared) == in_memory


@pytest.mark.asyncio
@pytest.mark.parametrize("command", [Pause, Resume, Kill])
async def test_without_a_worker_the_adapter_hears_why(
    command: type[Pause] | type[Resume] | type[Kill],
) -> None:
    sidecar = Sidecar()
    an_order(sidecar)
    sidecar.worker.leave()

    with pytest.raises(EngineRejected, match="no worker of the app is connected") as caught:
        await engine_over(sidecar).control.perform(command(REF))

    assert caught.value.fix.startswith("Start the app")
    assert sidecar.waited == [timedelta(seconds=5)]


@pytest.mark.asyncio
async def test_the_adapter_does_not_know_what_became_of_a_command_on_a_poisoned_run() -> None:
    sidecar = Sidecar()
    an_order(sidecar)
    control = engine_over(sidecar).control
    for command in (Pause(REF), Pause(REF), Resume(REF)):
        assert await control.perform(command) is Answer.ACCEPTED
        sidecar.settle()

    with pytest.raises(OutcomeUnknown):
        await control.perform(Kill(REF))

    assert await control.perform(Purge(REF)) is Answer.WRONG_STATUS
    assert "SUSPENDED" in get(sidecar).body


@pytest.mark.asyncio
async def test_reads_go_on_where_writes_hang_but_not_while_it_waits_for_its_app() -> None:
    sidecar = Sidecar(placement=Placement.LOST)
    an_order(sidecar)
    invocations = engine_over(sidecar).invocations

    assert len(await invocations.for_key(KEY)) == 1
    sidecar.app_port = 3999
    with pytest.raises(EngineUnreachable):
        await invocations.for_key(KEY)


@pytest.mark.asyncio
async def test_a_failed_instance_recovers_over_http() -> None:
    sidecar = Sidecar()
    sidecar.world.workflow("Order").key("o-1").failed("ValueError: boom")
    engine = engine_over(sidecar)
    policy = RecoveryPolicy(with_children=True)
    async with wfadmin.connect(engine, clock=sidecar.world.clock, policy=policy) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.effect, result.killed, result.purged) == (Effect.CONFIRMED, (), ("o-1",))
    assert sidecar.world.store.runs == ()
    assert [one.path for one in sidecar.asked if one.method == "POST"] == [f"{GET}/purge"]
