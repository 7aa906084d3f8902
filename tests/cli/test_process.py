"""The command as a process: what the shell, the pipe and the keyboard do to it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wfadmin

# Where the package lies that this process tests.
SOURCE = str(Path(wfadmin.__file__).parents[1])
PATIENCE = 30
# What `--help` must not wait for.
LATE = ("anyio", "asyncio", "cattrs", "httpx", "wfadmin.domain", "wfadmin.wire", "rich.markdown")


def command(*words: str | bytes) -> list[str | bytes]:
    """The installed script, or the same from the source tree."""
    script = Path(sys.executable).with_name("wfadmin")
    return (
        [str(script), *words] if script.exists() else [sys.executable, "-m", "wfadmin.cli", *words]
    )


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home without any configuration; variables of whoever runs the tests stay out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WFADMIN_")}
    return {**kept, "HOME": str(tmp_path), "PYTHONPATH": SOURCE}


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def ran(
    words: list[str | bytes],
    environment: dict[str, str],
    **options: object,
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options of one overload
        words,
        env=environment,
        cwd=environment["HOME"],
        capture_output=not options,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )


def test_the_command_runs(environment: dict[str, str]) -> None:
    done = ran(command("--version"), environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "wfadmin 0.1.0\n", "")


def test_help_waits_for_nothing_that_it_does_not_need(environment: dict[str, str]) -> None:
    look = f"; found = {{*{LATE!r}}} & set(sys.modules); sys.exit(str(found) if found else 0)"
    code = "import sys; from wfadmin.cli import main; main(['--help'])" + look
    done = ran([sys.executable, "-c", code], environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_argument_that_is_no_text_exits_2(environment: dict[str, str]) -> None:
    done = ran(command("inspect", "Order", b"\xff\xfe"), environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("wfadmin: An argument is not valid text.")


def test_who_stops_reading_changes_no_exit_code(environment: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    streams = {"stdout": write, "stderr": subprocess.PIPE}
    try:
        done = ran(command("--help"), environment, **streams)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_without_stdout_keeps_its_exit_code(environment: dict[str, str]) -> None:
    done = ran(["sh", "-c", '"$@" >&-', "sh", *command("--help")], environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_without_stderr_keeps_its_exit_code(environment: dict[str, str]) -> None:
    done = ran(["sh", "-c", '"$@" 2>&-', "sh", *command("frobnicate")], environment)
    assert (done.returncode, done.stdout) == (2, "")


def test_ctrl_c_while_nothing_answers_exits_130(
    environment: dict[str, str],
    silent: socket.socket,
) -> None:
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    with subprocess.Popen(
        command("doctor", "--admin-url", url, "--ingress-url", url, "--timeout", "60"),
        env=environment,
        cwd=environment["HOME"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        asked, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        asked.close()
    assert (process.returncode, out) == (130, "")
    assert err.startswith("wfadmin: Interrupted.\n")
    assert "Traceback" not in err
