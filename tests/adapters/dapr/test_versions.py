"""What a version can do stands in one place, and of an unknown one nothing is claimed."""

from datetime import timedelta

import pytest

from wfadmin.adapters.dapr.versions import Version
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.model import InvocationStatus, ServiceKind

GATES = (
    "has_stable_routes",
    "counts_workers",
    "stalls",
    "lists",
    "names_schedulers",
    "reaches_other_apps",
)
UNKNOWN = [None, "", "edge", "nightly-2026-11-20", "1", "1.x", "1.18rc", "1.20.0", "2.0.0", "0.9.1"]


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("1.13.5", 0),
        ("1.14.4", 0),
        ("1.15.0", 1),
        ("1.16.2", 2),
        ("1.17.13", 4),
        ("1.18.3", 5),
        ("v1.18.3", 5),
        ("1.18", 5),
        ("1.19.0-rc.1", 6),
        ("1.19.0", 6),
    ],
)
def test_each_gate_opens_with_its_version(text: str, passed: int) -> None:
    version = Version(text)

    assert [name for name in GATES if getattr(version, name)] == list(GATES[:passed])


@pytest.mark.parametrize("text", UNKNOWN)
def test_no_gate_is_open_for_a_version_that_nobody_knows(text: str | None) -> None:
    version = Version(text)

    assert not version.is_known
    assert [name for name in GATES if getattr(version, name)] == []


@pytest.mark.parametrize("text", [*UNKNOWN, "1.13.5"])
def test_an_unknown_version_declares_only_that_its_answers_are_late(text: str | None) -> None:
    assert Version(text).capabilities == Capabilities(write_floor=timedelta(seconds=8))


@pytest.mark.parametrize("text", ["1.14.4", "1.18.3", "1.19.0"])
def test_a_known_version_declares_what_it_does(text: str) -> None:
    found = Version(text).capabilities

    assert found == Capabilities(
        commands=frozenset(
            {
                CommandName.START,
                CommandName.PAUSE,
                CommandName.RESUME,
                CommandName.KILL,
                CommandName.PURGE,
                CommandName.RAISE_EVENT,
            },
        ),
        fence=Fence.CHECKED,
        purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
        kill_is_immediate=False,
        kill_reach=Reach.WITH_CHILDREN,
        purge_reach=Reach.WITH_CHILDREN,
        late_results=True,
        repeatable=frozenset({CommandName.KILL, CommandName.PURGE}),
        listing=Listing.NONE,
        services_cover_names=False,
        pausable=frozenset({InvocationStatus.RUNNING}),
        pause_keeps_progress=False,
        unkillable=frozenset({InvocationStatus.PENDING, InvocationStatus.STALLED}),
        write_floor=timedelta(seconds=8),
    )
