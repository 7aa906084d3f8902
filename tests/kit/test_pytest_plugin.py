"""The fixtures serve in every kind of test, and cost nothing where nobody asks for them."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path

import anyio
import pytest

import wfadmin
from tests.adapters.memory.driving import awaited
from wfadmin import pytest_plugin
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import MemoryEngine, World
from wfadmin.domain.results import Effect
from wfadmin.operations.local import LocalOperator
from wfadmin.ports import AuditRecord
from wfadmin.testing import assert_audited, untouched

KEY = wfadmin.WorkflowKey("Order", "o-1")
PATIENCE = 50
SOURCE = str(Path(wfadmin.__file__).parents[1])
PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing.md"
SETTINGS = """
[pytest]
addopts = -ra --strict-markers --strict-config -p no:cacheprovider
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""

Pytest = Callable[..., str]


@pytest.fixture
def run_pytest(tmp_path: Path) -> Pytest:
    """Run pytest on a file of its own, in a process of its own, and give what it says."""

    def run(source: str, *options: str, program: tuple[str, ...] = ("-m", "pytest")) -> str:
        (tmp_path / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
        (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
        others = ("PYTEST_", "COV", "WFADMIN_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return subprocess.run(
            [sys.executable, *program, *options, "test_it.py"],
            env={**kept, "PYTHONPATH": SOURCE},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        ).stdout

    return run


def results(said: str) -> dict[str, list[str]]:
    """How which tests ended, as the summary of `-rA` says it."""
    found: dict[str, list[str]] = {}
    for outcome, name in re.findall(
        r"^(PASSED|FAILED|ERROR) test_it\.py::(\S+)", said, re.MULTILINE
    ):
        found.setdefault(outcome.lower(), []).append(name)
    return found


# --- here ----------------------------------------------------------------------------------------


def test_a_world_is_new_and_its_engine_is_of_it(
    wfadmin_world: World, wfadmin_engine: MemoryEngine, wfadmin_audit: MemoryAuditLog
) -> None:
    assert wfadmin_world.store.runs == ()
    assert wfadmin_world.store.profile.name == "restate"
    assert wfadmin_engine is wfadmin_world.engine
    assert wfadmin_audit.records == ()


async def recovered(world: World, operator: LocalOperator) -> Effect:
    """Let a key fail, and recover it."""
    world.workflow("Order").key("o-1").failed("card was refused")
    return (await operator.recover_stuck_workflow(KEY)).effect


@pytest.mark.asyncio
async def test_the_operator_acts_on_the_world_and_on_record(
    wfadmin_world: World, wfadmin_operator: LocalOperator, wfadmin_audit: MemoryAuditLog
) -> None:
    wfadmin_world.advance(timedelta(days=400))

    assert await recovered(wfadmin_world, wfadmin_operator) is Effect.CONFIRMED

    assert wfadmin_world.store.runs == ()
    assert_audited(wfadmin_audit, ("recover", "confirmed"))
    assert {record.at for record in wfadmin_audit.records} == {wfadmin_world.clock.now()}


def test_one_operator_serves_on_one_event_loop_after_the_other(
    wfadmin_world: World, wfadmin_operator: LocalOperator
) -> None:
    with untouched(wfadmin_world):
        for backend in ("asyncio", "trio", "asyncio"):
            report = anyio.run(wfadmin_operator.doctor, backend=backend)
            assert report.verdict is wfadmin.Verdict.OK


def test_the_log_goes_by_the_time_of_the_world(
    wfadmin_world: World, wfadmin_audit: MemoryAuditLog
) -> None:
    at = wfadmin_world.clock.now()

    async def open_intents() -> list[str]:
        return [one.id for one in await wfadmin_audit.open_intents("memory")]

    intent = AuditRecord("op_1", at, "ada", "memory", "kill")
    anyio.run(wfadmin_audit.intent, intent)
    assert anyio.run(open_intents) == []
    wfadmin_world.advance(timedelta(hours=1))
    assert anyio.run(open_intents) == ["op_1"]


@pytest.mark.wfadmin(like="dapr", listing_limit=3)
class TestWithAMarker:
    def test_the_world_is_made_as_it_says(self, wfadmin_world: World) -> None:
        store = wfadmin_world.store
        assert (store.profile.name, store.listing_limit) == ("dapr", 3)

    @pytest.mark.wfadmin(listing_limit=7)
    def test_the_closest_one_counts_alone(self, wfadmin_world: World) -> None:
        store = wfadmin_world.store
        assert (store.profile.name, store.listing_limit) == ("restate", 7)


def test_pytest_finds_the_plugin_by_its_entry_point(request: pytest.FixtureRequest) -> None:
    (point,) = entry_points(group="pytest11", name="wfadmin")
    assert point.value == "wfadmin.pytest_plugin"
    assert request.config.pluginmanager.get_plugin("wfadmin") is pytest_plugin


def test_the_marker_says_what_it_takes(request: pytest.FixtureRequest) -> None:
    (line,) = [one for one in request.config.getini("markers") if one.startswith("wfadmin")]
    assert (
        line == "wfadmin(**settings): how the World of wfadmin_world is made, such as like='dapr'"
    )


def test_what_waits_while_it_is_closed_is_ended_and_refused() -> None:
    ended: list[str] = []

    class Waiting:
        def __await__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204 - a generator by hand
            try:
                yield "a timer"
            finally:
                ended.append("closed")

    call = awaited(Waiting())
    with pytest.raises(RuntimeError, match="connect to such an engine in the test"):
        pytest_plugin._run_to_its_end(call)

    assert ended == ["closed"]


# --- in a process of its own ---------------------------------------------------------------------

EVERY_KIND = """
import anyio
import pytest

import wfadmin
from wfadmin.adapters.memory import MemoryEngine
from wfadmin.testing import assert_audited

KEY = wfadmin.WorkflowKey("Order", "o-1")
closed = []


class Watched(MemoryEngine):
    async def aclose(self):
        closed.append(self.store)


@pytest.fixture
def wfadmin_engine(wfadmin_world):
    return Watched(wfadmin_world.store)


@pytest.fixture
def failed(wfadmin_world):
    wfadmin_world.workflow("Order").key("o-1").failed("card was refused")
    closed.clear()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.mark.usefixtures("failed")
def test_without_a_loop(wfadmin_operator, wfadmin_audit):
    anyio.run(wfadmin_operator.recover_stuck_workflow, KEY)
    assert_audited(wfadmin_audit, ("recover", "confirmed"))
    assert closed == []


@pytest.mark.usefixtures("failed")
def test_blocking(wfadmin_operator, wfadmin_audit):
    with wfadmin.BlockingOperator(wfadmin_operator) as operator:
        operator.recover_stuck_workflow(KEY)
    assert_audited(wfadmin_audit, ("recover", "confirmed"))


@pytest.mark.asyncio
@pytest.mark.usefixtures("failed")
async def test_asyncio(wfadmin_operator, wfadmin_audit):
    await wfadmin_operator.recover_stuck_workflow(KEY)
    assert_audited(wfadmin_audit, ("recover", "confirmed"))
    assert closed == []


@pytest.mark.anyio
@pytest.mark.usefixtures("failed")
async def test_anyio(wfadmin_operator, wfadmin_audit):
    await wfadmin_operator.recover_stuck_workflow(KEY)
    assert_audited(wfadmin_audit, ("recover", "confirmed"))
    assert closed == []


def test_the_one_before_is_closed(wfadmin_world):
    (store,) = closed
    assert store is not wfadmin_world.store
"""


def test_every_kind_of_test_is_served(run_pytest: Pytest) -> None:
    assert results(run_pytest(EVERY_KIND, "-rA")) == {
        "passed": [
            "test_without_a_loop",
            "test_blocking",
            "test_asyncio",
            "test_anyio[asyncio]",
            "test_anyio[trio]",
            "test_the_one_before_is_closed",
        ]
    }


WRONG = """
import anyio
import pytest

from wfadmin.adapters.memory import MemoryEngine


@pytest.mark.wfadmin(likes="dapr")
def test_misspelt(wfadmin_world):
    pass


@pytest.mark.wfadmin(like="nothing")
def test_unknown(wfadmin_world):
    pass


@pytest.mark.wfadmin("dapr")
def test_nameless(wfadmin_world):
    pass


class TestRemote:
    @pytest.fixture
    def wfadmin_engine(self, wfadmin_world):
        class Remote(MemoryEngine):
            async def aclose(self):
                raise OSError("the line is dead")

        return Remote(wfadmin_world.store)

    def test_closing(self, wfadmin_operator):
        pass
"""


def test_what_is_wrong_is_said(run_pytest: Pytest) -> None:
    said = run_pytest(WRONG, "-rA", "--tb=line")

    assert results(said) == {
        "passed": ["TestRemote::test_closing"],
        "error": ["test_misspelt", "test_unknown", "test_nameless", "TestRemote::test_closing"],
    }
    assert "TypeError: World.__init__() got an unexpected keyword argument 'likes'" in said
    assert "UsageError: like is not usable" in said
    assert "TypeError: World.__init__() takes 1 positional argument but 2 were given" in said
    assert "OSError: the line is dead" in said


# Which modules are there when pytest has collected.
LOADED = (
    "import sys, pytest; code = pytest.main(sys.argv[1:]);"
    " print(*sorted(sys.modules), sep='\\n'); sys.exit(code)"
)


def test_where_nobody_asks_for_a_fixture_nothing_else_is_imported(run_pytest: Pytest) -> None:
    def loaded(*options: str) -> set[str]:
        said = run_pytest(
            "def test_nothing(): pass",
            "--collect-only",
            "--disable-plugin-autoload",
            "--override-ini=addopts=",
            *options,
            program=("-c", LOADED),
        )
        assert "1 test collected" in said
        return set(re.findall(r"^[\w.]+$", said, re.MULTILINE))

    there = loaded("-p", "wfadmin.pytest_plugin")

    assert {name for name in there if name.partition(".")[0] == "wfadmin"} == {
        "wfadmin",
        "wfadmin.pytest_plugin",
    }
    assert {"anyio", "attr", "attrs", "cattrs", "httpx", "asyncio"} & there == set()
    assert {"wfadmin", "wfadmin.pytest_plugin"} == there - loaded()


# --- the page ------------------------------------------------------------------------------------


def section() -> str:
    """What the page says about pytest."""
    return PAGE.read_text(encoding="utf-8").partition("\n## In pytest\n")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    """The blocks of the section in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(), re.MULTILINE | re.DOTALL)


def test_the_tests_of_the_page_pass(run_pytest: Pytest) -> None:
    (source,) = blocks("python")

    assert results(run_pytest(source, "-rA")) == {
        "passed": [
            "test_a_recovery_is_on_record[asyncio]",
            "test_a_recovery_is_on_record[trio]",
            "test_a_plan_changes_nothing",
            "test_a_sidecar_has_no_deployments",
            "TestWithAnEngineThatDoesNotAnswer::test_the_attempt_is_on_record",
        ]
    }


FAILING = """
import anyio
import pytest

import wfadmin
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.testing import assert_audited, untouched


def test_touched(wfadmin_world):
    run = wfadmin_world.workflow("Order").key("o-1").running()
    with untouched(wfadmin_world):
        wfadmin_world.store.kill(run.id)


class Full(MemoryAuditLog):
    async def outcome(self, record):
        raise OSError("No space left on device")


def test_lost(wfadmin_world):
    log = Full(clock=wfadmin_world.clock)
    wfadmin_world.workflow("Order").key("o-1").failed()
    operator = wfadmin.connect(wfadmin_world.engine, clock=wfadmin_world.clock, audit=log)
    anyio.run(operator.recover_stuck_workflow, wfadmin.WorkflowKey("Order", "o-1"))
    assert_audited(log, ("recover", "confirmed"))
"""


def test_what_fails_is_said_as_the_page_says_it_at_the_line_of_the_test(
    run_pytest: Pytest,
) -> None:
    said = run_pytest(FAILING)

    lines = [line.removeprefix("E").strip() for line in said.splitlines()]
    for block in blocks("text"):
        first, *rest = [line.strip() for line in block.splitlines()]
        start = lines.index(f"AssertionError: {first}")
        assert lines[start : start + len(rest) + 1] == [f"AssertionError: {first}", *rest]
    assert re.findall(r"^(\S+:\d+): AssertionError$", said, re.MULTILINE) == [
        "test_it.py:12",
        "test_it.py:26",
    ]
