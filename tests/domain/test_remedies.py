"""A remedy is a line to paste, or a sentence about something outside of wfadmin."""

import pytest

from tests.domain.build import KEY
from wfadmin.domain import remedies
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.remedies import Mildness, Remedy

_HOSTILE = WorkflowKey("-Order", "it's; id\n")


@pytest.mark.parametrize(
    ("remedy", "mildness", "command"),
    [
        pytest.param(
            remedies.advise("Start the server"), Mildness.LOOK, None, id="advice has no command"
        ),
        pytest.param(
            remedies.advise("Register it", Mildness.REDEPLOY),
            Mildness.REDEPLOY,
            None,
            id="advice may touch something all the same",
        ),
        pytest.param(
            remedies.inspect(KEY), Mildness.LOOK, "wfadmin inspect -- Order 42", id="inspect"
        ),
        pytest.param(
            remedies.resume(KEY, "inv_1"),
            Mildness.RESUME,
            "wfadmin runs resume --id=inv_1 -- Order 42",
            id="resume",
        ),
        pytest.param(
            remedies.resume_latest(KEY, "inv_1"),
            Mildness.RESUME_LATEST,
            "wfadmin runs resume --id=inv_1 --deployment latest -- Order 42",
            id="resume on the latest deployment",
        ),
        pytest.param(
            remedies.redeploy("http://h:9080"),
            Mildness.REDEPLOY,
            "wfadmin redeploy -- http://h:9080",
            id="redeploy",
        ),
        pytest.param(
            remedies.cleanup(["http://h"], wait=False),
            Mildness.CLEANUP,
            "wfadmin cleanup -- http://h",
            id="cleanup",
        ),
        pytest.param(
            remedies.cleanup(["http://a", "http://b", "http://c"], wait=True),
            Mildness.CLEANUP,
            "wfadmin cleanup --wait 30s --also-keep=http://b --also-keep=http://c -- http://a",
            id="cleanup that waits and keeps more",
        ),
        pytest.param(
            remedies.recover(KEY), Mildness.RECOVER, "wfadmin recover -- Order 42", id="recover"
        ),
        pytest.param(
            remedies.recover(KEY, stuck="paused"),
            Mildness.RECOVER,
            "wfadmin recover --stuck paused -- Order 42",
            id="recover a stuck one",
        ),
        pytest.param(
            remedies.inspect(_HOSTILE),
            Mildness.LOOK,
            "wfadmin inspect -- -Order $'it\\047s; id\\012'",
            id="a hostile key is two words behind the dashes",
        ),
        pytest.param(
            remedies.resume(KEY, "--force; id"),
            Mildness.RESUME,
            "wfadmin runs resume '--id=--force; id' -- Order 42",
            id="a hostile id is one word with its option",
        ),
        pytest.param(
            remedies.recover(WorkflowKey("Order", "victim\0x")),
            Mildness.RECOVER,
            None,
            id="a key that no command line can hold has no command, rather than another key's",
        ),
    ],
)
def test_a_remedy(remedy: Remedy, mildness: Mildness, command: str | None) -> None:
    assert (remedy.mildness, remedy.command()) == (mildness, command)


def test_the_options_that_name_the_engine_stand_before_the_dashes() -> None:
    target = ["--context", "prod eu"]
    line = remedies.resume(KEY, "inv_1").command(target)
    assert line == "wfadmin runs resume --context 'prod eu' --id=inv_1 -- Order 42"
    assert remedies.advise("Start the server").command(target) is None


def test_a_remedy_that_kills_says_so() -> None:
    assert "kill" in remedies.recover(KEY, stuck="paused").title
    assert "kill" not in remedies.recover(KEY).title


def test_what_goes_along_with_a_recovery_is_said() -> None:
    found = remedies.recover(KEY, stuck="paused", with_children=True)

    assert found.command() == "wfadmin recover --stuck paused --with-children -- Order 42"
    assert found.title.endswith(", and whatever it called")


def test_a_forced_purge_is_told_as_the_last_resort() -> None:
    found = remedies.recover(KEY, stuck="stalled", force=True)

    assert found.command() == "wfadmin recover --stuck stalled --force-purge -- Order 42"
    assert found.title.startswith("If nothing else helps")


def test_mildness_goes_from_looking_to_recovering() -> None:
    assert [one.name for one in sorted(Mildness)] == [
        "LOOK",
        "RESUME",
        "RESUME_LATEST",
        "REDEPLOY",
        "CLEANUP",
        "RECOVER",
    ]
