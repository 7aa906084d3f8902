"""The library itself: names, origins, and worlds that are always the same."""

import re

import pytest

from wfadmin.errors import UsageError
from wfadmin.testing import snapshot
from wfadmin.testing.incidents import INCIDENTS, Incident, incident

ORIGIN = re.compile(r"[\w.-]+/[\w.-]+#\d+$|seen live on (Restate|Dapr) \d")
each = pytest.mark.parametrize("incident", INCIDENTS, ids=str)


def test_there_are_these_incidents_each_once() -> None:
    assert [str(one) for one in INCIDENTS] == [
        "ghost-deployment-spiral",
        "unpinned-work-at-drain",
        "re-register-changes-nothing",
        "silent-rollback",
        "version-zombie",
        "completed-counted-as-draining",
        "unspecified-drain",
        "suspended-for-ever",
        "late-purge",
        "retention-zero-leaves-state",
        "undrained-terminate",
        "old-activity-completes-new-run",
        "needless-resume",
        "pause-pause-resume",
        "planned-start-runs",
        "child-ended-alone",
        "stalled-ghost",
    ]


@each
def test_an_incident_is_found_by_its_id(incident: Incident) -> None:
    assert find(incident.id) is incident


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(UsageError, match="there is none of that id: see INCIDENTS"):
        incident("ghost")


@each
def test_an_incident_says_where_it_comes_from(incident: Incident) -> None:
    assert ORIGIN.match(incident.origin)


@each
def test_its_words_are_a_few_sentences(incident: Incident) -> None:
    for text in (incident.story, incident.lesson, incident.instead or "None."):
        assert text.endswith(".")
        assert "|" not in text
    assert 2 <= incident.story.count(". ") + 1 <= 3


@each
def test_its_world_is_always_the_same_and_always_new(incident: Incident) -> None:
    one, other = incident.world(), incident.world()

    assert one.engine is not other.engine
    assert snapshot(one) == snapshot(other)


@each
def test_its_scenario_is_new_with_everybody_else_in_it_and_no_operation(
    incident: Incident,
) -> None:
    one, other = incident.scenario(), incident.scenario()

    assert one is not other
    assert one.parts == []
    assert one.others != []
    assert snapshot(one.make()) == snapshot(incident.world())


#: What else happens, beside clients, the engine and the network: at once, or when its time comes.
HAPPENS = {
    "ghost-deployment-spiral": {"o-2 gives up as well": "at once"},
    "unpinned-work-at-drain": {"three hours pass": "at once"},
    "re-register-changes-nothing": {"one more attempt fails": "at once"},
    "version-zombie": {"it tries once more": "at once"},
    "suspended-for-ever": {"one more call of c-1 queues": "at once"},
    "undrained-terminate": {"the run ends well": "at once"},
    "old-activity-completes-new-run": {
        "a worker starts the run": "later",
        "the result of the old activity arrives": "later",
    },
    "needless-resume": {"a colleague resumes it": "at once"},
    "pause-pause-resume": {"an hour passes": "at once"},
    "planned-start-runs": {"the day comes": "at once", "a worker starts the run": "later"},
    "child-ended-alone": {"the child ends well": "at once"},
    "stalled-ghost": {"the worker is restarted": "at once"},
}


@each
def test_what_else_happens_can_happen_at_once_or_later(incident: Incident) -> None:
    world = incident.world()

    found = {
        one.kind: "at once" if one.when is None or one.when(world) else "later"
        for one in incident.scenario().others
        if one.does is not None
    }
    assert found == HAPPENS.get(incident.id, {})


@each
def test_whatever_happens_at_once_makes_another_world_of_it(incident: Incident) -> None:
    # A restart changes nothing until there is a ghost.
    happens = [one for one in incident.scenario().others if one.kind != "the worker is restarted"]
    for one in happens:
        world = incident.world()
        if one.does is None or (one.when is not None and not one.when(world)):
            continue
        before = (snapshot(world), world.clock.now())

        one.does(world)

        assert (snapshot(world), world.clock.now()) != before, one.kind


find = incident
