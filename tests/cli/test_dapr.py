"""The command line on a Dapr sidecar: the same words, outputs and exit codes as elsewhere."""

import json
import sys
from datetime import timedelta

import attrs
import httpx
import pytest

from tests.adapters.dapr_model.sidecar import Sidecar
from tests.adapters.dapr_model.transport import SidecarTransport
from tests.cli.conftest import document
from wfadmin.adapters import dapr
from wfadmin.cli import main
from wfadmin.ports.engine import Engine, EngineSettings

AT = ("--engine", "dapr", "--admin-url", "http://127.0.0.1:3500")
KEY = ("--", "Order", "o-1")


@attrs.define
class Watched(httpx.AsyncBaseTransport):
    """The way to a sidecar, with a list of what came by."""

    sidecar: Sidecar
    asked: list[str] = attrs.field(factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        return await SidecarTransport(self.sidecar).handle_async_request(request)

    @property
    def writes(self) -> list[str]:
        return [one for one in self.asked if one.startswith("POST")]


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """The sidecar that `--engine dapr` reaches."""
    way = Watched(Sidecar())
    real = dapr.connect

    def connect(settings: EngineSettings) -> Engine:
        return real(attrs.evolve(settings, client=httpx.AsyncClient(transport=way)))

    monkeypatch.setattr(dapr, "connect", connect)
    return way


def test_doctor_of_a_healthy_sidecar(way: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *AT, "-o", "json"]) == 0

    found = document(capsys)
    status = {name: found[name]["status"] for name in ("ingress", "admin", "services")}
    assert status == dict.fromkeys(status, "ok")
    assert found["admin"]["version"] == "1.18.3"
    assert found["deployments"]["status"] == "not_supported"
    assert "Restart or roll the workers" in found["deployments"]["error"]
    assert found["invocations"]["status"] == "not_supported"
    assert way.writes == []


def test_doctor_without_a_worker_is_a_closed_gate(
    way: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    way.sidecar.world.connect_workers(0)

    assert main(["doctor", *AT, "-o", "json"]) == 3
    assert [one["code"] for one in document(capsys)["findings"]] == ["no_worker"]


def test_a_failed_instance_is_recovered_when_its_children_may_go(
    way: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    way.sidecar.world.workflow("Order").key("o-1").failed("boom")

    assert main(["recover", *AT, "--yes", "-o", "json", *KEY]) == 4
    assert json.loads(capsys.readouterr().out)["error"]["details"]["reason"] == "has_children"
    assert way.writes == []

    assert main(["recover", *AT, "--yes", "--with-children", "-o", "json", *KEY]) == 0
    assert document(capsys)["purged"] == ["o-1"]
    assert way.writes == ["POST /v1.0/workflows/dapr/o-1/purge"]
    assert way.sidecar.world.store.runs == ()


def test_without_a_worker_it_is_said_before_anything_is_sent(
    way: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    way.sidecar.world.workflow("Order").key("o-1").failed("boom")
    way.sidecar.world.connect_workers(0)

    assert main(["recover", *AT, "--yes", "--with-children", "-o", "json", *KEY]) == 4

    error = json.loads(capsys.readouterr().out)["error"]
    assert error["id"] == "engine_not_ready"
    assert error["why"].startswith("No worker of the app is connected.")
    assert way.writes == []


def test_an_instance_of_another_workflow_is_a_misuse(
    way: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    way.sidecar.world.workflow("Parcel").key("o-1").failed("boom")

    assert main(["recover", *AT, "--yes", "--with-children", *KEY]) == 2
    assert "belongs to the workflow Parcel" in capsys.readouterr().err
    assert way.writes == []


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["redeploy", *AT, "--yes", "http://app:8080"], "Restart or roll the workers"),
        (["cleanup", *AT, "--yes", "http://app:8080"], "retention policy"),
    ],
)
def test_what_a_sidecar_does_not_have_is_said_with_what_to_do_instead(
    way: Watched, words: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 10
    assert advice in capsys.readouterr().err
    assert way.writes == []


def test_a_needless_resume_is_not_sent(way: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    way.sidecar.world.workflow("Order").key("o-1").running(since=timedelta(minutes=1))

    assert main(["runs", "resume", *AT, "--yes", "-o", "json", *KEY]) == 0
    assert document(capsys)["effect"] == "no_change"
    assert way.writes == []


def test_inspect_says_what_a_run_is_though_no_such_name_is_listed(
    way: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    way.sidecar.world.workflow("Order").key("o-1").failed("boom")

    assert main(["inspect", *AT, *KEY]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "workflow" in lines
    assert "The engine does not list this service now." not in lines
    assert f"wfadmin recover {' '.join(AT)} --with-children -- Order o-1" in lines


def test_without_grpcio_its_url_is_refused_with_what_to_install(
    way: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)

    assert main(["doctor", *AT, "--grpc-url", "127.0.0.1:50001"]) == 2
    assert "pip install 'wfadmin[dapr-grpc]'" in capsys.readouterr().err
    assert way.asked == []
