"""What `wfadmin serve` says of itself: lines of JSON, one document, and no secret."""

import json
import socket
from pathlib import Path

import pytest

from tests.cli.hosting import Site, new_key, serve
from tests.cli.lab import LAB, Lab, install
from tests.wire.issuers import AUDIENCE, ISSUER, signer
from wfadmin.adapters.memory import World

KEYS = ("--keys-file", "keys.json")
ANY_URL = "Any URL may be registered, which takes its services over: set allowed_service_urls."
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


@pytest.mark.usefixtures("lab")
def test_its_log_is_a_line_of_json_for_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def visit(site: Site) -> None:
        site.client().post("doctor", json={})

    served = serve(monkeypatch, visit, *LAB, ANYBODY, "--behind-proxy")
    lines = [json.loads(line) for line in served.log.getvalue().splitlines()]
    names = [one["event"] for one in lines]
    assert names[:5] == ["http.warning"] * 4 + ["serve.listening"]
    assert names[-2:] == ["serve.stopping", "serve.stopped"]
    (answered,) = served.log.events("http.answered")
    assert (answered["status"], answered["actor"]) == (200, "anonymous")
    assert lines[3]["problem"].startswith("All callers count as one address")
    assert list(lines[4]) == ["at", "event", "url", "engines", "pid"]
    assert {name: lines[-2][name] for name in ("signal", "in_hand", "grace")} == {
        "signal": "SIGTERM",
        "in_hand": 0,
        "grace": 120.0,
    }
    assert (lines[-1]["requests"], lines[-1]["unfinished"]) == (1, 0)


@pytest.mark.usefixtures("lab")
def test_a_proxy_that_is_named_needs_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--behind-proxy", "--trusted-proxy", "127.0.0.1")
    served = serve(monkeypatch, nothing, *LAB, ANYBODY, *options)
    problems = [one["problem"] for one in served.log.events("http.warning")]
    assert not any("one address" in one for one in problems)


@pytest.mark.usefixtures("lab")
def test_in_json_stdout_has_one_document_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []
    served = serve(monkeypatch, lambda site: urls.append(site.url), *LAB, ANYBODY, "-o", "json")
    assert served.document == {
        "stopped": True,
        "url": urls[0],
        "engines": ["default"],
        "requests": 0,
        "unfinished": 0,
    }


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests")]
)
@pytest.mark.usefixtures("lab")
def test_otherwise_it_says_how_many_there_were(
    monkeypatch: pytest.MonkeyPatch, count: int, told: str
) -> None:
    def visit(site: Site) -> None:
        for _ in range(count):
            site.client(path="/").get("healthz")

    assert serve(monkeypatch, visit, *LAB, ANYBODY).out == f"Stopped after {told}.\n"


@pytest.mark.parametrize(
    ("is_terminal", "form"), [(True, "table"), (True, "json"), (False, "table")]
)
@pytest.mark.usefixtures("lab")
def test_who_sits_at_a_terminal_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool, form: str
) -> None:
    monkeypatch.setattr("tests.cli.hosting.Log.isatty", lambda _: is_terminal)
    served = serve(monkeypatch, nothing, *LAB, ANYBODY, "-o", form)
    said = [line for line in served.log.getvalue().splitlines() if line[:1] != "{"]
    url = served.log.wait_for("serve.listening")["url"]
    told = [
        f"wfadmin: The operator API of default answers at {url} (Ctrl-C ends).",
        "wfadmin: warning: Nobody is asked who they are: everybody may do everything.",
        f"wfadmin: warning: {ANY_URL}",
        "wfadmin: warning: Nothing is protected on the engine default: set a protection.",
    ]
    assert said == (told if is_terminal and form == "table" else [])


@pytest.mark.usefixtures("lab")
def test_no_secret_is_in_the_log(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2-token")
    ed = signer("ed25519")
    Path("issuer.pem").write_text(ed.pem, "utf-8")
    secrets = (key, key[17:], "hunter2", "hunter2-token", "hunter2-bearer")

    def visit(site: Site) -> None:
        client = site.client(key)
        client.post("doctor", json={})
        client.post("doctor", json={"password": "hunter2"})
        client.post("force-redeploy", json={"serviceUrl": "http://u:hunter2@orders:9080"})
        site.client(authorization="Bearer hunter2-bearer").post("doctor?key=hunter2", json={})
        site.client(key[:-1]).post("doctor", json={})
        with socket.create_connection(("127.0.0.1", site.client().base_url.port or 0)) as one:
            one.sendall(b"GET /hunter2 HUNTER\r\n\r\n")
            one.recv(100)

    url = ("--admin-url", "http://ops:hunter2@lab:9070", "--token-env", "MY_TOKEN")
    jwt = ("--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE, "--jwt-pem", "issuer.pem")
    with monkeypatch.context() as patch:
        served = serve(patch, visit, *LAB, *url, *KEYS, *jwt, "--audit-log", "jsonl:audit.jsonl")
    said = served.log.getvalue() + served.out + Path("audit.jsonl").read_text("utf-8")
    assert served.code == 0
    assert [one for one in secrets if one in said] == []
    assert "authenticate.denied" in said
