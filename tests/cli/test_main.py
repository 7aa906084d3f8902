"""The whole way: from what was typed to what is printed and the exit code."""

import importlib
import importlib.util
import json
import signal
import sys
from pathlib import Path

import anyio
import pytest

from tests.cli.conftest import document
from tests.cli.lab import LAB, Lab, install
from wfadmin.adapters.memory import Point
from wfadmin.cli import app, main
from wfadmin.domain.errors import EngineRejected, EngineUnreachable

ORDER = ("--", "Order", "o-1")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A healthy engine with one workflow service, Order."""
    return install(monkeypatch)


@pytest.fixture
def ill(lab: Lab) -> Lab:
    """The same, with a run that fails again and again."""
    lab.world.workflow("Order").key("o-1").backing_off(attempts=7, failure="refused\n  at pay()")
    return lab


# --- doctor --------------------------------------------------------------------------------------


def test_a_healthy_engine_exits_0(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *LAB]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("memory at memory, ")
    assert "Verdict: OK (no findings). Next: nothing to do.\n" in out
    assert (err, lab.closed) == ("", 1)


@pytest.mark.usefixtures("ill")
def test_a_finding_of_severity_error_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *LAB]) == 3
    out = capsys.readouterr().out
    assert "ERROR    1 run of Order: failing again and again  [backing_off]" in out
    assert "at pay()" not in out


@pytest.mark.usefixtures("ill")
def test_in_json_doctor_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *LAB, "-o", "json"]) == 3
    found = document(capsys)
    assert list(found) == [
        "ingress",
        "admin",
        "deployments",
        "services",
        "invocations",
        "verdict",
        "findings",
    ]
    assert (found["verdict"], found["findings"][0]["code"]) == ("error", "backing_off")


def test_an_engine_that_is_down_is_a_report(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.breaks(EngineUnreachable("http://lab:9070", "connection refused"))
    assert main(["doctor", *LAB]) == 3
    out = capsys.readouterr().out
    assert out.count("unreachable           -  No answer from http://lab:9070.") == 5


# --- inspect -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ill")
def test_a_key_with_runs_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", *LAB, *ORDER]) == 0
    assert "  refuse: active (inv_" in capsys.readouterr().out


@pytest.mark.usefixtures("lab")
def test_a_key_without_runs_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", *LAB, "-o", "json", *ORDER]) == 0
    assert document(capsys)["runs"] == []


@pytest.mark.usefixtures("lab")
def test_an_unknown_service_exits_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", *LAB, "-o", "json", "--", "Odrer", "o-1"]) == 5
    assert document(capsys)["error"]["id"] == "service_not_found"


def test_an_engine_that_does_not_answer_exits_8(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab.breaks(EngineUnreachable("http://lab:9070", "connection refused"))
    assert main(["inspect", *LAB, *ORDER]) == 8
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[0]) == ("", "wfadmin: No answer from http://lab:9070.")


def test_an_engine_that_rejects_us_names_the_token_options(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab.breaks(EngineRejected("http://lab:9070", 403))
    assert main(["inspect", *LAB, *ORDER]) == 8
    assert "--token-env or --token-file" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "told"), [((), []), (("--show-state",), ["hunter2"])])
def test_values_are_shown_only_when_asked_for(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    option: tuple[str, ...],
    told: list[str],
) -> None:
    lab.world.workflow("Order").key("o-1").state({"password": b"hunter2"}).failed()
    assert main(["inspect", *LAB, *option, "-o", "json", *ORDER]) == 0
    entries = document(capsys)["state"]["entries"]
    assert [one["value"] for one in entries if "value" in one] == told


@pytest.mark.parametrize(
    "name",
    ["-o", "--help", "--", "' OR 1=1 --", "%", "a/b", "\u4e2d", "a\nb", "\x1b[31m", "k" * 2048],
)
@pytest.mark.parametrize("form", ["table", "json"])
def test_any_text_is_a_name_and_a_key(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    name: str,
    form: str,
) -> None:
    lab.world.workflow(name).key(name).failed()
    assert main(["inspect", *LAB, "-o", form, "--", name, name]) == 0
    out = capsys.readouterr().out
    if form == "json":
        found = json.loads(out)
        assert (found["serviceKey"], len(found["runs"])) == (name, 1)
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("", "key"), "service name is not usable: it is empty."),
        (("Order", ""), "service key is not usable: it is empty."),
        (("Order", "k" * 2049), "service key is not usable: it is 2049 bytes long"),
        (("\u4e2d" * 700, "key"), "service name is not usable: it is 2100 bytes long"),
    ],
)
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_name_that_no_engine_can_hold_exits_2(
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, str],
    told: str,
    form: str,
) -> None:
    assert main(["inspect", *LAB, "-o", form, "--", *words]) == 2
    out, err = capsys.readouterr()
    assert told in (json.loads(out)["error"]["message"] if form == "json" else err)


# --- help and version ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_names_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: wfadmin COMMAND")
    assert "doctor: Say what is wrong with the engine." in out


@pytest.mark.parametrize("command", ["doctor", "inspect", "demo"])
def test_help_of_a_command_names_its_options(
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    assert main([command, "--help"]) == 0
    assert "--output, -o" in capsys.readouterr().out


def test_help_and_version_are_documents_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help", "-o", "json"]) == 0
    assert list(document(capsys)) == ["help"]
    assert main(["--version", "-o", "json"]) == 0
    assert document(capsys) == {"version": "0.1.0"}


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "wfadmin 0.1.0\n"


def test_python_m_is_the_command(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["wfadmin", "--version"])
    # Not by runpy: pytest may load the module by itself, and cannot say what its code is.
    spec = importlib.util.find_spec("wfadmin.cli.__main__")
    assert spec is not None
    assert spec.origin is not None
    code = compile(Path(spec.origin).read_text(), spec.origin, "exec")
    with pytest.raises(SystemExit) as left:
        exec(code, {"__name__": "__main__", "__spec__": spec})  # noqa: S102 - as `python -m` does
    assert (left.value.code, capsys.readouterr().out) == (0, "wfadmin 0.1.0\n")


def test_what_is_only_imported_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("wfadmin.cli.__main__")
    assert capsys.readouterr().out == ""


def test_the_words_are_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["wfadmin", "--version"])
    assert main() == 0
    assert capsys.readouterr().out == "wfadmin 0.1.0\n"


# --- what else may happen ------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_exits_130(lab: Lab, capsys: pytest.CaptureFixture[str], form: str) -> None:
    async def interrupt(point: Point) -> None:
        if point is Point.FOR_KEY:
            signal.raise_signal(signal.SIGINT)
        await anyio.sleep(20)

    lab.hook(interrupt)
    assert main(["inspect", *LAB, "-o", form, *ORDER]) == 130
    out, err = capsys.readouterr()
    if form == "json":
        assert json.loads(out)["error"]["id"] == "interrupted"
    else:
        assert (out, err.splitlines()[0]) == ("", "wfadmin: Interrupted.")
    assert lab.closed == 1


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_mistake_of_ours_exits_1_without_a_stack_trace(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    form: str,
) -> None:
    async def break_it(_: Point) -> None:
        message = "hunter2"
        raise ZeroDivisionError(message)

    lab.hook(break_it)
    assert main(["inspect", *LAB, "-o", form, *ORDER]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]["message"] if form == "json" else err
    assert "wfadmin failed with ZeroDivisionError in cli/test_main.py, line " in told
    assert "hunter2" not in out + err
    assert "Traceback" not in out + err


def test_a_disk_that_is_full_exits_1(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["--version"]) == 1
    told = "wfadmin: The answer could not be written: No space left on device.\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("form", ["table", "json"])
def test_without_its_extra_the_command_names_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    form: str,
) -> None:
    monkeypatch.delitem(sys.modules, "wfadmin.cli.app", raising=False)
    monkeypatch.delitem(sys.modules, "wfadmin.cli.usage", raising=False)
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    assert main(["doctor", "-o", form]) == 2
    out, err = capsys.readouterr()
    told, silent = (json.loads(out)["error"]["fix"], err) if form == "json" else (err, out)
    assert "Install it with: pip install 'wfadmin[cli]'" in told
    assert silent == ""


def test_an_interrupt_before_anything_was_done_exits_130(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr() == ("", "")


def test_another_module_that_is_missing_is_not_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wfadmin.cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "wfadmin.cli.output", None)
    with pytest.raises(ModuleNotFoundError):
        main(["doctor"])
