"""Which deployments are stale: never all of them, and never one that somebody wants kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.build import NEW, OLD, deployment
from wfadmin.domain.drain import Route, routing, select_stale
from wfadmin.domain.errors import DeploymentNotFound, InvalidServiceUrl
from wfadmin.domain.model import Deployment

_OLD = deployment("dp_old", OLD, Order=1)
_NEW = deployment("dp_new", NEW, Order=2)
_CART = deployment("dp_cart", "http://cart:9080/a", Cart=1)
_FUNCTION = deployment("dp_fn", None, Mail=1)
_ALL = (_OLD, _NEW, _CART, _FUNCTION)


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        pytest.param((), {}, id="without deployments nothing is routed"),
        pytest.param((deployment("dp_1", OLD),), {}, id="a deployment without services gets none"),
        pytest.param((_OLD, _NEW), {"Order": Route("dp_new", 2)}, id="the highest revision wins"),
        pytest.param((_NEW, _OLD), {"Order": Route("dp_new", 2)}, id="in any order"),
        pytest.param(
            (_OLD, _CART),
            {"Order": Route("dp_old", 1), "Cart": Route("dp_cart", 1)},
            id="each service is routed alone",
        ),
    ],
)
def test_routing(deployments: tuple[Deployment, ...], expected: dict[str, Route]) -> None:
    assert routing(deployments) == expected


@pytest.mark.parametrize(
    ("url", "stale"),
    [
        pytest.param(NEW, ["dp_old", "dp_cart", "dp_fn"], id="all others are stale"),
        pytest.param("HTTP://NEW:9080/", ["dp_old", "dp_cart", "dp_fn"], id="another spelling"),
        pytest.param(
            "http://user:secret@new:9080",
            ["dp_old", "dp_cart", "dp_fn"],
            id="a password makes no difference",
        ),
        pytest.param(
            "http://cart:9080/a/", ["dp_old", "dp_new", "dp_fn"], id="a path belongs to the URL"
        ),
    ],
)
def test_one_url_is_kept(url: str, stale: list[str]) -> None:
    selection = select_stale(_ALL, url)
    assert [one.id for one in selection.stale] == stale
    assert [one.id for one in selection.kept] == [d.id for d in _ALL if d.id not in stale]


def test_every_deployment_at_the_kept_url_is_kept() -> None:
    twin = deployment("dp_twin", NEW + "/", Order=3)
    selection = select_stale((_OLD, _NEW, twin), NEW)
    assert (selection.kept, selection.stale) == ((_NEW, twin), (_OLD,))


def test_more_urls_can_be_kept() -> None:
    assert select_stale(_ALL, NEW, also_keep=[OLD]).stale == (_CART, _FUNCTION)


def test_a_protected_url_is_kept() -> None:
    assert select_stale(_ALL, NEW, protected_urls=["http://CART:9080/a"]).stale == (_OLD, _FUNCTION)


def test_a_protected_url_need_not_be_there() -> None:
    assert select_stale((_OLD, _NEW), NEW, protected_urls=["http://gone"]).stale == (_OLD,)


def test_a_protected_service_keeps_every_deployment_that_serves_it() -> None:
    selection = select_stale(_ALL, NEW, protected_services=["Mail", "Order"])
    assert (selection.kept, selection.stale) == ((_OLD, _NEW, _FUNCTION), (_CART,))


def test_nothing_is_stale_where_everything_is_kept() -> None:
    assert select_stale((_NEW,), NEW).stale == ()


@pytest.mark.parametrize(
    ("url", "also_keep", "named"),
    [
        pytest.param("http://gone", [], "http://gone", id="the URL to keep is not there"),
        pytest.param(NEW, [OLD, "http://gone"], "http://gone", id="another one is not there"),
        pytest.param("http://new:9080/b", [], "http://new:9080/b", id="the path is another"),
        pytest.param("https://new:9080", [], "https://new:9080", id="the scheme is another"),
        pytest.param("http://u:secret@gone?k=secret", [], "http://gone?...", id="secrets go"),
    ],
)
def test_nothing_is_selected_where_a_kept_url_is_missing(
    url: str, also_keep: list[str], named: str
) -> None:
    with pytest.raises(DeploymentNotFound) as missing:
        select_stale(_ALL, url, also_keep=also_keep)
    assert missing.value.name == named
    assert "secret" not in str(missing.value)


def test_nothing_is_selected_where_there_is_no_deployment() -> None:
    with pytest.raises(DeploymentNotFound):
        select_stale((), NEW)


def test_a_deployment_without_a_url_is_never_the_kept_one() -> None:
    with pytest.raises(DeploymentNotFound):
        select_stale((_FUNCTION,), "http://arn")


_BAD = "http://user:secret@[bad"


@pytest.mark.parametrize(
    ("url", "also_keep", "protected"),
    [
        pytest.param(_BAD, [], [], id="the URL to keep cannot be read"),
        pytest.param(NEW, [_BAD], [], id="another one to keep cannot be read"),
        pytest.param(NEW, [], [_BAD], id="a protected one cannot be read"),
    ],
)
def test_nothing_is_selected_where_a_url_cannot_be_read(
    url: str, also_keep: list[str], protected: list[str]
) -> None:
    with pytest.raises(InvalidServiceUrl) as refused:
        select_stale(_ALL, url, also_keep=also_keep, protected_urls=protected)
    assert "secret" not in str(refused.value)


_SOME = st.lists(st.sampled_from([_OLD, _CART, _FUNCTION]), unique=True)
_URLS = st.lists(st.sampled_from([OLD, "http://cart:9080/a"]), max_size=2)
_SERVICES = st.lists(st.sampled_from(["Order", "Cart", "Mail"]), max_size=2)


@given(_SOME, _URLS, _SERVICES)
def test_each_deployment_is_either_kept_or_stale_and_never_all_are_stale(
    others: list[Deployment],
    protected_urls: list[str],
    protected_services: list[str],
) -> None:
    deployments = [_NEW, *others]
    selection = select_stale(
        deployments,
        NEW,
        protected_urls=protected_urls,
        protected_services=protected_services,
    )
    assert [one for one in deployments if one in selection.kept] == list(selection.kept)
    assert [one for one in deployments if one not in selection.kept] == list(selection.stale)
    assert _NEW in selection.kept
