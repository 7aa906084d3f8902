"""The kit finds every mistake that was planted in a host adapter."""

import pytest

from tests.kit.hosts import (
    mutants_access,
    mutants_audit,
    mutants_evidence,
    mutants_lease,
    mutants_runtime,
)
from tests.kit.hosts.mutant import HOST_MUTANTS, HostMutant
from tests.kit.hosts.test_host_adapters import SUBJECTS
from wfadmin.testing import Outcome
from wfadmin.testing.hosts import examine_host

_FILES = (mutants_access, mutants_audit, mutants_evidence, mutants_lease, mutants_runtime)
BY_ID = {one.id: one for clauses, _ in SUBJECTS for one in clauses(contract=1)}


@pytest.mark.asyncio
@pytest.mark.parametrize("mutant", HOST_MUTANTS, ids=str)
async def test_the_kit_finds_the_mistake(mutant: HostMutant) -> None:
    verdict = await examine_host(BY_ID[mutant.breaks], mutant.bench())

    assert verdict.outcome is Outcome.BROKEN, verdict


def test_every_clause_has_a_mistake_that_it_finds() -> None:
    assert {mutant.breaks for mutant in HOST_MUTANTS} == set(BY_ID)


#: What the broken adapters are made from, and the clauses that it does not keep as it is.
SOUND: dict[str, tuple[type, frozenset[str]]] = {
    "AL": (mutants_audit.Log, frozenset()),
    "OL": (mutants_lease.Names, frozenset({"OL-02", "OL-14"})),
    "ES": (mutants_evidence.Files, frozenset()),
    "CR": (mutants_access.Source, frozenset()),
    "GU": (mutants_access.PlainGuard, frozenset()),
    "AU": (mutants_access.Keys, frozenset()),
}
WITHOUT_A_MISTAKE = [
    HostMutant(adapter.__name__, clause_id, adapter)
    for clause_id in BY_ID
    for adapter, but in [SOUND.get(clause_id[:2], (object, frozenset(BY_ID)))]
    if clause_id not in but
]


@pytest.mark.asyncio
@pytest.mark.parametrize("sound", WITHOUT_A_MISTAKE, ids=str)
async def test_without_the_mistake_the_clause_passes(sound: HostMutant) -> None:
    verdict = await examine_host(BY_ID[sound.breaks], sound.bench())

    assert verdict.outcome is Outcome.PASSED, verdict
