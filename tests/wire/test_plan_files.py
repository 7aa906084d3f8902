"""A plan survives its file, and nothing else passes for one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import pytest

from wfadmin.domain.errors import InvalidPlan, UsageError
from wfadmin.domain.keys import Incarnation
from wfadmin.domain.plan import Action, Item, Plan, Step, Verb
from wfadmin.wire.plan_files import MAX_BYTES, load_plan, plan_document, plan_of_text, save_plan

PLAN = Plan(
    Verb.RECOVER,
    (("service_name", "Order"), ("service_key", "o\x1b\ud800"), ("stuck", "paused")),
    (Item("o-1", (Step(Action.KILL, "inv_1", Incarnation("t1")), Step(Action.PURGE, "inv_1"))),),
    ("Ids recur.",),
    "memory memory",
    datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
)


def text_of(plan: Plan, change: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
    document = plan_document(plan)
    change(document)
    return json.dumps(document).encode()


def test_a_plan_survives() -> None:
    assert plan_of_text(text_of(PLAN)) == PLAN


def test_a_plan_without_steps_and_in_another_zone_survives() -> None:
    plan = attrs.evolve(PLAN, items=(), expires_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert plan_of_text(text_of(plan)) == plan


def test_a_document_is_like_this() -> None:
    assert plan_document(PLAN) == {
        "verb": "recover",
        "arguments": [
            {"name": "service_name", "value": "Order"},
            {"name": "service_key", "value": "o\x1b\ud800"},
            {"name": "stuck", "value": "paused"},
        ],
        "items": [
            {
                "target": "o-1",
                "steps": [
                    {"action": "kill", "target": "inv_1", "incarnation": "t1", "detail": ""},
                    {"action": "purge", "target": "inv_1", "incarnation": None, "detail": ""},
                ],
            }
        ],
        "warnings": ["Ids recur."],
        "engine": "memory memory",
        "expiresAt": "2026-01-01T12:00:00.123456Z",
        "digest": PLAN.digest,
    }


def test_a_time_is_told_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    plan = attrs.evolve(PLAN, expires_at=PLAN.expires_at.astimezone(east))
    assert plan_document(plan)["expiresAt"] == "2026-01-01T12:00:00.123456Z"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(engine="restate http://other"), "it was changed"),
        (lambda d: d["items"][0]["steps"].pop(), "it was changed"),
        (lambda d: d["items"][0]["steps"][0].update(target="inv_2"), "it was changed"),
        (lambda d: d.update(expiresAt="2999-01-01T00:00:00Z"), "it was changed"),
        (lambda d: d.update(digest="0" * 64), "it was changed"),
        (lambda d: d.update(force="hunter2"), "force is not a known key"),
        (lambda d: d["items"][0].update(forced=True), "items[0].forced is not a known key"),
        (lambda d: d.pop("verb"), "verb is missing"),
        (lambda d: d.update(verb="hunter2"), "verb: one of redeploy, "),
        (lambda d: d.update(warnings="hunter2"), "warnings: a list is expected, this is text"),
        (lambda d: d.update(expiresAt="hunter2"), "expiresAt is no time with a zone"),
        (lambda d: d.update(expiresAt="2026-01-01T00:00:00"), "expiresAt is no time with a zone"),
        (lambda d: d.update(expiresAt="0001-01-01T00:00:00+14:00"), "expiresAt is out of range"),
    ],
)
def test_what_was_edited_is_refused(
    change: Callable[[dict[str, Any]], object],
    problem: str,
) -> None:
    with pytest.raises(InvalidPlan) as caught:
        plan_of_text(text_of(PLAN, change))
    assert problem in caught.value.problem
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff", b"[" * 100_000, b'{"verb": 1, "verb": 2}', b"1" * 5000],
)
def test_what_is_no_json_of_ours_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidPlan, match="it is no JSON that wfadmin writes"):
        plan_of_text(text)


def test_another_document_is_refused() -> None:
    with pytest.raises(InvalidPlan, match="a table is expected"):
        plan_of_text(b"[]")


def test_a_file_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(PLAN, str(path))
    assert load_plan(str(path)) == PLAN
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("kept")
    with pytest.raises(UsageError, match="File exists"):
        save_plan(PLAN, str(path))
    assert path.read_text() == "kept"


def test_a_plan_that_nobody_could_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with pytest.raises(UsageError, match="the plan is larger than"):
        save_plan(attrs.evolve(PLAN, warnings=("w" * MAX_BYTES,)), str(path))
    assert not path.exists()


@pytest.mark.parametrize("content", [None, b" " * (MAX_BYTES + 1)])
def test_a_file_that_cannot_be_read_is_no_plan(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidPlan):
        load_plan(str(path))
