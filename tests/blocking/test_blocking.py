"""The facade for code without an event loop."""

import signal
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import attrs
import pytest

import wfadmin
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Verb
from wfadmin.errors import EngineUnreachable, UsageError


def noting(name: str) -> Callable[..., Awaitable[object]]:
    """Make a verb that notes its arguments, and answers with its name."""

    async def verb(self: "Recorder", *arguments: object, **named: object) -> object:
        self.calls.append((name, arguments, named))
        return name

    return verb


@attrs.define(slots=False)
class Recorder(wfadmin.Operator):
    """An operator that remembers what it was asked, and answers as it is told."""

    calls: list[object] = attrs.field(factory=list)
    doctor_does: Callable[[], object] = attrs.field(default=lambda: None)
    started: threading.Event = attrs.field(factory=threading.Event)

    async def doctor(self) -> DoctorReport:
        self.calls.append(("doctor", threading.current_thread() is threading.main_thread()))
        return self.doctor_does()  # type: ignore[return-value]

    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        self.calls.append(("inspect", key, show_state))
        self.started.set()
        try:
            await anyio.sleep_forever()
        except BaseException as error:
            self.calls.append(("ended by", type(error).__name__))
            raise
        raise AssertionError

    plan_redeploy = noting("plan_redeploy")  # type: ignore[assignment]
    force_redeploy = noting("force_redeploy")  # type: ignore[assignment]
    plan_cleanup = noting("plan_cleanup")  # type: ignore[assignment]
    cleanup_stale_deployments = noting("cleanup_stale_deployments")  # type: ignore[assignment]
    plan_recover = noting("plan_recover")  # type: ignore[assignment]
    recover_stuck_workflow = noting("recover_stuck_workflow")  # type: ignore[assignment]
    plan_steering = noting("plan_steering")  # type: ignore[assignment]
    resume = noting("resume")  # type: ignore[assignment]
    pause = noting("pause")  # type: ignore[assignment]
    cancel = noting("cancel")  # type: ignore[assignment]
    plan_again = noting("plan_again")  # type: ignore[assignment]
    apply = noting("apply")  # type: ignore[assignment]

    async def aclose(self) -> None:
        self.calls.append("aclose")


KEY = WorkflowKey("Order", "o-1")


def test_a_call_runs_in_another_thread_and_gives_its_answer_here() -> None:
    operator = Recorder(doctor_does=lambda: "report")

    with wfadmin.BlockingOperator(operator) as blocking:
        assert blocking.doctor() == "report"

    assert operator.calls == [("doctor", False), "aclose"]


def test_an_error_of_the_operator_is_raised_here() -> None:
    def fail() -> None:
        raise EngineUnreachable("http://engine", "refused")

    blocking = wfadmin.BlockingOperator(Recorder(doctor_does=fail))

    with pytest.raises(EngineUnreachable), blocking:
        blocking.doctor()


URL = "http://orders:9080"
FORCED = {"force": False, "register_timeout": timedelta(seconds=9)}
WAITING = {"force_drain": True, "also_keep": (URL,), "wait": timedelta(seconds=9)}
POLICY = {"policy": wfadmin.RecoveryPolicy(with_children=True)}
MOVED = {"invocation_id": "inv_1", "deployment": "latest"}


@pytest.mark.parametrize(
    ("verb", "arguments", "named"),
    [
        ("plan_redeploy", (URL,), FORCED),
        ("force_redeploy", (URL,), FORCED),
        ("plan_cleanup", (URL,), WAITING),
        ("cleanup_stale_deployments", (URL,), WAITING),
        ("plan_recover", (KEY,), POLICY),
        ("recover_stuck_workflow", (KEY,), POLICY),
        ("plan_steering", (Verb.RESUME, KEY), MOVED),
        ("resume", (KEY,), MOVED),
        ("pause", (KEY,), {"invocation_id": "inv_1"}),
        ("cancel", (KEY,), {"invocation_id": "inv_1"}),
        ("plan_again", ("plan",), {}),
        ("apply", ("plan",), {}),
    ],
)
def test_every_verb_reaches_the_operator_with_its_arguments(
    verb: str, arguments: tuple[object, ...], named: dict[str, object]
) -> None:
    operator = Recorder()

    with wfadmin.BlockingOperator(operator) as blocking:
        assert getattr(blocking, verb)(*arguments, **named) == verb

    assert operator.calls == [(verb, arguments, named), "aclose"]


def test_making_one_starts_no_thread() -> None:
    before = threading.active_count()

    wfadmin.BlockingOperator(Recorder())

    assert threading.active_count() == before


def test_closing_ends_the_thread_and_closing_again_does_nothing() -> None:
    before = threading.active_count()
    operator = Recorder()
    blocking = wfadmin.BlockingOperator(operator)
    blocking.doctor()

    blocking.close()
    blocking.close()

    assert threading.active_count() == before
    assert operator.calls == [("doctor", False), "aclose"]


def test_closing_one_that_was_never_used_closes_its_operator() -> None:
    operator = Recorder()

    wfadmin.BlockingOperator(operator).close()

    assert operator.calls == ["aclose"]


def test_a_closed_one_refuses_calls() -> None:
    blocking = wfadmin.BlockingOperator(Recorder())
    blocking.close()

    with pytest.raises(UsageError, match="operator is not usable: it is closed"):
        blocking.doctor()


def test_an_interrupt_cancels_the_call_in_its_thread() -> None:
    operator = Recorder()

    def interrupt() -> None:
        assert operator.started.wait(10)
        time.sleep(0.05)  # until the main thread waits for the answer
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt), wfadmin.BlockingOperator(operator) as blocking:
        blocking.inspect(KEY, show_state=True)
    helper.join()

    expected = [("inspect", KEY, True), ("ended by", "CancelledError"), "aclose"]
    assert operator.calls == expected
