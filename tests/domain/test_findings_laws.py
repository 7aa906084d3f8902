"""What holds for every finding, whatever an engine says."""

import shlex
from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.build import NOW, ago, ended, run, service, usage
from tests.domain.build_findings import routed
from tests.domain.hostile import anything, names, obeyed
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import verdict_of
from wfadmin.domain.finding import (
    MAX_SAMPLES,
    ComponentFact,
    DoctorFacts,
    Finding,
    FindingCode,
    OpenIntent,
    Severity,
)
from wfadmin.domain.findings import findings_from, lists_disagree
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    HandlerKind,
    Invocation,
    InvocationStatus,
    Service,
    ServiceKind,
    ServiceRevision,
    Survey,
)

_SERVICES = st.sampled_from(["Order", "Cart"]) | names
_PLACES = st.sampled_from([None, "dp_0", "dp_1", "dp_gone"])
_TIMES = st.sampled_from([None, NOW, ago(hours=9)])


@st.composite
def _runs(draw: st.DrawFn, status: InvocationStatus | None = None) -> Invocation:
    name, key = draw(_SERVICES), draw(names)
    one = run(
        draw(anything),
        status or draw(st.sampled_from(InvocationStatus)),
        key=draw(st.sampled_from([None, WorkflowKey(name, key)])),
        service_kind=draw(st.sampled_from(ServiceKind)),
        handler_kind=draw(st.sampled_from(HandlerKind)),
        engine_status=draw(anything),
        deployment_id=draw(_PLACES),
        created_at=draw(_TIMES),
        modified_at=draw(_TIMES),
        due_at=draw(_TIMES),
        failed_attempts=draw(st.integers(0, 9)),
        failure=draw(st.none() | anything),
        retention=draw(st.sampled_from([None, timedelta(0)])),
    )
    return attrs.evolve(one, service_name=name)


@st.composite
def _deployments(draw: st.DrawFn) -> tuple[Deployment, ...]:
    count = draw(st.integers(0, 3))
    revisions = st.lists(st.builds(ServiceRevision, _SERVICES, st.integers(1, 3)), max_size=2)
    url = st.none() | st.sampled_from(["http://a", "http://a/", "http://b"]) | anything
    return tuple(
        Deployment(f"dp_{n}", draw(url), draw(anything), None, tuple(draw(revisions)))
        for n in range(count)
    )


_LISTED = st.lists(
    st.builds(
        lambda name, place, workers: service(name, deployment_id=place, workers=workers),
        _SERVICES,
        _PLACES,
        st.sampled_from([None, 0, 1]),
    ),
    max_size=3,
)


@st.composite
def _surveys(draw: st.DrawFn) -> Survey:
    unfinished = tuple(draw(st.lists(_runs(), max_size=8)))
    rows = st.lists(st.tuples(_SERVICES, _PLACES, st.integers(0, 3)), max_size=3)
    return Survey(
        failures=tuple(draw(st.lists(_runs(InvocationStatus.COMPLETED), max_size=7))),
        failed=draw(st.sampled_from([None, 0, 99])),
        unfinished=unfinished,
        unfinished_total=len(unfinished) + draw(st.integers(0, 2)),
        usage=draw(st.none() | st.builds(lambda some: usage(*some), rows)),
        truncated=draw(st.none() | anything),
    )


_COMPONENTS = st.builds(
    ComponentFact,
    st.sampled_from(Component),
    st.sampled_from(ComponentStatus),
    st.none() | anything,
    st.none() | anything,
)
_INTENTS = st.builds(OpenIntent, anything, anything, anything, st.just(NOW))


@st.composite
def doctor_facts(draw: st.DrawFn) -> DoctorFacts:
    """Draw what a doctor may see of an engine that is controlled by somebody hostile."""
    deployments = draw(st.none() | _deployments())
    agreeing = st.just(routed(deployments or ()))
    services: tuple[Service, ...] | None = draw(st.none() | agreeing | _LISTED.map(tuple))
    return DoctorFacts(
        now=NOW,
        components=tuple(draw(st.lists(_COMPONENTS, max_size=3))),
        deployments=deployments,
        services=services,
        survey=draw(st.none() | _surveys()),
        open_intents=tuple(draw(st.lists(_INTENTS, max_size=2))),
    )


@given(doctor_facts())
def test_remedies_stand_mildest_first(seen: DoctorFacts) -> None:
    for finding in findings_from(seen):
        mildness = [one.mildness for one in finding.remedies]
        assert mildness == sorted(mildness)


@given(doctor_facts())
def test_at_most_five_samples_are_shown_and_all_are_counted(seen: DoctorFacts) -> None:
    for finding in findings_from(seen):
        assert len(finding.samples) <= min(MAX_SAMPLES, finding.count)


@given(doctor_facts())
def test_the_worst_comes_first(seen: DoctorFacts) -> None:
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    found = findings_from(seen)
    ranks = [(order.index(one.severity), [*FindingCode].index(one.code)) for one in found]
    assert ranks == sorted(ranks)
    assert found == () or verdict_of(found).value == found[0].severity.value


def _of(found: tuple[Finding, ...], *components: Component) -> list[Finding]:
    own = (FindingCode.COMPONENT_DEGRADED, FindingCode.COMPONENT_UNREACHABLE)
    return [one for one in found if one.component in components and one.code not in own]


@given(doctor_facts())
def test_from_a_component_that_did_not_answer_nothing_follows(seen: DoctorFacts) -> None:
    without_survey = findings_from(attrs.evolve(seen, survey=None))
    assert _of(without_survey, Component.INVOCATIONS, Component.DEPLOYMENTS) == []
    without_services = findings_from(attrs.evolve(seen, services=None))
    assert _of(without_services, Component.SERVICES, Component.DEPLOYMENTS) == []
    without_deployments = findings_from(attrs.evolve(seen, deployments=None))
    assert _of(without_deployments, Component.DEPLOYMENTS) == []
    assert {FindingCode.ZOMBIE, FindingCode.SERVICE_WITHOUT_DEPLOYMENT} & {
        one.code for one in without_deployments
    } == set()


@given(doctor_facts())
def test_no_sentence_in_it_is_obeyed_by_a_terminal(seen: DoctorFacts) -> None:
    for finding in findings_from(seen):
        sentences = [finding.message, *(one.title for one in finding.remedies)]
        sentences += [one.detail for one in finding.samples]
        assert obeyed("".join(sentences)) == ""


@given(doctor_facts())
def test_what_an_engine_chose_stands_behind_the_dashes_or_in_one_word_with_its_option(
    seen: DoctorFacts,
) -> None:
    remedies = [one for finding in findings_from(seen) for one in finding.remedies if one.verb]
    for remedy in remedies:
        line = remedy.command()
        assert line is None or obeyed(line) == ""
        own = {"--deployment", "latest", "--stuck", "paused", "--wait", "30s"}
        chosen = [one for one in remedy.options if one not in own]
        assert [
            one
            for one in chosen
            if not one.startswith(("--id=", "--also-keep=", "backing_off:attempts="))
        ] == []


@given(names, names, names)
def test_a_hostile_key_stays_one_word_of_its_command(name: str, key: str, run_id: str) -> None:
    one = attrs.evolve(
        run(run_id, InvocationStatus.PAUSED, key=WorkflowKey(name, key)), deployment_id="dp_0"
    )
    seen = DoctorFacts(
        now=NOW, survey=Survey(unfinished=(one,), unfinished_total=1, failures=(ended(),))
    )
    for finding in findings_from(seen):
        for remedy in finding.remedies:
            words = ["wfadmin", *remedy.verb, *remedy.options, "--", *remedy.arguments]
            line = remedy.command()
            assert line is not None
            if "$'" not in line:
                assert shlex.split(line) == words
            assert finding.code is FindingCode.FAILED_RETAINED or remedy.arguments == (name, key)


@given(doctor_facts())
def test_the_same_facts_always_give_the_same_findings(seen: DoctorFacts) -> None:
    assert findings_from(seen) == findings_from(attrs.evolve(seen))


@given(doctor_facts())
def test_a_zombie_or_a_service_without_its_deployment_is_always_read_twice(
    seen: DoctorFacts,
) -> None:
    doubtful = {
        FindingCode.ZOMBIE,
        FindingCode.SERVICE_WITHOUT_DEPLOYMENT,
        FindingCode.DRAIN_UNKNOWN,
    }
    found = {one.code for one in findings_from(seen)}
    assert lists_disagree(seen) == bool(found & doubtful)
