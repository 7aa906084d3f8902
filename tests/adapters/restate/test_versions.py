"""What is claimed of a version is what was seen of it."""

from datetime import timedelta
from typing import Any

import pytest

from wfadmin.adapters.restate.versions import Version
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.model import InvocationStatus, ServiceKind


@pytest.mark.parametrize("version", ["1.6.0", "1.6.2", "1.7.12", "1.7.0-rc.1"])
def test_a_known_version_can_do_what_was_seen(version: str) -> None:
    found = Version(version).capabilities

    assert {word.value for word in found.commands} == {"pause", "resume", "cancel", "kill", "purge"}
    assert CommandName.START not in found.commands
    assert (found.fence, found.kill_reach) == (Fence.CHECKED, Reach.WITH_CHILDREN)
    assert found.purge_clears_state == {ServiceKind.WORKFLOW}
    assert found.pausable == {
        InvocationStatus.RUNNING,
        InvocationStatus.READY,
        InvocationStatus.BACKING_OFF,
    }
    assert found.kill_is_immediate
    assert (found.purge_reach, found.late_results) == (Reach.ALONE, False)
    assert found.services_cover_names
    assert found.listing is Listing.COMPLETE
    assert found.register_floor == timedelta(seconds=30)


@pytest.mark.parametrize(
    "version", ["1.5.9", "1.8.0", "2.0.0", "11.7.1", "1.70.1", "1.7", "", "unknown", "1.\u0667.1"]
)
def test_of_another_version_nothing_is_claimed(version: str) -> None:
    assert Version(version).capabilities == Capabilities(register_floor=timedelta(seconds=30))
    assert not Version(version).has_point_reads


@pytest.mark.parametrize(
    ("features", "scoped"),
    [
        (None, False),
        ({}, False),
        ({"vqueues": True, "scoped_virtual_objects": False}, False),
        ({"scoped_virtual_objects": True}, True),
        ({"scoped_state_table_migration": True}, True),
        ({"scoped_of_tomorrow": {"on": 1}}, True),
        (["scoped_virtual_objects"], True),
        ("none", True),
    ],
)
def test_keys_lie_elsewhere_where_there_are_scopes(features: Any, scoped: bool) -> None:  # noqa: ANN401, FBT001
    version = Version("1.7.12", None, features)

    assert version.is_scoped is scoped
    assert version.has_point_reads is not scoped
