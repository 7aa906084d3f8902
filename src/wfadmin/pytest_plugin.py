"""
Fixtures for pytest: an engine in memory, an operator over it, and what that put on record.

pytest imports this module in every run wherever wfadmin is installed, also where no test is about
workflows: so nothing else is imported before a fixture is used.
"""

from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from wfadmin.adapters.audit_memory import MemoryAuditLog
    from wfadmin.adapters.memory import MemoryEngine, World
    from wfadmin.operations.local import LocalOperator

__all__ = [
    "pytest_configure",
    "wfadmin_audit",
    "wfadmin_engine",
    "wfadmin_operator",
    "wfadmin_world",
]

_MARKER = "wfadmin(**settings): how the World of wfadmin_world is made, such as like='dapr'"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that it passes ``--strict-markers``."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def wfadmin_world(request: pytest.FixtureRequest) -> "World":
    """
    A new `World`, made as the closest ``@pytest.mark.wfadmin(...)`` says.

    Raises:
        TypeError: The marker gives a setting that `World` does not know.
        UsageError: `World` refuses a setting.
    """
    from wfadmin.adapters.memory import World

    marker = request.node.get_closest_marker("wfadmin")
    return World() if marker is None else World(*marker.args, **marker.kwargs)


@pytest.fixture
def wfadmin_engine(wfadmin_world: "World") -> "MemoryEngine":
    """The engine of `wfadmin_world`. Override it to put faults between it and the operator."""
    return wfadmin_world.engine


@pytest.fixture
def wfadmin_audit(wfadmin_world: "World") -> "MemoryAuditLog":
    """The empty audit log of `wfadmin_operator`, at the time of `wfadmin_world`."""
    from wfadmin.adapters.audit_memory import MemoryAuditLog

    return MemoryAuditLog(clock=wfadmin_world.clock)


@pytest.fixture
def wfadmin_operator(
    wfadmin_world: "World",
    wfadmin_engine: "MemoryEngine",
    wfadmin_audit: "MemoryAuditLog",
) -> "Iterator[LocalOperator]":
    """
    An operator over `wfadmin_engine`, at the time of `wfadmin_world`; closed after the test.

    It is made without an event loop, and serves on whichever the test runs.

    Raises:
        RuntimeError: The engine was overridden by one that cannot be closed without an event loop.
    """
    from wfadmin.bootstrap import connect

    operator = connect(wfadmin_engine, clock=wfadmin_world.clock, audit=wfadmin_audit)
    yield operator
    _run_to_its_end(operator.aclose())


def _run_to_its_end(call: Coroutine[object, None, None]) -> None:
    # By hand: which event loop the test ran on is not known here, nor whether there was one.
    try:
        call.send(None)
    except StopIteration:
        return
    call.close()
    message = "closing wfadmin_engine waits for something: connect to such an engine in the test"
    raise RuntimeError(message)
