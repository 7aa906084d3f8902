"""Whole processes: what importing, asking for help and a doctor of the command line cost."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.loaded import Loaded
from benchmarks.rounds import Call, Times, interleaved

Environment = dict[str, str]

MOST_IMPORT_MS = 60.0
MOST_HELP_MS = 150.0
MOST_MB = 80.0
# Doctor finds something: that is its exit code.
ILL = 3

PART = "whole processes"
BARE = "python -c pass"
IMPORT = "import wfadmin"
CONNECT = "import wfadmin and connect"
HELP = "wfadmin --help"
DOCTOR = "wfadmin doctor"

# What the installed command does, and then how much memory it had at most. The parent's own peak
# would be in the usage that the system reports of a child.
CODE_OF_COMMAND = "import sys; from wfadmin.cli import main; code = main(sys.argv[1:])"
CODE_OF_PEAK = "; sys.stderr.write(open('/proc/self/status').read()); sys.exit(code)"


async def measure(large: Loaded, rounds: int) -> list[Figure]:
    """Measure the processes in interleaved rounds, and the memory of one of them."""
    with tempfile.TemporaryDirectory(prefix="wf-bytecode-") as bytecode:
        return await _measure(large, rounds, _environment(bytecode))


async def _measure(large: Loaded, rounds: int, environment: Environment) -> list[Figure]:
    server = large.server
    target = ["--admin-url", server.admin_url, "--ingress-url", server.ingress_url]

    def python(code: str, *words: str, ends: int = 0) -> Call:
        async def call(_: int) -> object:
            return _run([sys.executable, "-c", code, *words], ends, environment)

        return call

    command = f"{CODE_OF_COMMAND}; sys.exit(code)"
    calls = {
        BARE: python("pass"),
        IMPORT: python("import wfadmin"),
        CONNECT: python(f"import wfadmin; wfadmin.connect(admin_url={server.admin_url!r})"),
        HELP: python(command, "--help"),
        DOCTOR: python(command, "doctor", *target, ends=ILL),
    }
    times = await interleaved(calls, rounds)
    return [
        *(_figure(times, name, large.retained) for name in calls),
        *_memory(target, large.retained, environment),
    ]


def _figure(times: Times, name: str, retained: int) -> Figure:
    value, over = times.median(name), times.over(name, BARE)
    figure = Figure(
        PART,
        f"{name}, {retained:,} retained" if name == DOCTOR else name,
        value,
        compared="" if name == BARE else f"{over:+.1f} ms over bare python",
    )
    if name == IMPORT:
        budget = f"+{MOST_IMPORT_MS:g} ms"
        return replace(figure, judged=over, limit=MOST_IMPORT_MS, budget=budget)
    if name == HELP:
        return replace(figure, judged=value, limit=MOST_HELP_MS, budget=f"{MOST_HELP_MS:g} ms")
    return figure


def _memory(target: Sequence[str], retained: int, environment: Environment) -> list[Figure]:
    if not Path("/proc/self/status").exists():
        return []
    command = [sys.executable, "-c", CODE_OF_COMMAND + CODE_OF_PEAK, "doctor", *target]
    megabytes = _peak(_run(command, ILL, environment))
    nothing = [sys.executable, "-c", f"import sys; code = 0{CODE_OF_PEAK}"]
    bare = _peak(_run(nothing, 0, environment))
    return [
        Figure(
            PART,
            f"peak memory of {DOCTOR}, {retained:,} retained",
            megabytes,
            "MB",
            compared=f"bare python: {bare:.0f} MB",
            judged=megabytes,
            limit=MOST_MB,
            budget=f"{MOST_MB:g} MB at 300,000",
        )
    ]


def _peak(done: subprocess.CompletedProcess[str]) -> float:
    kilobytes = next(line for line in done.stderr.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes.split()[1]) / 1024


def _environment(bytecode: str) -> Environment:
    """Let no variable name another engine, and compile once, whatever the caller has set."""
    taken = ("WFADMIN_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(taken)}
    return kept | {"PYTHONPYCACHEPREFIX": bytecode}


def _run(
    command: Sequence[str], code: int, environment: Environment
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != code:
        message = f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(message)
    return done
