"""What a doctor may have seen, in short forms: healthy, unless a test says otherwise."""

from tests.domain.build import NEW, NOW, OLD, deployment, service, usage
from wfadmin.domain.drain import routing
from wfadmin.domain.finding import ComponentFact, DoctorFacts, Finding, OpenIntent, Thresholds
from wfadmin.domain.model import Deployment, Invocation, Service, Survey, Usage

#: Both serve something, so that neither is superseded; Order went from the old to the new one.
DEPLOYMENTS = (
    deployment("dp_old", OLD, Cart=1, Order=1),
    deployment("dp_new", NEW, Order=2),
)

THRESHOLDS = Thresholds()
NO_USAGE = usage()


def routed(deployments: tuple[Deployment, ...]) -> tuple[Service, ...]:
    """Give the services as an engine lists them that routes as its deployments say."""
    return tuple(
        service(name, revision=route.revision, deployment_id=route.deployment_id)
        for name, route in routing(deployments).items()
    )


SERVICES = routed(DEPLOYMENTS)


def survey(
    *unfinished: Invocation,
    failures: tuple[Invocation, ...] = (),
    failed: int | None = None,
    held: Usage | None = NO_USAGE,
    truncated: str | None = None,
) -> Survey:
    """Give a survey that lists all that there is, if nothing else is said."""
    return Survey(
        failures=failures,
        failed=len(failures) if failed is None else failed,
        unfinished=unfinished,
        unfinished_total=len(unfinished),
        usage=held,
        truncated=truncated,
    )


NOTHING = survey()


def facts(
    *components: ComponentFact,
    survey: Survey | None = NOTHING,
    deployments: tuple[Deployment, ...] | None = DEPLOYMENTS,
    services: tuple[Service, ...] | None = SERVICES,
    intents: tuple[OpenIntent, ...] = (),
) -> DoctorFacts:
    """Give what a doctor has seen."""
    return DoctorFacts(
        now=NOW,
        components=components,
        deployments=deployments,
        services=services,
        survey=survey,
        open_intents=intents,
        thresholds=THRESHOLDS,
    )


def told(finding: Finding) -> tuple[str, str, str, str]:
    """Give what a finding is, without its evidence and remedies."""
    where = finding.component.value
    return (finding.code.value, finding.severity.value, where, finding.message)


def advice(finding: Finding) -> list[str]:
    """Give the remedies in their order: the command, or what to do outside of wfadmin."""
    return [one.command() or one.title for one in finding.remedies]
