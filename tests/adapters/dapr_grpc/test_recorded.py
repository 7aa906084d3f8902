"""Every recorded call is made by the adapter and told as it must be, or is never made."""

import attrs
import pytest

from tests.adapters.dapr_grpc.oracle import MESSAGES, known
from tests.adapters.dapr_grpc.servers import recorded, replaying
from tests.adapters.dapr_grpc.table import NEVER, ROWS, THERE
from wfadmin.domain.errors import WfadminError


def test_every_recorded_call_is_made_by_us_or_never_made_and_not_both() -> None:
    never = [name for names in NEVER.values() for name in names]

    assert sorted([*ROWS, *never]) == sorted(recorded())
    assert len(recorded()) == 154


@pytest.mark.asyncio
@pytest.mark.parametrize("name", list(ROWS))
async def test_a_recorded_call_gives_what_it_must(name: str) -> None:
    row, one = ROWS[name], recorded()[name]
    request = one.request if row.request is None else row.request
    call = (one.method, request, one.answered)

    async with replaying(*row.before, call) as (server, sidecar):
        try:
            given = await row.ask(sidecar)
        except WfadminError as error:
            given = _told(error, server.address)

    expected = row.expected
    assert given == (_told(expected) if isinstance(expected, WfadminError) else expected)


def _told(error: WfadminError, address: str = "there") -> object:
    fields = {one.name: getattr(error, one.name) for one in attrs.fields(type(error))}
    where = str(fields.pop("where", "")).replace(f"http://{address}", THERE)
    return type(error), where, fields


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].request is None])
def test_our_requests_hold_what_the_library_would_write(name: str) -> None:
    one = recorded()[name]
    kind = f"{one.method}Request"

    assert kind in MESSAGES
    # Byte by byte: the replay compares what we send with these.
    assert known(kind, one.request) == one.request
