"""
Real servers for the tests that are marked `engine`, one of each pinned version.

Without the servers these tests are skipped with the line that fetches them; with
WFADMIN_REQUIRE_ENGINES=1 they fail instead.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.fetch_restate import HOW_TO, VERSIONS, CannotFetchError, binary_of, folder_in_use
from tests.engines.incident import Incident, bring_about
from tests.engines.restate_lab import RestateLab
from tests.engines.restate_server import RestateServer


def name_of(version: str) -> str:
    """Name a version in the id of a test: restate-1.7."""
    return "restate-" + ".".join(version.split(".")[:2])


@pytest.fixture(scope="session", params=VERSIONS, ids=name_of)
def restate_version(request: pytest.FixtureRequest) -> str:
    """Give each pinned version in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def restate_binary(restate_version: str) -> Path:
    """Find the server of this version; never one that the machine happens to have."""
    try:
        binary = binary_of(folder_in_use(), restate_version)
    except CannotFetchError as failure:
        return give_up(str(failure))
    if not binary.exists():
        return give_up(f"Restate {restate_version} is not here. {HOW_TO}")
    return binary


def give_up(reason: str) -> Path:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("WFADMIN_REQUIRE_ENGINES") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def restate(restate_binary: Path, restate_version: str) -> Iterator[RestateLab]:
    """Share a server on unix sockets; give it keys of your own."""
    with (
        RestateServer(restate_binary, version=restate_version) as server,
        RestateLab(server) as lab,
    ):
        yield lab


@pytest.fixture(scope="session")
def restate_tcp(restate_binary: Path, restate_version: str) -> Iterator[RestateLab]:
    """Share a server on TCP ports; give it keys of your own."""
    server = RestateServer(restate_binary, version=restate_version, listen="tcp")
    with server, RestateLab(server) as lab:
        yield lab


@pytest.fixture
def fresh_restate(restate_binary: Path, restate_version: str) -> Iterator[RestateLab]:
    """Have a server on unix sockets that nobody else touches."""
    with (
        RestateServer(restate_binary, version=restate_version) as server,
        RestateLab(server) as lab,
    ):
        yield lab


@pytest.fixture
def bare_restate(restate_binary: Path, restate_version: str) -> Iterator[RestateServer]:
    """Have a server on unix sockets with nothing registered."""
    with RestateServer(restate_binary, version=restate_version) as server:
        yield server


@pytest.fixture(scope="session")
def incident(restate_binary: Path, restate_version: str) -> Iterator[Incident]:
    """Share a server on which everything is wrong at once; only read from it."""
    with (
        RestateServer(restate_binary, version=restate_version) as server,
        RestateLab(server) as lab,
    ):
        yield bring_about(lab)
