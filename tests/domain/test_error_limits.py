"""Errors at their limits: which name can be installed, and which status leaves a write open."""

import pytest

from wfadmin.domain.errors import EngineRejected, UnknownAdapter


@pytest.mark.parametrize(
    ("name", "is_offered"),
    [("fragno", True), ("my-engine", True), ("my engine", False), ("mönch", False), ("-", False)],
)
def test_only_what_may_be_a_package_name_is_offered_for_installation(
    name: str, *, is_offered: bool
) -> None:
    fix = UnknownAdapter("engine", "unknown", name, ("memory", "restate")).fix

    assert fix.startswith("Use one of: memory, restate.")
    assert fix.endswith(f" Or install it with: pip install wfadmin-{name}") is is_offered


@pytest.mark.parametrize(("http_status", "may_have"), [(400, False), (499, False), (500, True)])
def test_from_an_error_of_its_own_on_an_engine_may_have_done_what_it_was_told(
    http_status: int, *, may_have: bool
) -> None:
    assert EngineRejected("http://h", http_status).may_have_done_it is may_have
