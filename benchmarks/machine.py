"""On what was measured, and whether anything else was running there."""

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PROC = Path("/proc")
# Without sniffio httpcore looks for it four times a request, which takes a third of the request.
PACKAGES = ("wfadmin", "httpx", "httpcore", "sniffio", "anyio", "attrs", "cattrs", "cyclopts")


@dataclass(frozen=True)
class Machine:
    """What somebody has to know to compare the figures with theirs."""

    python: str
    system: str
    cores: int
    restate: str
    packages: dict[str, str]

    @classmethod
    def here(cls, restate: str) -> "Machine":
        return cls(
            python=f"{platform.python_implementation()} {platform.python_version()}",
            system=f"{platform.system()} {platform.machine()}",
            cores=os.cpu_count() or 0,
            restate=restate,
            packages={name: _version(name) for name in PACKAGES},
        )

    def __str__(self) -> str:
        packages = ", ".join(f"{name} {version}" for name, version in self.packages.items())
        return (
            f"Restate {self.restate}, {self.python}, {self.system}, {self.cores} cores, {packages}"
        )

    def document(self) -> dict[str, object]:
        return asdict(self)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


class Others:
    """
    How much of the machine other work took while we measured.

    Only Linux says so. Processes of ours that end before `percent` must have been waited for.
    """

    def __init__(self) -> None:
        self._busy, self._all = _machine_ticks()
        self._ours = _our_ticks()

    def percent(self) -> float | None:
        busy, every = _machine_ticks()
        if every == self._all:
            return None
        others = busy - self._busy - (_our_ticks() - self._ours)
        return max(0.0, 100 * others / (every - self._all))


def _machine_ticks() -> tuple[int, int]:
    """What all cores spent working, and in all, since they were started."""
    try:
        line = (PROC / "stat").read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return 0, 0
    user, nice, system, idle, waiting, *interrupts = map(int, line.split()[1:9])
    busy = user + nice + system + sum(interrupts)
    return busy, busy + idle + waiting


def _our_ticks() -> int:
    """What this process, its children and those that it waited for spent."""
    return sum(_ticks_of(each) for each in _ours())


def _ours() -> Iterator[list[str]]:
    for path in PROC.glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if os.getpid() in (int(path.parent.name), int(fields[1])):
            yield fields


def _ticks_of(fields: list[str]) -> int:
    # utime, stime and the same of the children that were waited for (see proc(5)).
    return sum(map(int, fields[11:15]))
