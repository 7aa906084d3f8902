"""A version of the contract never changes, and each port names the clauses that it is held to."""

import re
from pathlib import Path

import pytest

from tests.kit.hosts.test_host_mutants import BY_ID as HOST_CLAUSES
from wfadmin.errors import UsageError
from wfadmin.testing import CONTRACT, clauses

HERE = Path(__file__).parent
PORTS = HERE.parents[1] / "src" / "wfadmin" / "ports"
FILES = {
    "Engine": "engine.py",
    "AdminApi": "admin.py",
    "InvocationStore": "invocations.py",
    "InvocationListing": "listing.py",
    "DeploymentRegistry": "deployments.py",
    "InvocationControl": "control.py",
    "StateStore": "state.py",
    "InvocationHistory": "history.py",
}
NEWEST = clauses(contract=CONTRACT)


@pytest.mark.parametrize("contract", range(1, CONTRACT + 1))
def test_a_version_of_the_contract_is_what_it_was(contract: int) -> None:
    frozen = (HERE / f"contract_{contract}.txt").read_text(encoding="utf-8")

    of_hosts = [one for one in HOST_CLAUSES.values() if one.since <= contract]
    assert "".join(f"{one}\n" for one in (*clauses(contract=contract), *of_hosts)) == frozen


@pytest.mark.parametrize("contract", [0, CONTRACT + 1])
def test_a_version_that_is_not_there_is_refused(contract: int) -> None:
    with pytest.raises(UsageError, match=f"there are versions 1 to {CONTRACT}"):
        clauses(contract=contract)


def test_no_two_clauses_share_an_id() -> None:
    ids = [one.id for one in NEWEST]

    assert ids == list(dict.fromkeys(ids))


@pytest.mark.parametrize("clause", NEWEST, ids=str)
def test_a_rule_is_one_short_line(clause: object) -> None:
    assert re.fullmatch(r"[A-Z]{2}-\d\d [^\n]{10,100}[^.\n]", str(clause))


@pytest.mark.parametrize("port", FILES)
def test_the_docstrings_of_a_port_name_its_clauses(port: str) -> None:
    text = (PORTS / FILES[port]).read_text(encoding="utf-8")
    letters = {one.id.partition("-")[0] for one in NEWEST if one.port == port}
    named = set(re.findall(r"\b[A-Z]{2}-\d\d\b", text))

    assert named == {one.id for one in NEWEST if one.port == port}
    assert len(letters) == 1
