"""What a sidecar can do over gRPC, and what is refused before it is sent."""

import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import (
    Answered,
    Asked,
    as_recorded,
    replaying,
    serving,
)
from wfadmin.adapters.dapr.grpc import sidecar as sidecar_module
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvalidWorkflowKey,
    OutcomeUnknown,
    UnexpectedAnswer,
    UsageError,
)

pytestmark = pytest.mark.asyncio

CIRCLE = "the list of ids goes in a circle or has no end"


async def listed(sidecar: DaprSidecar, page_size: int = 3) -> list[str]:
    return [one async for one in sidecar.list_instance_ids(page_size=page_size)]


class Pages:
    """A store that answers with these pages, and with the last one for ever."""

    def __init__(self, *pages: bytes) -> None:
        self.pages = list(pages)

    async def __call__(self, _: Asked) -> Answered:
        return Answered(self.pages.pop(0) if len(self.pages) > 1 else self.pages[0])


# --- ids -----------------------------------------------------------------------------------------


async def test_the_pages_of_a_recorded_list_are_walked_to_the_end() -> None:
    pages = [as_recorded(f"list-page-{one}") for one in (1, 2, 3)]
    async with replaying(*pages) as (_, sidecar):
        assert await listed(sidecar) == [
            *("li-0", "li-1", "li-2", "li-3", "li-run", "li-fail", "li-par", "li-child"),
        ]


async def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    names = ("sqlite-list-page-size-exact", "sqlite-list-after-exact-page")
    async with replaying(*map(as_recorded, names)) as (_, sidecar):
        assert await listed(sidecar, 4) == ["sq-w", "sq-t", "sq-a", "sq-o"]


async def test_a_page_size_is_always_named() -> None:
    async with serving(Pages(b"")) as (server, sidecar):
        assert [one async for one in sidecar.list_instance_ids()] == []

    assert server.asked[0].request == oracle.encoded("ListInstanceIDsRequest", {"pageSize": 1024})


@pytest.mark.parametrize("page_size", [0, -1, 2**32])
async def test_a_page_size_that_ends_the_sidecar_is_never_sent(page_size: int) -> None:
    async with serving(Pages(b"")) as (server, sidecar):
        with pytest.raises(UsageError, match="page size is not usable"):
            await listed(sidecar, page_size)

    assert server.asked == []


async def test_a_token_that_comes_again_is_no_list() -> None:
    async with serving(Pages(oracle.page("a", then="6"))) as (server, sidecar):
        with pytest.raises(UnexpectedAnswer) as raised:
            await listed(sidecar)

    assert raised.value.problem == CIRCLE
    assert raised.value.where == f"ListInstanceIDs at http://{server.address}"
    assert len(server.asked) == 2


async def test_tokens_that_go_in_a_circle_are_no_list() -> None:
    circle = (oracle.page("a", then="1"), oracle.page("b", then="2"), oracle.page(then="1"))
    async with serving(Pages(*circle)) as (server, sidecar):
        with pytest.raises(UnexpectedAnswer, match="goes in a circle"):
            await listed(sidecar)

    assert len(server.asked) == 3


async def test_empty_pages_with_ever_new_tokens_are_no_list() -> None:
    async with serving(counting()) as (server, sidecar):
        with pytest.raises(UnexpectedAnswer, match="goes in a circle or has no end"):
            await listed(sidecar)

    assert len(server.asked) == 101


async def test_a_store_that_finds_nothing_for_a_while_is_waited_for() -> None:
    pages = [oracle.page(then=str(one)) for one in range(100)]
    more = (oracle.page("a", then="100"), oracle.page("b"))
    async with serving(Pages(*pages, *more)) as (_, sidecar):
        assert await listed(sidecar) == ["a", "b"]


async def test_more_pages_than_any_list_has_are_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar_module, "MOST_PAGES", 3)
    async with serving(counting("a")) as (server, sidecar):
        with pytest.raises(UnexpectedAnswer, match="goes in a circle or has no end"):
            await listed(sidecar)

    assert len(server.asked) == 3


def counting(*ids: str) -> object:
    """A store whose every page has these ids and a new token."""
    many = iter(range(1_000_000))

    async def answers(_: Asked) -> Answered:
        return Answered(oracle.page(*ids, then=f"t{next(many)}"))

    return answers


async def test_a_read_that_fails_in_the_middle_is_no_short_list() -> None:
    first = as_recorded("list-page-1")
    lost = (*as_recorded("list-page-2")[:2], Answered(code="UNAVAILABLE", details="gone"))
    async with replaying(first, lost) as (_, sidecar):
        with pytest.raises(EngineUnreachable):
            await listed(sidecar)


# --- single instances ----------------------------------------------------------------------------


async def test_an_id_that_is_no_text_is_never_sent() -> None:
    async with serving(Pages(b"")) as (server, sidecar):
        with pytest.raises(InvalidWorkflowKey, match="it is not valid Unicode"):
            await sidecar.get_instance("\udc80")
        with pytest.raises(InvalidWorkflowKey, match="it is not valid Unicode"):
            await sidecar.tell("\udc80")

    assert server.asked == []


async def test_what_was_seen_shows_who_saw_it_to_nobody() -> None:
    async with replaying(as_recorded("get-running-without-payloads")) as (_, sidecar):
        seen = await sidecar.get_instance("li-run")

    assert seen is not None
    assert seen.was_seen_by(sidecar)
    assert "Sidecar" not in repr(seen)


# --- rerun ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "event", "new", "payload", "problem"),
    [
        ("a", 1, "", None, "it is empty"),
        ("a", 1, "a b", None, "letters, digits"),
        ("a", 1, "a", None, "it has no id, or that of the copy"),
        ("", 1, "b", None, "it has no id, or that of the copy"),
        ("a", -1, "b", None, "no event has that number"),
        ("a", 2**31, "b", None, "no event has that number"),
        ("a", 1, "b", "{", "it is not JSON"),
        ("\udc80", 1, "b", None, "it is not valid Unicode"),
    ],
)
async def test_a_rerun_that_cannot_be_is_never_sent(
    source: str,
    event: int,
    new: str,
    payload: str | None,
    problem: str,
) -> None:
    async with serving(Pages(b"")) as (server, sidecar):
        with pytest.raises(UsageError, match=problem):
            await sidecar.rerun_from_event(source, event=event, new=new, payload=payload)

    assert server.asked == []


async def test_a_rerun_that_made_something_else_is_unknown() -> None:
    other = oracle.encoded("RerunWorkflowFromEventResponse", {"newInstanceID": "c"})
    async with serving(Pages(other)) as (_, sidecar):
        with pytest.raises(OutcomeUnknown) as raised:
            await sidecar.rerun_from_event("a", event=1, new="b")

    assert (raised.value.command, raised.value.target) == ("rerun", "a")
    assert raised.value.problem == "It made an instance of another id"


async def test_a_rerun_onto_an_id_in_use_is_rejected() -> None:
    async with replaying(as_recorded("rerun-target-exists-event-1")) as (_, sidecar):
        with pytest.raises(EngineRejected) as raised:
            await sidecar.rerun_from_event("hs-2", event=1, new="rr-11")

    assert raised.value.http_status == 409
