"""What was typed and cannot be run is an error of usage, in both forms, without any value."""

import json
from collections.abc import Sequence

import pytest
from cyclopts.exceptions import CoercionError, CycloptsError

from wfadmin.cli import main
from wfadmin.cli.app import GROUPS
from wfadmin.cli.usage import misuse

CASES: Sequence[tuple[list[str], str, str]] = (
    (["doctr"], "There is no command doctr; perhaps you mean doctor.", "wfadmin"),
    (["frobnicate"], "There is no command frobnicate; there are", "wfadmin"),
    (["http://u:hunter2@engine"], "There is no such command; there are", "wfadmin"),
    (["--admin-url", "http://x", "doctor"], "An option stands before the command", "wfadmin"),
    ([""], "There is no such command; there are", "wfadmin"),
    (["doctor", "--tokn", "x"], "no option --tokn; perhaps you mean --token-env", "wfadmin doctor"),
    (["doctor", "--token=hunter2"], "There is no option --token; perhaps", "wfadmin doctor"),
    (["doctor", "-phunter2"], "There is no option -p; a name or key that", "wfadmin doctor"),
    (["doctor", "--9hunter2"], "There is no option of that name; a name or", "wfadmin doctor"),
    (["doctor", "hunter2"], "It takes no more arguments, and 1 follow.", "wfadmin doctor"),
    (["doctor", "--timeout"], "--timeout needs a value.", "wfadmin doctor"),
    (["doctor", "--timeout", "hunter2"], "--timeout takes a number.", "wfadmin doctor"),
    (["doctor", "-o", "hunter2"], "-o takes one of: table, json.", "wfadmin doctor"),
    (["doctor", "--engine", "a", "--engine", "b"], "--engine is given twice.", "wfadmin doctor"),
    (["inspect"], "SERVICE_NAME is missing.", "wfadmin inspect"),
    (["inspect", "Order"], "SERVICE_KEY is missing.", "wfadmin inspect"),
    (["inspect", "Order", "-key"], "There is no option -k; a name or key that", "wfadmin inspect"),
    (["inspect", "Order", "k", "--no-show-state"], "There is no option", "wfadmin inspect"),
    (["runs", "hunter2"], "There is no such command of wfadmin runs.", "wfadmin runs"),
    (["runs", "pause", "Order"], "SERVICE_KEY is missing.", "wfadmin runs"),
    (["doctor", "\udcff"], "An argument is not valid text.", "wfadmin"),
)


@pytest.mark.parametrize(("words", "told", "command"), CASES)
def test_an_error_of_usage_is_three_lines_and_exits_2(
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
    command: str,
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    message, why, fix = err.splitlines()
    assert told in message
    assert why.startswith("  why: ")
    assert fix == f"  fix: See: {command} --help"
    assert "hunter2" not in err


@pytest.mark.parametrize(("words", "told", "command"), CASES)
def test_in_json_an_error_of_usage_is_one_document(
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
    command: str,
) -> None:
    # Behind the words of the case, unless those end with an option that would swallow it.
    verbs = 2 if words[0] in GROUPS else 1
    given = (
        [*words[:verbs], "-o=json", *words[verbs:]] if "-o" not in words else [*words, "-o", "json"]
    )
    assert main(given) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert err == ""
    assert (error["id"], error["status"]) == ("invalid_command_line", 422)
    assert command in error["fix"]
    assert "hunter2" not in out
    if "-o" not in words:
        assert told.rstrip(".") in error["message"]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (CycloptsError("hunter2"), "It cannot be understood."),
        (CoercionError("hunter2", target_type=float), "An argument takes a number."),
    ],
)
def test_an_error_that_nobody_expected_is_told_without_its_words(
    error: CycloptsError,
    problem: str,
) -> None:
    assert misuse([], error, ("doctor",)).message == problem
