"""The demo: an incident from the ill report to the remedy, the same each time."""

import shlex

import pytest

from tests.cli.conftest import document
from tests.cli.samples import assert_like_sample, assert_like_text
from wfadmin.cli import main
from wfadmin.cli.app import COMMANDS, GROUPS


def test_the_demo_is_like_its_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert_like_text("demo.txt", out)


def test_in_json_the_demo_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", "json"]) == 0
    assert_like_sample("demo", document(capsys))


def test_every_line_of_the_demo_is_a_command_that_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["demo", "-o", "json"])
    verbs = {shlex.split(line)[1] for line in document(capsys)["remedies"]}
    assert verbs <= COMMANDS.keys() | GROUPS.keys()


def test_the_demo_reaches_no_engine_of_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--admin-url", "http://engine:9070"]) == 2
    assert "There is no option --admin-url" in capsys.readouterr().err


def test_the_demo_ends_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "-o", "json"])
    repairs = document(capsys)["repairs"]
    assert [one["doctor"]["verdict"] for one in repairs] == ["error", "info", "ok"]
    assert all(one["result"]["confirmed"] for one in repairs)
