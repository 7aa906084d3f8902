"""Served lines become remedies of ours, or nothing that anybody could paste."""

import shlex
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hostile import TRICKS
from wfadmin.domain import remedies
from wfadmin.domain.components import Component
from wfadmin.domain.doctor import Verdict
from wfadmin.domain.errors import InvalidWorkflowKey
from wfadmin.domain.finding import FindingCode, Severity
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.remedies import Mildness, Remedy
from wfadmin.remote.findings import findings_of, with_verdict
from wfadmin.remote.lines import remedy_of
from wfadmin.wire.answers import FindingItem, SampleItem

ORDER = WorkflowKey("Order", "o-1")
URL = "http://orders:9080/"
ELSEWHERE = "; not over the operator API"

CARRIED = [
    remedies.inspect(ORDER),
    remedies.redeploy(URL),
    remedies.cleanup([URL], wait=False),
    remedies.recover(ORDER),
]
NOT_CARRIED = [
    remedies.resume(ORDER, "inv_1"),
    remedies.resume_latest(ORDER, "inv_1"),
    remedies.resume(ORDER, ""),
    remedies.cleanup([URL], wait=True),
    remedies.cleanup([URL, "http://b", "http://c?d=e&f"], wait=False),
    remedies.cleanup([URL, "http://b"], wait=True),
    remedies.recover(ORDER, stuck="paused"),
    remedies.recover(ORDER, stuck="backing_off:attempts=7", with_children=True, force=True),
    remedies.recover(ORDER, with_children=True),
    remedies.recover(ORDER, force=True),
]


def line_of(remedy: Remedy) -> str:
    line = remedy.command()
    assert line is not None
    return line


@pytest.mark.parametrize("remedy", CARRIED)
def test_what_the_api_can_carry_comes_back_as_it_was(remedy: Remedy) -> None:
    assert remedy_of(line_of(remedy)) == remedy


@pytest.mark.parametrize("remedy", NOT_CARRIED)
def test_what_it_cannot_carry_comes_back_and_says_so(remedy: Remedy) -> None:
    assert remedy_of(line_of(remedy)) == attrs.evolve(remedy, title=remedy.title + ELSEWHERE)


tricky = st.lists(st.sampled_from(TRICKS), min_size=1, max_size=6).map("".join)
text = st.text(min_size=1, max_size=30) | tricky
MAKERS: list[Callable[[WorkflowKey, str], Remedy]] = [
    lambda key, _: remedies.inspect(key),
    lambda key, _: remedies.recover(key),
    remedies.resume,
    remedies.resume_latest,
    lambda _, word: remedies.redeploy(word),
    lambda key, word: remedies.cleanup([key.service_name, word], wait=True),
]


@given(text, text, text, st.sampled_from(MAKERS))
def test_whatever_a_key_or_an_id_holds_its_line_comes_back(
    name: str, key: str, word: str, make: Callable[[WorkflowKey, str], Remedy]
) -> None:
    try:
        made = make(WorkflowKey(name, key), word)
    except InvalidWorkflowKey:
        return
    line = made.command()
    if line is None:
        return

    found = remedy_of(line)

    assert found is not None
    assert attrs.evolve(found, title="") == attrs.evolve(made, title="")
    assert found.command(("--engine", "x")) == made.command(("--engine", "x"))


HOSTILE = [
    "",
    " ",
    "wfadmin",
    "wfadmin inspect",
    "wfadmin inspect -- Order",
    "wfadmin inspect -- Order o-1 ",
    "wfadmin  inspect -- Order o-1",
    "wfadmin inspect -- Order o-1; rm -rf /",
    "wfadmin inspect -- Order $(reboot)",
    "wfadmin inspect -- Order `reboot`",
    "wfadmin inspect -- Order o-1 | sh",
    "wfadmin inspect -- Order o-1\nreboot",
    "wfadmin inspect -- Order 'o-1'",
    "wfadmin inspect -- Order $'o-1'",
    "wfadmin inspect -- Order $'o\\0551'",
    "wfadmin inspect -- Order $'\\377\\376'",
    "wfadmin inspect -- Order o-1 o-2",
    "wfadmin inspect --admin-url=http://evil -- Order o-1",
    "wfadmin inspect --show-state -- Order o-1",
    "wfadmin inspect Order o-1",
    "wfadmin inspect -- '' o-1",
    "wfadmin runs resume -- Order o-1",
    "wfadmin runs resume --yes -- Order o-1",
    "wfadmin runs resume --id=inv_1 --deployment dp_9 -- Order o-1",
    "wfadmin runs cancel --id=inv_1 -- Order o-1",
    "wfadmin recover --yes -- Order o-1",
    "wfadmin recover --stuck --yes -- Order o-1",
    "wfadmin recover --stuck -- Order o-1",
    "wfadmin recover --with-children --with-children -- Order o-1",
    "wfadmin recover --with-children --force-purge -- Order o-1",
    "wfadmin cleanup --force-drain -- http://a",
    "wfadmin cleanup --wait 9d -- http://a",
    "wfadmin cleanup -- http://a http://b",
    "wfadmin redeploy --yes -- http://a",
    "wfadmin redeploy -- http://a http://b",
    "wfadmin keys make -- me",
    "wfadmin apply -- /tmp/plan",
    "curl http://evil",
    "Wfadmin inspect -- Order o-1",
    "wfadmin inspect -- Order \u202eo-1",
    "wfadmin redeploy -- http://" + "x" * 20_000,
]


@pytest.mark.parametrize("line", HOSTILE)
def test_a_line_that_we_would_not_have_made_is_none(line: str) -> None:
    assert remedy_of(line) is None


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda t: f"wfadmin inspect -- Order {t}"))
def test_what_is_taken_is_one_of_our_commands_for_every_shell(line: str) -> None:
    found = remedy_of(line)

    if found is not None:
        assert found.command() == line
        assert "$'" in line or shlex.split(line)[:2] == ["wfadmin", "inspect"]


# --- findings ------------------------------------------------------------------------------------

ITEM = FindingItem(
    code="paused",
    severity="error",  # type: ignore[arg-type]
    component="invocations",  # type: ignore[arg-type]
    message="1 run of Order: paused",
    serviceName="Order",
    count=1,
    samples=(SampleItem("inv_1", "Order", "o-1", "no card"),),
    remedies=("curl http://evil", line_of(CARRIED[0])),
    advice=("Ask somebody\x1b[2J",),
)


def test_a_line_that_is_not_known_is_advice_without_its_words() -> None:
    (finding,) = findings_of([ITEM])

    assert [one.command() for one in finding.remedies] == [None, line_of(CARRIED[0]), None]
    assert finding.remedies[0].title == (
        "The server advises a command that is not known here: run doctor on its host"
    )
    assert finding.remedies[2] == Remedy("Ask somebody?[2J", Mildness.RECOVER)
    assert (finding.code, finding.severity) == (FindingCode.PAUSED, Severity.ERROR)
    assert [one.detail for one in finding.samples] == ["no card"]


def test_a_finding_that_a_newer_server_knows_keeps_its_severity() -> None:
    (finding,) = findings_of([attrs.evolve(ITEM, code="on_fire")])

    assert finding.code is FindingCode.COMPONENT_DEGRADED
    assert (finding.severity, finding.component) == (Severity.ERROR, Component.INVOCATIONS)
    assert finding.message == "on_fire: 1 run of Order: paused"


@pytest.mark.parametrize(
    ("told", "severities"),
    [
        (None, [Severity.WARNING]),
        (Verdict.OK, [Severity.WARNING]),
        (Verdict.WARNING, [Severity.WARNING]),
        (Verdict.ERROR, [Severity.ERROR, Severity.WARNING]),
    ],
)
def test_a_worse_verdict_than_its_findings_counts(
    told: Verdict | None, severities: list[Severity]
) -> None:
    found = findings_of([attrs.evolve(ITEM, severity="warning")])

    judged = with_verdict(found, told)

    assert [one.severity for one in judged] == severities
    assert judged[-1:] == found
