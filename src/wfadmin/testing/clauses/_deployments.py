"""How the clauses of the deployments look at what is registered."""

from wfadmin.domain.model import Deployment
from wfadmin.domain.urls import same_url
from wfadmin.testing.bench import Bench, expect

__all__ = [
    "PASSWORD",
    "dead_url",
    "deployed",
    "expect_still_listed",
    "expect_unlisted",
    "gone",
    "ids_of",
    "listed",
    "until_listed",
    "with_password",
]

#: What stands in a URL and must not be shown.
PASSWORD = "kit-password-81c4"  # noqa: S105 - not a secret, but what must not be shown


async def listed(bench: Bench, url: str) -> tuple[Deployment, ...]:
    """Every deployment that the adapter lists for `url`."""
    return tuple(one for one in await bench.deployments.list() if same_url(one.service_url, url))


async def until_listed(bench: Bench, url: str) -> Deployment:
    """
    The one deployment of `url`, as soon as the adapter lists it.

    Raises:
        Broken: It does not come, or more than once.
    """

    async def there() -> bool:
        return bool(await listed(bench, url))

    await bench.until(there, "a registered place is in the list of deployments")
    found = await listed(bench, url)
    expect(len(found) == 1, f"a place that is registered once is listed {len(found)} times")
    return found[0]


async def deployed(bench: Bench) -> tuple[str, Deployment]:
    """A place that another tool registered: its URL, and what the adapter lists."""
    url = await bench.deploy()
    return url, await until_listed(bench, url)


async def gone(bench: Bench, deployment: Deployment) -> None:
    """Go on as soon as the adapter lists `deployment` no more."""

    async def away() -> bool:
        return deployment.id not in await ids_of(bench)

    await bench.until(away, "a deployment that was removed is listed no more")


async def ids_of(bench: Bench) -> frozenset[str]:
    """The ids of all that the adapter lists."""
    return frozenset(one.id for one in await bench.deployments.list())


async def expect_unlisted(bench: Bench, url: str, after: str) -> None:
    """Go on where `url` is not listed, now and when the engine has had its moment."""
    now = await listed(bench, url)
    await bench.driver.settle()
    expect(not now and not await listed(bench, url), f"{after}, the place is registered")


async def expect_still_listed(bench: Bench, deployment: Deployment, after: str) -> None:
    """Go on where `deployment` is listed, now and when the engine has had its moment."""
    now = await ids_of(bench)
    await bench.driver.settle()
    still = deployment.id in now and deployment.id in await ids_of(bench)
    expect(still, f"{after}, the deployment is gone")


def dead_url(bench: Bench) -> str:
    """The URL of a place where nothing answers, and which nobody used before."""
    return f"http://127.0.0.1:9/{bench.driver.fresh_key().service_key}"


def with_password(url: str) -> str:
    """`url` with a user name and a password in it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://op:{PASSWORD}@{rest}"
