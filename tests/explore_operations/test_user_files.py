"""What a user writes to explore a recovery: a naive one, and one that leaves it to wfadmin."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from wfadmin.testing.explore import replay

HERE = Path(__file__).resolve().parent


def file_of_a_user(name: str) -> dict[str, Any]:
    return runpy.run_path(str(HERE / name))


def test_the_bug_of_a_naive_recovery_is_told_as_a_story() -> None:
    user = file_of_a_user("naive.py.txt")

    with pytest.raises(AssertionError) as failed:
        user["test_recovery_is_safe"]()

    assert str(failed.value).split("\n\n")[1].splitlines()[:8] == [
        "clears the state of a run (a bug):",
        "   1. my code: invocations.for_key Order/o-1",
        "   2. my code: control.kill Order/o-1",
        "   3. my code: control.purge Order/o-1",
        "   4. client: submits Order/o-1 (1 left)",
        "   5. engine: gets on with Order/o-1",
        "   6. my code: state.read Order/o-1",
        "   7. my code: state.clear Order/o-1",
    ]


def test_the_story_that_is_told_leads_there_again() -> None:
    user = file_of_a_user("naive.py.txt")
    with pytest.raises(AssertionError) as failed:
        user["test_recovery_is_safe"]()
    told = str(failed.value).split("to play it again:\n")[1]
    lines = [line.strip(" ,'") for line in told.splitlines() if line.strip().startswith("'")]
    scenario = user["Scenario"](user["a_stuck_order"])
    scenario.code(user["recover"])
    scenario.client(user["KEY"])
    scenario.engine()

    assert replay(scenario, lines).bugs == {"clears the state of a run"}


def test_a_recovery_that_is_left_to_wfadmin_passes() -> None:
    file_of_a_user("mended.py.txt")["test_recovery_is_safe"]()


@pytest.mark.parametrize("name", ["naive.py.txt", "mended.py.txt"])
def test_it_takes_less_than_twenty_lines(name: str) -> None:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()

    assert len([line for line in lines if line]) < 20
