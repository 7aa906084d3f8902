"""What still holds a deployment, judged as routing will be after all planned removals."""

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.build import NEW, OLD, deployment, service, usage
from wfadmin.domain.drain import (
    Draining,
    DrainVerdict,
    Removable,
    Route,
    ServiceChange,
    Serving,
    Unknown,
    drain_verdict,
    routing,
)
from wfadmin.domain.model import Deployment, Service, ServiceRevision, Usage

_OLD = deployment("dp_old", OLD, Order=1)
_NEW = deployment("dp_new", NEW, Order=2)
_CART = deployment("dp_cart", "http://cart:9080", Cart=1, Order=3)
_BOTH = (_OLD, _NEW)
_THREE = (_OLD, _NEW, _CART)

_UNCOUNTED = Unknown("not all unfinished work could be counted")
_OTHER_NAMES = Unknown("the list of services and the deployments do not name the same services")
_OTHER_ROUTES = Unknown("the engine routes otherwise than its deployments say")
_GONE = Unknown("it is no longer registered as it was read")


def listed(deployments: tuple[Deployment, ...]) -> tuple[Service, ...]:
    """Give the services as an engine lists them that routes as its deployments say."""
    return tuple(
        service(name, revision=route.revision, deployment_id=route.deployment_id)
        for name, route in routing(deployments).items()
    )


def verdict(
    one: Deployment,
    deployments: tuple[Deployment, ...],
    *held: tuple[str, str | None, int],
    after: tuple[Deployment, ...] = (),
) -> DrainVerdict:
    """Judge `one`, where the engine agrees with itself."""
    return drain_verdict(
        one,
        deployments=deployments,
        services=listed(deployments),
        usage=usage(*held),
        after=[other.id for other in after],
    )


@pytest.mark.parametrize(
    ("one", "deployments", "after", "expected"),
    [
        pytest.param(
            _NEW,
            (_NEW,),
            (_NEW,),
            Serving((ServiceChange("Order", None),)),
            id="a service that nobody else serves would vanish",
        ),
        pytest.param(
            _NEW,
            _BOTH,
            (_NEW,),
            Serving((ServiceChange("Order", Route("dp_old", 1)),)),
            id="a service that an older one serves would fall back",
        ),
        pytest.param(
            _NEW,
            _BOTH,
            (),
            Serving((ServiceChange("Order", Route("dp_old", 1)),)),
            id="it is judged even where its removal is not planned",
        ),
        pytest.param(
            _OLD,
            _BOTH,
            (_OLD,),
            Removable(),
            id="an older one that nothing holds is removable",
        ),
        pytest.param(
            _OLD,
            _BOTH,
            _BOTH,
            Serving((ServiceChange("Order", None),)),
            id="it serves once more where the newer one is to go too",
        ),
        pytest.param(
            _NEW,
            _BOTH,
            _BOTH,
            Serving((ServiceChange("Order", None),)),
            id="where both go there is nothing to fall back to",
        ),
        pytest.param(
            _NEW,
            _THREE,
            (_NEW, _CART),
            Serving((ServiceChange("Order", Route("dp_old", 1)),)),
            id="routing after all planned removals counts, not routing now",
        ),
        pytest.param(
            _NEW,
            _THREE,
            (_OLD, _NEW),
            Removable(),
            id="two that a third one supersedes can go together",
        ),
        pytest.param(
            _CART,
            _THREE,
            (_CART,),
            Serving((ServiceChange("Cart", None), ServiceChange("Order", Route("dp_new", 2)))),
            id="every service that changes is named, in order",
        ),
        pytest.param(
            deployment("dp_idle", "http://idle"),
            (_NEW, deployment("dp_idle", "http://idle")),
            (),
            Removable(),
            id="a deployment without services is removable",
        ),
    ],
)
def test_what_routing_needs(
    one: Deployment,
    deployments: tuple[Deployment, ...],
    after: tuple[Deployment, ...],
    expected: DrainVerdict,
) -> None:
    assert verdict(one, deployments, after=after) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param((), Removable(), id="nothing unfinished"),
        pytest.param((("Order", "dp_old", 2),), Draining(2), id="pinned to it"),
        pytest.param(
            (("Order", "dp_old", 2), ("Gone", "dp_old", 1)),
            Draining(3),
            id="pinned to it, of a service that is gone",
        ),
        pytest.param((("Order", "dp_new", 2),), Removable(), id="pinned to another one"),
        pytest.param(
            (("Order", None, 2),),
            Removable(),
            id="without a pin it goes to the one that serves its service",
        ),
        pytest.param((("Gone", None, 2),), Removable(), id="without a pin and of no service"),
        pytest.param((("Order", "dp_old", 0),), Removable(), id="a row that counts nothing"),
    ],
)
def test_what_unfinished_work_holds_a_superseded_one(
    held: tuple[tuple[str, str | None, int], ...], expected: DrainVerdict
) -> None:
    assert verdict(_OLD, _BOTH, *held, after=(_OLD,)) == expected


def test_one_that_serves_is_serving_whatever_holds_it() -> None:
    held = (("Order", "dp_new", 1), ("Order", None, 1))
    assert verdict(_NEW, _BOTH, *held) == Serving((ServiceChange("Order", Route("dp_old", 1)),))


def test_a_service_that_it_serves_in_two_revisions_is_named_once() -> None:
    twice = attrs.evolve(_NEW, services=(*_NEW.services, ServiceRevision("Order", 1)))
    assert verdict(twice, (twice,)) == Serving((ServiceChange("Order", None),))


@pytest.mark.parametrize(
    ("services", "held", "expected"),
    [
        pytest.param(listed(_BOTH), None, _UNCOUNTED, id="usage is not known"),
        pytest.param(
            listed(_BOTH), usage(complete=False), _UNCOUNTED, id="usage may lack something"
        ),
        pytest.param((), usage(), _OTHER_NAMES, id="the engine lists no service"),
        pytest.param(
            (*listed(_BOTH), service("Cart")),
            usage(),
            _OTHER_NAMES,
            id="the engine lists a service that no deployment serves",
        ),
        pytest.param(
            (service("Order", revision=1, deployment_id="dp_old"),),
            usage(),
            _OTHER_ROUTES,
            id="the engine routes to the older one",
        ),
        pytest.param(
            (service("Order", revision=7, deployment_id="dp_new"),),
            usage(),
            _OTHER_ROUTES,
            id="the engine knows another revision",
        ),
        pytest.param(
            (service("Order", revision=2, deployment_id=None),),
            usage(),
            _OTHER_ROUTES,
            id="the engine does not say where it routes",
        ),
    ],
)
def test_it_is_unknown_where(
    services: tuple[Service, ...], held: Usage | None, expected: Unknown
) -> None:
    for one in _BOTH:
        judged = drain_verdict(one, deployments=_BOTH, services=services, usage=held, after=())
        assert judged == expected


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(deployment("dp_gone", "http://gone", Cart=1), id="it was removed"),
        pytest.param(deployment("dp_old", OLD, Order=1, Cart=1), id="it served more before"),
        pytest.param(deployment("dp_old", OLD), id="it served less before"),
    ],
)
def test_it_is_unknown_where_it_is_not_registered_as_it_was_read(one: Deployment) -> None:
    assert verdict(one, _BOTH) == _GONE


def test_a_forced_registration_only_rewrites_when_it_was_created() -> None:
    assert verdict(attrs.evolve(_OLD, created_at=None), _BOTH) == Removable()


_NAMES = ("Order", "Cart", "Mail")
_REVISIONS = st.dictionaries(st.sampled_from(_NAMES), st.integers(1, 4), max_size=3)


@st.composite
def _landscapes(draw: st.DrawFn) -> tuple[Deployment, ...]:
    served = draw(st.lists(_REVISIONS, min_size=1, max_size=5))
    return tuple(
        deployment(f"dp_{number}", f"http://h{number}", **revisions)
        for number, revisions in enumerate(served)
    )


_PINS = st.sampled_from([None, "dp_0", "dp_1", "dp_2", "dp_9"])
_HELD = st.lists(st.tuples(st.sampled_from(_NAMES), _PINS, st.integers(0, 2)), max_size=4)


@st.composite
def _plans(draw: st.DrawFn) -> tuple[tuple[Deployment, ...], tuple[Deployment, ...]]:
    deployments = draw(_landscapes())
    return deployments, tuple(draw(st.lists(st.sampled_from(deployments), unique=True)))


@given(_plans(), _HELD)
def test_removing_all_that_is_removable_at_once_never_changes_routing(
    plan: tuple[tuple[Deployment, ...], tuple[Deployment, ...]],
    held: list[tuple[str, str | None, int]],
) -> None:
    deployments, planned = plan
    gone = [
        one for one in planned if verdict(one, deployments, *held, after=planned) == Removable()
    ]
    assert routing(one for one in deployments if one not in gone) == routing(deployments)


@given(_plans(), _HELD)
def test_nothing_that_is_removable_is_needed_by_unfinished_work(
    plan: tuple[tuple[Deployment, ...], tuple[Deployment, ...]],
    held: list[tuple[str, str | None, int]],
) -> None:
    deployments, planned = plan
    routes = routing(deployments)
    needed = {pin for _, pin, count in held if pin is not None and count}
    needed |= {
        routes[name].deployment_id
        for name, pin, count in held
        if pin is None and count and name in routes
    }
    gone = {
        one.id for one in planned if verdict(one, deployments, *held, after=planned) == Removable()
    }
    assert gone & needed == set()


@given(_plans(), _HELD)
def test_where_nothing_planned_serves_the_whole_plan_never_changes_routing(
    plan: tuple[tuple[Deployment, ...], tuple[Deployment, ...]],
    held: list[tuple[str, str | None, int]],
) -> None:
    deployments, planned = plan
    verdicts = [verdict(one, deployments, *held, after=planned) for one in planned]
    assume(not any(isinstance(one, Serving) for one in verdicts))
    assert routing(one for one in deployments if one not in planned) == routing(deployments)


@given(_plans(), _HELD, st.booleans())
def test_what_is_not_counted_is_never_removable(
    plan: tuple[tuple[Deployment, ...], tuple[Deployment, ...]],
    held: list[tuple[str, str | None, int]],
    partly: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    deployments, planned = plan
    rows = usage(*held, complete=False) if partly else None
    verdicts = [
        drain_verdict(
            one,
            deployments=deployments,
            services=listed(deployments),
            usage=rows,
            after=[other.id for other in planned],
        )
        for one in deployments
    ]
    assert set(verdicts) == {_UNCOUNTED}


@given(_landscapes(), st.sampled_from(_NAMES), st.integers(1, 5), _PINS)
def test_an_engine_that_disagrees_with_its_deployments_has_nothing_removable(
    deployments: tuple[Deployment, ...], name: str, revision: int, place: str | None
) -> None:
    routes = routing(deployments)
    assume(name in routes and routes[name] != Route(str(place), revision))
    other = service(name, revision=revision, deployment_id=place)
    services = tuple(one for one in listed(deployments) if one.name != name)
    for one in deployments:
        judged = drain_verdict(
            one, deployments=deployments, services=(*services, other), usage=usage(), after=()
        )
        assert judged == _OTHER_ROUTES
