"""`wfadmin serve` answers, says what it does, and refuses what would let strangers in."""

import logging
import sys
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.cli.conftest import document
from tests.cli.hosting import BASE, Site, new_key, serve, until
from tests.cli.lab import LAB, Lab, install
from wfadmin import asgi
from wfadmin.adapters.memory import Point, World
from wfadmin.asgi import Limits
from wfadmin.cli import main
from wfadmin.cli.records import audit_log

KEYS = ("--keys-file", "keys.json")
ANYBODY = "--unsafe-allow-anonymous"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An engine with a failed run of Order o-1."""
    lab = install(monkeypatch, World())
    lab.world.workflow("Order").key("o-1").failed("boom")
    return lab


@pytest.fixture
def key(capsys: pytest.CaptureFixture[str]) -> str:
    return new_key(capsys)


def nothing(_: Site) -> None:
    """Only come and go."""


def contexts(*names: str) -> None:
    """Write a configuration that has these, all of the engine of the test."""
    tables = [f'[contexts."{name}"]\nengine = "lab"\n' for name in names]
    Path("wfadmin.toml").write_text("".join(tables), "utf-8")


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Run a command that does not begin to serve, and give what is wrong."""
    assert main(["serve", "--port", "0", *options, "-o", "json"]) == 2
    told: str = document(capsys)["error"]["message"]
    return told


# --- it answers ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("lab")
def test_who_has_a_key_is_answered_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    codes: list[int] = []

    def visit(site: Site) -> None:
        assert site.url.startswith("http://127.0.0.1:")
        codes.append(site.client(key).post("doctor", json={}).status_code)
        codes.append(site.client(key[:-1] + "x").post("doctor", json={}).status_code)
        codes.append(site.client().post("doctor", json={}).status_code)

    assert serve(monkeypatch, visit, *LAB, *KEYS).code == 0
    assert codes == [200, 401, 401]


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
@pytest.mark.usefixtures("lab")
def test_a_write_is_on_record_with_its_caller(
    monkeypatch: pytest.MonkeyPatch, key: str, kind: str
) -> None:
    def visit(site: Site) -> None:
        body = {"serviceName": "Order", "serviceKey": "o-1"}
        assert site.client(key).post("recover-stuck-workflow", json=body).status_code == 200

    assert serve(monkeypatch, visit, *LAB, *KEYS, "--audit-log", f"{kind}:audit").code == 0
    found = anyio.run(audit_log(f"{kind}:audit").newest).records
    assert [(one.verb, one.actor, one.outcome) for one in found] == [
        ("recover", "ci", None),
        ("recover", "ci", "confirmed"),
    ]
    # The evidence of the command line, so that either finds what the other one saved.
    assert len(list(Path(".local/state/wfadmin/evidence").iterdir())) == 1


@pytest.mark.usefixtures("lab")
def test_anybody_is_answered_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def visit(site: Site) -> None:
        assert site.client().post("doctor", json={}).status_code == 200

    assert serve(monkeypatch, visit, *LAB, ANYBODY).code == 0


def test_the_engine_is_closed_at_the_end(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    assert serve(monkeypatch, nothing, *LAB, ANYBODY).code == 0
    assert lab.closed == 1


def test_what_may_be_registered_and_what_a_key_is_made_of_are_handed_on(
    monkeypatch: pytest.MonkeyPatch, lab: Lab
) -> None:
    lab.world.workflow("Order").key("o/1").failed()
    told: list[Any] = []

    def visit(site: Site) -> None:
        client = site.client()
        body = {"serviceUrl": "http://other:9080"}
        told.append(client.post("force-redeploy", json=body).json()["error"]["id"])
        key = {"serviceName": "Order", "serviceKey": "o/1"}
        told.append(client.post("inspect", json=key).status_code)

    options = ("--allowed-service-url", "http://orders:9080", "--key-charset", "any")
    served = serve(monkeypatch, visit, *LAB, ANYBODY, *options)
    assert (served.code, told) == (0, ["service_url_not_allowed", 200])
    assert not any("Any URL" in one["problem"] for one in served.log.events("http.warning"))


def test_no_more_are_worked_on_at_once_than_it_is_told(
    monkeypatch: pytest.MonkeyPatch, lab: Lab
) -> None:
    codes: list[int] = []
    first, go_on = threading.Event(), threading.Event()

    async def hold(point: Point) -> None:
        if point is Point.FOR_KEY:
            first.set()
            await until(go_on)

    lab.hook(hold)
    monkeypatch.setattr(asgi, "Limits", partial(Limits, patience=timedelta(milliseconds=200)))

    def visit(site: Site) -> None:
        key = {"serviceName": "Order", "serviceKey": "o-1"}

        def inspect() -> None:
            codes.append(site.client().post("inspect", json=key).status_code)

        holder = threading.Thread(target=inspect)
        holder.start()
        assert first.wait(20)
        late = site.client().post("inspect", json=key)
        codes.append(late.status_code)
        assert late.headers["retry-after"] == "1"
        go_on.set()
        holder.join(20)

    assert serve(monkeypatch, visit, *LAB, ANYBODY, "--at-once", "1").code == 0
    assert codes == [503, 200]


# --- several engines -----------------------------------------------------------------------------


def test_several_engines_are_served_by_their_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lab: Lab
) -> None:
    contexts("prod", "staging")
    bound = new_key(capsys, "--engine", "staging")
    codes: list[int] = []

    def visit(site: Site) -> None:
        named = [f"/api/v1/engines/{name}/" for name in ("prod", "staging", "x")]
        clients = [site.client(bound, path=path) for path in (*named, BASE)]
        codes.extend(client.post("doctor", json={}).status_code for client in clients)

    options = ("--context", "prod", "--also", "staging", *KEYS, "-o", "json")
    served = serve(monkeypatch, visit, *options)
    assert codes == [403, 200, 403, 403]
    assert served.document["engines"] == ["prod", "staging"]
    assert (served.code, lab.closed) == (0, 2)


@pytest.mark.parametrize(
    ("options", "variable", "name"),
    [
        (("--context", "prod"), None, "prod"),
        ((), "staging", "staging"),
        (("--context", "prod"), "staging", "prod"),
        (LAB, "staging", "default"),
        (LAB, None, "default"),
    ],
)
@pytest.mark.usefixtures("lab")
def test_the_default_engine_is_called_as_its_context(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], variable: str | None, name: str
) -> None:
    contexts("prod", "staging")
    if variable is not None:
        monkeypatch.setenv("WFADMIN_CONTEXT", variable)
    served = serve(monkeypatch, nothing, *options, ANYBODY)
    assert served.log.wait_for("serve.listening")["engines"] == name


@pytest.mark.usefixtures("lab")
def test_each_engine_has_the_rules_of_its_own_context(monkeypatch: pytest.MonkeyPatch) -> None:
    contexts("prod", "staging")
    with Path("wfadmin.toml").open("a", encoding="utf-8") as file:
        file.write('[contexts.kept]\nengine = "lab"\nadmin_url = "http://x:1"\n')
        file.write('protected_services = ["Order"]\n')
    told: list[Any] = []

    def visit(site: Site) -> None:
        key = {"serviceName": "Order", "serviceKey": "o-1"}
        for name in ("kept", "prod"):
            client = site.client(path=f"/api/v1/engines/{name}/")
            told.append(client.post("recover-stuck-workflow/plan", json=key).status_code)

    served = serve(monkeypatch, visit, "--context", "prod", "--also", "kept", ANYBODY)
    assert told == [409, 200]
    assert [one["problem"] for one in served.log.events("http.warning")][2:] == [
        "Nothing is protected on the engine prod: set a protection."
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--also", "nowhere"), "context nowhere is not usable: "),
        (("--also", "prod"), "--also is not usable: prod is served already."),
        (("--also", "staging", "--also", "staging"), "staging is served already."),
        (("--also", "eu.1"), "context eu.1 is not usable: its name is to stand in a path: "),
    ],
)
@pytest.mark.usefixtures("lab")
def test_an_engine_that_cannot_be_served_too_is_refused(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    contexts("prod", "staging", "eu.1")
    assert told in refused(capsys, "--context", "prod", ANYBODY, *options)


def test_an_operator_api_is_not_served_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "--engine", "operator-api", "--admin-url", "http://x:1", ANYBODY)
    assert told == (
        "engine default is not usable: what answers there is an operator API already: "
        "serve its engine."
    )


# --- what else it needs --------------------------------------------------------------------------


def test_without_its_extra_it_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "wfadmin.cli.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve", *LAB, ANYBODY, "-o", "json"]) == 2
    error = document(capsys)["error"]
    assert error["id"] == "missing_dependency"
    assert error["message"] == (
        "The server of the operator API is not usable: uvicorn is not installed."
    )
    assert error["fix"] == "Install it with: pip install 'wfadmin[serve]'"


@pytest.mark.usefixtures("lab")
def test_what_a_library_has_to_say_is_an_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def visit(_: Site) -> None:
        error = LookupError("hunter2")
        logging.getLogger("uvicorn.error").error("It failed\nwith more", exc_info=error)
        logging.getLogger("asyncio").warning("Slow: %s", "hunter2 token=hunter2")
        logging.getLogger("uvicorn.error").error("Traceback (most):\n  at pay()\nOSError: full\n")
        logging.getLogger("uvicorn.error").error("")
        logging.getLogger("uvicorn.error").info("no matter")

    served = serve(monkeypatch, visit, *LAB, ANYBODY)
    problems = [
        {name: value for name, value in one.items() if name != "at"}
        for one in served.log.events("serve.problem")
    ]
    assert problems == [
        {"event": "serve.problem", "problem": "It failed", "error": "LookupError"},
        {"event": "serve.problem", "problem": "Slow: hunter2 token=***"},
        {"event": "serve.problem", "problem": "OSError: full"},
        {"event": "serve.problem", "problem": ""},
    ]
    # Nobody else is told, in a form of their own.
    assert caplog.records == []
    assert logging.getLogger("uvicorn").handlers == []
    assert logging.getLogger("asyncio").propagate


@pytest.mark.usefixtures("lab")
def test_an_app_that_does_not_start_is_a_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        warnings = ()

        async def __call__(self, _: object, receive: Any, send: Any) -> None:  # noqa: ANN401
            await receive()
            await send({"type": "lifespan.startup.failed"})

    broken = Broken()
    monkeypatch.setattr(asgi, "operator_app", lambda *_, **__: broken)
    served = serve(monkeypatch, nothing, *LAB, ANYBODY)
    assert served.code == 1
    assert "wfadmin failed with RuntimeError in cli/serving.py, line " in served.log.getvalue()


def test_it_is_listed_with_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "serve: Answer the operator API over HTTP." in capsys.readouterr().out


def test_its_help_names_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    out = capsys.readouterr().out
    options = ("--host", "--port", "--keys-file", "--also", "--behind-proxy", "--grace", "--engine")
    assert [one for one in options if f"\n  {one}" not in out] == []
