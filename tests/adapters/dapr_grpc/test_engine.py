"""One engine of both APIs: what HTTP cannot say is asked over gRPC, where its address is given."""

import subprocess
import sys
from typing import Any

import pytest

import wfadmin
from tests.adapters.dapr.fake import (
    GET,
    KEY,
    METADATA,
    NO_INSTANCE,
    FakeSidecar,
    Token,
    instance,
    metadata,
    post,
)
from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer
from tests.adapters.dapr_grpc.test_events import event
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.dapr.grpc.history import DaprHistory
from wfadmin.adapters.dapr.grpc.listing import DaprListing
from wfadmin.domain.capabilities import Listing
from wfadmin.domain.errors import InvalidEngineUrl, NotSupported, RetryBlocked
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import InvocationOutcome
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import Effect, RecoverResult

THERE = "127.0.0.1:50001"
PARENT = InvocationRef(None, "p", None)


def engine(**settings: Any) -> DaprEngine:  # noqa: ANN401 - as `EngineSettings`
    return FakeSidecar({METADATA: metadata()}).engine(**settings)


def test_with_its_address_the_slots_for_lists_and_histories_are_filled() -> None:
    both = engine(grpc_url=THERE)

    assert isinstance(both.listing, DaprListing)
    assert isinstance(both.history, DaprHistory)
    assert (both.deployments, both.state) == (None, None)
    assert set(both.instead) == {"deployments", "state", "cancel", "force_purge"}


def test_without_its_address_they_are_empty() -> None:
    alone = engine()

    assert (alone.listing, alone.history) == (None, None)
    assert {"listing", "history"} <= set(alone.instead)


def test_for_another_app_it_is_not_used() -> None:
    other = engine(grpc_url=THERE, app_id="another")

    assert (other.listing, other.history) == (None, None)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidEngineUrl, match="gRPC URL is not usable"):
        engine(grpc_url="ftp://127.0.0.1")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("version", "url", "listing"),
    [
        ("1.18.3", THERE, Listing.COMPLETE),
        ("1.17.0", THERE, Listing.COMPLETE),
        ("1.16.2", THERE, Listing.NONE),
        ("edge", THERE, Listing.NONE),
        ("1.18.3", None, Listing.NONE),
    ],
)
async def test_the_list_is_complete_where_the_version_has_one(
    version: str,
    url: str | None,
    listing: Listing,
) -> None:
    fake = FakeSidecar({METADATA: metadata(version)})

    assert (await fake.engine(grpc_url=url).facts()).capabilities.listing is listing


def test_making_one_does_not_import_grpcio() -> None:
    code = (
        "import sys\n"
        "from wfadmin.ports.engine import EngineSettings\n"
        "from wfadmin.adapters.dapr import connect\n"
        f"made = connect(EngineSettings('http://127.0.0.1:3500', grpc_url='{THERE}'))\n"
        "assert made.listing is not None\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'grpc']\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.asyncio
async def test_the_children_come_over_grpc_with_the_token_and_both_are_closed() -> None:
    history = oracle.history(event("childWorkflowInstanceCreated", 1, instanceId="c", name="ship"))
    instance = oracle.instance("c", name="ship", status="COMPLETED")

    async def answers(asked: Asked) -> Answered:
        return Answered(history if asked.method == "GetInstanceHistory" else instance)

    server = GrpcServer(answers)
    await server.start()
    both = engine(grpc_url=server.address, credentials=Token())

    found = await both.invocations.children(PARENT)
    assert both._grpc is not None
    was_open = both._grpc._client._channel is not None
    await both.aclose()
    await both.aclose()

    assert [(one.id, one.outcome, one.parent_id) for one in found] == [
        ("c", InvocationOutcome.SUCCEEDED, "p")
    ]
    assert [one.metadata["dapr-api-token"] for one in server.asked] == ["s3cret-s3cret"] * 2
    assert (was_open, both._grpc._client._channel) == (True, None)
    await server.stop()


@pytest.mark.asyncio
async def test_without_it_children_are_not_supported() -> None:
    with pytest.raises(NotSupported, match="list of the children of a run over HTTP"):
        await engine().invocations.children(PARENT)


# --- a recovery that knows the children ----------------------------------------------------------

PURGE = post("o-1/purge")


async def recovered(
    *children: str,
    policy: RecoveryPolicy | None = None,
) -> tuple[FakeSidecar, RecoverResult | RetryBlocked]:
    """What becomes of a failed key whose run called children that have ended."""
    fake = FakeSidecar(
        {METADATA: metadata(), GET: instance("FAILED"), PURGE: (202, {})},
        then={PURGE: {GET: NO_INSTANCE}},
    )
    called = (
        event("childWorkflowInstanceCreated", number, instanceId=one, name="ship")
        for number, one in enumerate(children)
    )
    history = oracle.history(*called)

    async def answers(asked: Asked) -> Answered:
        if asked.method == "GetInstanceHistory":
            return Answered(history)
        wanted = oracle.message("GetInstanceRequest").FromString(asked.request)
        return Answered(oracle.instance(wanted.instanceId, name="ship", status="COMPLETED"))

    server = GrpcServer(answers)
    await server.start()
    made = fake.engine(grpc_url=server.address)
    async with wfadmin.connect(made, policy=policy) as operator:
        try:
            return fake, await operator.recover_stuck_workflow(KEY)
        except RetryBlocked as blocked:
            return fake, blocked
        finally:
            await server.stop()


@pytest.mark.asyncio
async def test_a_failed_run_that_called_nobody_is_purged() -> None:
    fake, result = await recovered()

    assert isinstance(result, RecoverResult)
    assert (result.purged, result.effect) == (("o-1",), Effect.CONFIRMED)
    assert fake.asked.count(PURGE) == 1


@pytest.mark.asyncio
async def test_a_failed_run_with_a_child_that_ended_is_refused_by_the_name_of_the_child() -> None:
    fake, blocked = await recovered("c-1")

    assert isinstance(blocked, RetryBlocked)
    assert (blocked.reason, blocked.invocation_ids) == ("has_children", ("c-1",))
    assert PURGE not in fake.asked


@pytest.mark.asyncio
async def test_children_that_may_go_along_are_named_with_their_end() -> None:
    fake, result = await recovered("c-1", "c-2", policy=RecoveryPolicy(with_children=True))

    assert isinstance(result, RecoverResult)
    assert [one for one in result.warnings if one.startswith("A child")] == [
        "A child goes along: c-1 of ship (succeeded).",
        "A child goes along: c-2 of ship (succeeded).",
    ]
    assert fake.asked.count(PURGE) == 1
