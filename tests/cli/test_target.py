"""The options that name an engine: what they connect to, and what is repeated of them."""

import getpass
import socket
from pathlib import Path

import anyio
import pytest

from tests.cli.conftest import document
from tests.cli.lab import LAB, install
from wfadmin.adapters.memory import World
from wfadmin.cli import main
from wfadmin.cli.target import actor


def ill() -> World:
    """An engine with a run that fails again and again."""
    world = World()
    world.workflow("Order").key("o-1").backing_off(attempts=7)
    return world


def test_an_unknown_engine_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--engine", "restaet", "-o", "json"]) == 2
    error = document(capsys)["error"]
    assert (error["id"], "restate" in error["details"]["known"]) == ("unknown_adapter", True)


def test_an_unknown_context_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--context", "prod"]) == 2
    assert "context prod is not usable: there is no wfadmin.toml" in capsys.readouterr().err


def test_a_context_and_another_url_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--context", "prod", "--admin-url", "http://other"]) == 2
    assert "a context is taken whole" in capsys.readouterr().err


def test_a_broken_file_exits_2_and_names_the_path(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / "wfadmin.toml").write_text("[contexts.prod]\nadmin_ulr = 'x'\n")
    assert main(["doctor", "-o", "json"]) == 2
    error = document(capsys)["error"]
    assert error["id"] == "invalid_config"
    assert "contexts.prod.admin_ulr is not a known key" in error["message"]


def test_a_context_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    lab = install(monkeypatch)
    (tmp_path / "wfadmin.toml").write_text(
        'current = "x"\n[contexts.x]\nengine = "lab"\nadmin_url = "http://x:1"\ntimeout = 2\n'
        'grpc_url = "x:2"\n',
    )
    assert main(["doctor"]) == 0
    assert capsys.readouterr().err == ""
    (settings,) = lab.settings
    assert (settings.admin_url, settings.timeout.total_seconds()) == ("http://x:1", 2)
    assert settings.grpc_url == "x:2"


def test_a_timeout_of_nothing_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *LAB, "--timeout", "0"]) == 2
    assert "--timeout is not usable" in capsys.readouterr().err


def test_a_password_of_a_url_is_in_no_line_to_paste(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install(monkeypatch, ill())
    assert main(["doctor", *LAB, "--admin-url", "http://u:hunter2@lab:9070"]) == 3
    out, err = capsys.readouterr()
    assert "--admin-url http://lab:9070" in out
    assert "hunter2" not in out + err


def test_where_the_grpc_api_answers_is_connected_to_and_repeated(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab = install(monkeypatch, ill())
    assert main(["doctor", *LAB, "--grpc-url", "127.0.0.1:50001"]) == 3
    (settings,) = lab.settings
    assert settings.grpc_url == "127.0.0.1:50001"
    assert "--grpc-url 127.0.0.1:50001" in capsys.readouterr().out


def test_nor_is_one_of_a_grpc_url(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install(monkeypatch, ill())
    assert main(["doctor", *LAB, "--grpc-url", "u:hunter2@lab:50001"]) == 3
    assert "hunter2" not in "".join(capsys.readouterr())


def test_who_acts_is_told_to_the_audit_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    monkeypatch.setattr(socket, "gethostname", lambda: "host")
    assert actor() == "ann@host"


def test_who_acts_may_not_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", fail)
    monkeypatch.setattr(socket, "gethostname", fail)
    assert actor() == "unknown@unknown"


def test_a_token_comes_from_a_variable(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab = install(monkeypatch)
    monkeypatch.setenv("MY_TOKEN", "hunter2")
    assert main(["doctor", *LAB, "--token-env", "MY_TOKEN"]) == 0
    (settings,) = lab.settings
    assert settings.credentials is not None
    assert anyio.run(settings.credentials.token) == "hunter2"
    assert "hunter2" not in "".join(capsys.readouterr())


def test_a_token_comes_from_a_file(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    lab = install(monkeypatch)
    (tmp_path / "token").write_text("hunter2\n")
    assert main(["doctor", *LAB, "--token-file", "token"]) == 0
    (settings,) = lab.settings
    assert settings.credentials is not None
    assert anyio.run(settings.credentials.token) == "hunter2"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--token-env", "MY_TOKEN"), "the variable MY_TOKEN is not usable: it is not set."),
        (("--token-file", "nowhere"), "the file nowhere is not usable: No such file or directory."),
    ],
)
def test_a_token_that_is_not_there_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: tuple[str, str],
    told: str,
) -> None:
    lab = install(monkeypatch)
    assert main(["doctor", *LAB, *option]) == 2
    assert told in capsys.readouterr().err
    assert lab.settings == []
