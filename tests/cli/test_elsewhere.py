"""The command line with an operator API as its target, over a real connection."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
import uvicorn

from tests.asgi.http import Scene
from tests.cli.conftest import document
from wfadmin.adapters.memory import Point
from wfadmin.cli import main
from wfadmin.domain.plan import Verb
from wfadmin.errors import EngineUnreachable

KEY = ("--", "Order", "o-1")
V1, V2 = "http://orders-v1:9080", "http://orders-v2:9080"
PATIENCE = 20


@attrs.define
class Api:
    """An operator API in a thread, and the options that reach it as ada."""

    scene: Scene
    url: str

    @property
    def target(self) -> tuple[str, ...]:
        return ("--engine", "operator-api", "--admin-url", self.url, "--token-env", "WFADMIN_TOKEN")

    def said(self) -> list[tuple[str, str, str | None, str | None]]:
        """Who did what, how it ended, and why, oldest first."""
        records = self.scene.audit.records
        return [(one.actor, one.verb, one.outcome, one.reason) for one in records]

    def writes(self) -> list[Point]:
        return [point for point in self.scene.points if point.is_write]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Serve an engine with a failed key; its caller is known as ada."""
    scene = Scene()
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Order",))
    scene.failed()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(scene.app(), log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        monkeypatch.setenv("WFADMIN_TOKEN", "ada")
        try:
            yield Api(scene, f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def error_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["error"]
    return found


# --- what it can do ------------------------------------------------------------------------------


def test_doctor_names_what_helps_as_lines_for_the_same_target(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *api.target, "-o", "json"]) == 0
    found = document(capsys)
    assert [one["code"] for one in found["findings"]] == ["drained", "failed_retained"]
    lines = [line for one in found["findings"] for line in one["remedies"]]
    asked = " ".join(api.target)
    assert f"wfadmin recover {asked} -- Order o-1" in lines
    assert all(asked in line for line in lines)


def test_doctor_says_on_the_board_where_it_asked(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *api.target]) == 0
    assert f"operator-api at {api.url}" in capsys.readouterr().out


def test_a_key_is_looked_at(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", *api.target, "--show-state", "-o", "json", *KEY]) == 0
    found = document(capsys)
    assert [one["outcome"] for one in found["runs"]] == ["failed"]
    assert found["state"]["entries"] == [
        {"name": "step", "size": 3, "value": "pay", "encoding": "utf-8"}
    ]


def test_a_key_is_recovered_and_the_host_knows_by_whom_and_why(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["recover", *api.target, "--yes", "--reason", "ticket 7", "-o", "json", *KEY]
    assert main(words) == 0
    found = document(capsys)
    assert (found["matched"], len(found["purged"]), found["state"]) == (1, 1, "cleared")
    assert found["confirmed"] is True
    assert api.said() == [
        ("ada", "recover", None, "ticket 7"),
        ("ada", "recover", "confirmed", "ticket 7"),
    ]


def test_a_plan_is_only_shown(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", *api.target, "--dry-run", "-o", "json", *KEY]) == 0
    assert document(capsys)["verb"] == "recover"
    assert api.writes() == []


def test_a_saved_plan_is_applied(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", *api.target, "--plan-out", "plan.json", "-o", "json", *KEY]) == 0
    digest = document(capsys)["digest"]
    assert main(["apply", *api.target, "--dry-run", "-o", "json", "plan.json"]) == 0
    assert document(capsys)["verb"] == Verb.RECOVER
    assert main(["apply", *api.target, "--digest", digest, "--yes", "plan.json"]) == 0
    assert api.writes() == [Point.PURGE]


def test_a_saved_plan_that_is_not_true_any_more_is_refused(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recover", *api.target, "--plan-out", "plan.json", *KEY]) == 0
    capsys.readouterr()
    api.scene.world.store.purge(api.scene.world.store.runs[0].id)
    api.scene.failed()
    assert main(["apply", *api.target, "--yes", "-o", "json", "plan.json"]) == 4
    assert error_of(capsys)["id"] == "stale_plan"
    assert api.writes() == []


def test_a_url_is_registered(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redeploy", *api.target, "--yes", "-o", "json", V2]) == 0
    assert document(capsys)["deploymentId"] == "dp_2"


def test_what_is_stale_is_removed(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cleanup", *api.target, "--yes", "-o", "json", V2]) == 0
    found = document(capsys)
    assert (found["kept"], found["removed"]) == (["dp_2"], ["dp_1"])


def test_a_context_may_be_an_operator_api(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        f'[contexts.prod]\nengine = "operator-api"\nadmin_url = "{api.url}"\n'
        'token_env = "WFADMIN_TOKEN"\n'
    )
    Path("wfadmin.toml").write_text(text)
    assert main(["recover", "--context", "prod", "--yes", "-o", "json", *KEY]) == 0
    assert document(capsys)["confirmed"] is True


# --- what it refuses -----------------------------------------------------------------------------


def test_what_the_host_declines_is_told_with_its_reason(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    run = api.scene.world.workflow("Order").key("o-2").running()
    assert main(["recover", *api.target, "--yes", "-o", "json", "--", "Order", "o-2"]) == 4
    error = error_of(capsys)
    assert error["id"] == "workflow_retry_blocked"
    assert (error["details"]["reason"], error["details"]["invocationIds"]) == ("active", [run.id])


@pytest.mark.parametrize(
    ("token", "slug"),
    [("nobody", "not_authenticated"), ("rob", "operate_permission_missing")],
)
def test_who_may_not_is_told_so(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    token: str,
    slug: str,
) -> None:
    monkeypatch.setenv("WFADMIN_TOKEN", token)
    assert main(["recover", *api.target, "--yes", "-o", "json", *KEY]) == 9
    assert error_of(capsys)["id"] == slug
    assert api.writes() == []


def test_an_engine_that_is_down_behind_the_api_is_told_as_such(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    down = EngineUnreachable("http://engine:9070", "connection refused")
    for component in ("admin", "invocations", "services"):
        api.scene.world.break_component(component, down)  # type: ignore[arg-type]
    assert main(["recover", *api.target, "--yes", "-o", "json", *KEY]) == 8
    error = error_of(capsys)
    assert error["id"] == "workflow_engine_unreachable"
    assert error["details"]["where"] == "http://engine:9070"


def test_an_api_that_is_down_exits_8(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = ("--engine", "operator-api", "--admin-url", "http://127.0.0.1:9")
    assert main(["doctor", *nowhere, "-o", "json"]) == 8
    assert error_of(capsys)["id"] == "workflow_engine_unreachable"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("doctor", "--audit-log", "jsonl:log"), "--audit-log"),
        (("doctor", "--ingress-url", "http://h:1"), "--ingress-url"),
        (("doctor", "--grpc-url", "h:1"), "--grpc-url"),
        (("recover", "--yes", "--actor", "eve", *KEY), "--actor"),
        (("recover", "--yes", "--evidence", "here", *KEY), "--evidence"),
        (("recover", "--dry-run", "--actor", "eve", *KEY), "--actor"),
    ],
)
def test_options_that_would_be_lost_are_refused(
    api: Api, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], option: str
) -> None:
    verb, *rest = words
    assert main([verb, *api.target, "-o", "json", *rest]) == 2
    error = error_of(capsys)
    assert error["details"]["argument"] == option
    assert "the host of the operator API sees to that" in error["message"]
    assert api.scene.points == []


def test_a_url_has_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--engine", "operator-api", "-o", "json"]) == 2
    assert error_of(capsys)["details"]["argument"] == "--admin-url"


@pytest.mark.parametrize(
    "words",
    [
        ("recover", "--yes", "--stuck", "paused", *KEY),
        ("recover", "--yes", "--with-children", *KEY),
        ("recover", "--yes", "--force-purge", *KEY),
        ("redeploy", "--yes", "--register-timeout", "9", V2),
        ("cleanup", "--yes", "--also-keep", V1, V2),
        ("cleanup", "--yes", "--wait", "1m", V2),
    ],
)
def test_what_the_api_has_no_word_for_is_not_supported(
    api: Api, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    verb, *rest = words
    assert main([verb, *api.target, "-o", "json", *rest]) == 10
    assert error_of(capsys)["id"] == "not_supported"
    assert api.scene.points == []


@pytest.mark.parametrize("verb", ["resume", "pause", "cancel"])
def test_runs_are_not_steered_through_it(
    api: Api, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert main(["runs", verb, *api.target, "--yes", "-o", "json", *KEY]) == 10
    assert error_of(capsys)["id"] == "not_supported"


@pytest.mark.parametrize(
    "rule", [f'protected_urls = ["{V1}"]\n', 'protected_services = ["Payment"]\n']
)
def test_nobody_relies_on_a_protection_that_does_not_hold_there(
    api: Api, capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    Path("wfadmin.toml").write_text(rule)
    assert main(["recover", *api.target, "--yes", "-o", "json", *KEY]) == 2
    assert "protect it where that is served" in error_of(capsys)["message"]
    assert main(["inspect", *api.target, "-o", "json", *KEY]) == 0
    assert api.writes() == []


def test_what_files_call_stuck_is_left_to_the_host(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path("config", "wfadmin")
    folder.mkdir(parents=True)
    (folder / "wfadmin.toml").write_text('stuck = ["paused"]\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("config").resolve()))
    api.scene.world.workflow("Order").key("o-3").paused()
    assert main(["recover", *api.target, "--yes", "-o", "json", "--", "Order", "o-3"]) == 4
    assert error_of(capsys)["id"] == "workflow_retry_blocked"


# --- who stops waiting ---------------------------------------------------------------------------


def test_ctrl_c_while_the_host_repairs_exits_7_and_the_repair_comes_to_its_end(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = threading.Event()

    async def interrupt(point: Point) -> None:
        if point is Point.PURGE:
            os.kill(os.getpid(), signal.SIGINT)
            await anyio.to_thread.run_sync(gone.wait, PATIENCE)

    api.scene.world.engine.points.hook = interrupt
    try:
        assert main(["recover", *api.target, "--yes", "-o", "json", *KEY]) == 7
    finally:
        gone.set()
    assert "recover of Order o-1" in error_of(capsys)["message"]


def test_ctrl_c_before_anything_was_asked_for_exits_130(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, told = threading.Event(), threading.Event()

    async def interrupt(_: Point) -> None:
        if not told.is_set():
            told.set()
            os.kill(os.getpid(), signal.SIGINT)
        await anyio.to_thread.run_sync(gone.wait, PATIENCE)

    api.scene.world.engine.points.hook = interrupt
    try:
        assert main(["recover", *api.target, "--dry-run", *KEY]) == 130
    finally:
        gone.set()
    assert "Interrupted" in capsys.readouterr().err
