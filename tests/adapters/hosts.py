"""What the tests of host adapters share: a clock that stands, other processes, a full disk."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO

import attrs
from typing_extensions import override

from wfadmin.ports.clock import Clock


@attrs.define
class StillClock(Clock):
    """A clock that a test sets."""

    time: datetime

    @override
    def now(self) -> datetime:
        return self.time

    @override
    def monotonic(self) -> timedelta:
        raise NotImplementedError

    @override
    async def sleep(self, duration: timedelta) -> None:
        raise NotImplementedError


@contextmanager
def program(source: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a Python program beside the test; it does not outlive the block."""
    command = [sys.executable, "-c", source, *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line_from(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that a program prints."""
    return out_of(process).readline().rstrip("\n")


def out_of(process: subprocess.Popen[str]) -> IO[str]:
    """Give what a program prints."""
    assert process.stdout is not None
    return process.stdout


def finish(process: subprocess.Popen[str]) -> str:
    """Let a program that waits for its input go on to its end; give the rest that it prints."""
    rest, _ = process.communicate("")
    assert process.returncode == 0
    return rest


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let no write of this process make a file larger: what exceeds it is cut off, then fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
