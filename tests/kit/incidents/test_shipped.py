"""What wfadmin sees and does in each incident, and that it does no harm in any order."""

import pytest

import wfadmin
from tests.kit.incidents.shipped import FINDINGS, SHIPPED, Shipped, endings
from wfadmin.testing import untouched
from wfadmin.testing.explore import explore
from wfadmin.testing.incidents import INCIDENTS, Incident

EVERY_VERB = [
    pytest.param(one, verb, id=f"{one}: {verb.told}")
    for one in INCIDENTS
    for verb in SHIPPED[one.id]
]

#: Scenes that are looked at. What waits for ten seconds for its effect has many more.
BOUND = 1000


@pytest.mark.parametrize("incident", INCIDENTS, ids=str)
@pytest.mark.asyncio
async def test_doctor_and_inspect_find_exactly_this(incident: Incident) -> None:
    world = incident.world()
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        with untouched(world):
            report = await operator.doctor()
            seen = await operator.inspect(incident.key)

    found = [tuple(one.code.value for one in two) for two in (report.findings, seen.findings)]
    assert tuple(found) == FINDINGS[incident.id]


@pytest.mark.parametrize("incident", INCIDENTS, ids=str)
@pytest.mark.asyncio
async def test_each_verb_ends_exactly_so(incident: Incident) -> None:
    ended = [(one.told, words) async for one, words in endings(incident)]

    assert ended == [(one.told, one.ends) for one in SHIPPED[incident.id]]


@pytest.mark.parametrize(("incident", "verb"), EVERY_VERB)
def test_a_verb_does_no_harm_in_any_order(incident: Incident, verb: Shipped) -> None:
    scenario = incident.scenario()
    scenario.operator(verb.act, policy=verb.policy)

    explored = explore(scenario, at_most=BOUND)

    assert explored.bugs == set(), str(explored)
    assert explored.is_complete is (verb.ends != "outcome_unknown")


def test_every_incident_has_verbs_and_findings() -> None:
    ids = [one.id for one in INCIDENTS]

    assert list(SHIPPED) == ids
    assert list(FINDINGS) == ids
