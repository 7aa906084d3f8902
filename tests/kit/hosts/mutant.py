"""
Broken host adapters: each has one mistake, which its name tells.

    @mistake("AL-20")
    class SwallowsWhatCannotBeStored(JsonLinesAuditLog): ...
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from tests.kit.hosts.benches import (
    FileAudit,
    FolderLease,
    FolderOfEvidence,
    FreshIds,
    HostKnows,
    KnowsAda,
    TokenInAFile,
    Watched,
)
from wfadmin.testing.hosts import ClockBench, HostBench, TasksBench

_SOON = timedelta(seconds=0.2)


class _QuickLease(FolderLease):
    patience = _SOON


class _QuickClock(ClockBench):
    patience = _SOON


class _QuickTasks(TasksBench):
    patience = _SOON


class _QuickWatched(Watched):
    patience = _SOON


#: On which bench an adapter is put, by the letters of the port.
_BENCHES: dict[str, Callable[[Any], HostBench]] = {
    "AL": FileAudit,
    "OL": _QuickLease,
    "ES": FolderOfEvidence,
    "CL": lambda make: _QuickClock(make()),
    "TR": lambda make: _QuickTasks(make()),
    "ID": FreshIds,
    "CR": TokenInAFile,
    "GU": HostKnows,
    "AU": KnowsAda,
    "OB": _QuickWatched,
}


@attrs.frozen
class HostMutant:
    """
    One mistake.

    Attributes:
        name: The mistake, in words.
        breaks: The id of the clause that must find it.
    """

    name: str
    breaks: str
    adapter: type

    def __str__(self) -> str:
        return f"{self.breaks} {self.name}"

    def bench(self) -> HostBench:
        return _BENCHES[self.breaks.partition("-")[0]](self.adapter)


#: Every mutant that was written down.
HOST_MUTANTS: list[HostMutant] = []


def mistake(*breaks: str) -> Callable[[type], type]:
    """A broken adapter, and the clauses each of which must find it."""

    def keep(adapter: type) -> type:
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", adapter.__name__).lower()
        HOST_MUTANTS.extend(HostMutant(words, one, adapter) for one in breaks)
        return adapter

    return keep
