"""The gRPC side as a bundle: made without a network, and closed as often as one likes."""

from datetime import timedelta

import pytest

from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer, as_recorded
from wfadmin.adapters.dapr.grpc import DaprGrpc, connect_grpc
from wfadmin.adapters.dapr.grpc.history import DaprHistory
from wfadmin.adapters.dapr.grpc.listing import DaprListing
from wfadmin.domain.errors import EngineUnreachable, InvalidEngineUrl
from wfadmin.domain.keys import InvocationRef
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.listing import InvocationListing

HISTORY: type[InvocationHistory] = DaprHistory
LISTING: type[InvocationListing] = DaprListing


def side(address: str) -> DaprGrpc:
    return connect_grpc(address, timeout=timedelta(seconds=5))


def test_a_side_needs_a_usable_address() -> None:
    with pytest.raises(InvalidEngineUrl, match="gRPC URL is not usable"):
        side("ftp://127.0.0.1")


def test_a_side_shows_where_it_is() -> None:
    assert side("127.0.0.1:50001").address == "http://127.0.0.1:50001"


@pytest.mark.asyncio
async def test_all_parts_of_a_side_share_one_connection_that_is_closed_together() -> None:
    calls = {
        one[0]: one[2] for one in map(as_recorded, ("list-empty", "get-unknown", "history-pending"))
    }

    async def answers(asked: Asked) -> Answered:
        return calls[asked.method]

    server = GrpcServer(answers)
    await server.start()
    made = side(server.address)
    ref = InvocationRef(None, "pend-a", None)

    assert (await made.listing.survey(failures=1, unfinished=1)).counts == ()
    assert await made.invocations.get(ref) is None
    assert [one async for one in made.history.entries(ref)] == []
    assert await made.sidecar.get_instance("nope") is None

    await made.aclose()
    await made.aclose()
    await server.stop()
    with pytest.raises(EngineUnreachable):
        await made.invocations.get(ref)
    await made.aclose()
    assert server.methods == ["ListInstanceIDs", "GetInstance", "GetInstanceHistory", "GetInstance"]
