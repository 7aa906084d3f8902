"""Every recorded exchange is either decoded into what it must give, or a request never sent."""

from collections import Counter
from contextlib import suppress

import pytest

from tests.adapters.dapr.expected import EXPECTED, METADATA, NEVER_SENT, Lost, Rejected, Stands
from tests.adapters.dapr.recorded import Exchange, Replay, exchange, exchanges
from tests.adapters.dapr.stories import perform
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    Sent,
    UsageError,
    WfadminError,
)
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import HandlerKind, Invocation, InvocationStatus

NEVER = {name for names in NEVER_SENT.values() for name in names}
SENT = tuple(one for one in exchanges() if one.name not in NEVER)
ASKED = tuple(one for one in SENT if one.name not in METADATA)
READS = ("get", "ingress")


def key_of(one: Exchange) -> tuple[str, int | None, str | None, str]:
    """Under what the table tells it."""
    assert one.call is not None, one.name
    return one.call.operation, one.status, one.code, one.gist


# --- the tables ----------------------------------------------------------------------------------


def test_every_exchange_is_told_exactly_once() -> None:
    names = [one.name for one in exchanges()]
    told = [name for each in NEVER_SENT.values() for name in each]
    told += [*METADATA, *(one.name for one in ASKED if key_of(one) in EXPECTED)]

    assert len(names) == 426
    assert Counter(told) == Counter(names)


def test_the_table_has_no_row_that_nothing_was_recorded_for() -> None:
    recorded = {key_of(one) for one in ASKED}

    assert set(EXPECTED) == recorded


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(NEVER))
async def test_no_call_sends_what_is_never_sent(name: str) -> None:
    one = exchange(name)
    sent: list[tuple[str, str, str]] = []
    if one.call is not None:
        replay = Replay((), is_strict=False)
        with suppress(WfadminError):
            await perform(replay.engine(one.call.prefix), one.call, one.payload)
        sent = replay.requests

    # These two differ by their header, of which no call knows.
    if name in ("token-bearer", "get-with-dapr-app-id-header"):
        assert one.headers.keys().isdisjoint({"dapr-api-token"})
    else:
        assert (one.method, one.path, one.body) not in sent


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "name",
    [
        name
        for reason, names in NEVER_SENT.items()
        for name in names
        if reason.startswith(("an id that", "an empty name", "a payload", "a start names"))
    ],
)
async def test_what_is_wrong_is_refused_before_anything_is_sent(name: str) -> None:
    one = exchange(name)
    replay = Replay(())
    assert one.call is not None

    with pytest.raises(UsageError):
        await perform(replay.engine(), one.call, one.payload)

    assert replay.requests == []


# --- what each exchange gives --------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("name", [one.name for one in ASKED])
async def test_a_recorded_exchange_gives_what_the_table_says(name: str) -> None:
    one = exchange(name)
    call, expected = one.call, EXPECTED[key_of(one)]
    assert call is not None
    # What stalled means depends on the version, which is asked for then.
    replay = Replay((one, exchange("metadata-with-worker")))
    engine = replay.engine(call.prefix)

    try:
        given = await perform(engine, call, one.payload)
    except WfadminError as error:
        assert_is_the_error(error, expected, one)
    else:
        assert_is_the_value(given, expected, one)
    more = ["/v1.0/metadata"] if one.gist == "UNKNOWN" else []
    assert [path for _, path, _ in replay.requests] == [one.path, *more]


def assert_is_the_error(error: WfadminError, expected: object, one: Exchange) -> None:
    is_read = key_of(one)[0] in READS
    if isinstance(expected, Lost):
        assert type(error) is (EngineUnreachable if is_read else OutcomeUnknown)
        assert error.sent is (Sent.NO if is_read else Sent.UNKNOWN)
        return
    assert isinstance(error, EngineRejected)
    assert isinstance(expected, Rejected)
    assert (error.http_status, error.engine_code) == (one.status, one.code)
    assert expected.words in error.excerpt
    assert error.fix.startswith(expected.fix)
    assert error.sent is (Sent.NO if is_read else Sent.YES)


def assert_is_the_value(given: object, expected: object, one: Exchange) -> None:
    if not isinstance(expected, Stands):
        assert given is expected
        return
    assert isinstance(given, Invocation)
    told, name = one.said, one.said.get("workflowName")
    ran = told["createdAt"] != "0001-01-01T00:00:00Z"
    properties = told.get("properties", {})
    failure = properties.get("dapr.workflow.failure.error_message")
    assert (given.status, given.outcome) == (expected.status, expected.outcome)
    assert given.engine_status == told["runtimeStatus"]
    assert given.id == told["instanceID"]
    assert given.key == (WorkflowKey(name, given.id) if name else None)
    assert given.handler_kind is (HandlerKind.MAIN if name else HandlerKind.UNKNOWN)
    assert given.ref.incarnation == (Incarnation(told["createdAt"]) if ran else None)
    assert given.progress == (Progress(told["lastUpdatedAt"]) if ran else None)
    assert (given.created_at is not None) == (given.modified_at is not None) == ran
    assert given.completed_at == (given.modified_at if given.is_completed else None)
    assert (given.failure is None) == (failure is None)
    assert failure is None or failure in (given.failure or "")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", [one.name for one in ASKED if key_of(one)[:2] == ("get", 200)])
async def test_a_key_gives_the_same_instance(name: str) -> None:
    one = exchange(name)
    engine = Replay((one, exchange("metadata-with-worker"))).engine()
    told = one.said
    key = WorkflowKey(told.get("workflowName", "anything"), told["instanceID"])
    engine._api._prefix = one.call.prefix if one.call is not None else None

    (found,) = await engine.invocations.for_key(key)

    assert found == await engine.invocations.get(InvocationRef(key, key.service_key, None))
    assert found.key == key
    assert found.service_name == key.service_name


# --- metadata ------------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("name", METADATA)
async def test_recorded_metadata_tells_the_app_and_what_is_wrong(name: str) -> None:
    expected = METADATA[name]
    engine = Replay((exchange(name), exchange("get-unknown"))).engine()
    engine._api.nobody = lambda: "nope"

    if isinstance(expected, Rejected):
        with pytest.raises(EngineRejected, match="401") as caught:
            await engine.facts()
        assert expected.words in caught.value.excerpt
        assert "--token-env" in caught.value.fix
        return
    app_id, workers, problem = expected
    (service,) = await engine.admin.list_services()
    facts = await engine.facts()
    assert (service.name, service.workers, facts.version) == (app_id, workers, "1.18.3")
    assert facts.obstacle == _obstacle(problem, workers)
    if problem is None:
        assert await engine.admin.probe_admin() == "1.18.3"
        return
    with pytest.raises(EngineRejected) as caught:
        await engine.admin.probe_admin()
    assert caught.value.excerpt == problem
    assert f"{problem}. {caught.value.fix}".lower() == (facts.obstacle or "").lower()


def _obstacle(problem: str | None, workers: int) -> str | None:
    """What keeps a sidecar that has so many workers from any write, by what is wrong with it."""
    remedies = {
        "no scheduler is configured": "Start the sidecar with --scheduler-host-address.",
        "no placement service is configured": "Start the sidecar with --placement-host-address.",
        "the sidecar is not connected to the placement service": (
            "Bring placement back; until then every write hangs."
        ),
        "the sidecar waits for its app, and reads hang too": "Start the app on its port.",
    }
    if problem is not None:
        return f"{problem[0].upper()}{problem[1:]}. {remedies[problem]}"
    if workers:
        return None
    return (
        "No worker of the app is connected. Start the app, or see why it does not connect, and"
        " look again; nothing was done."
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("metadata", "get", "words"),
    [
        ("no-actor-store-metadata", "no-actor-store-get", "no state store is configured"),
        ("metadata-with-worker", "no-placement-get", "no placement service is configured"),
    ],
)
async def test_the_probe_of_nobody_tells_what_metadata_does_not(
    metadata: str,
    get: str,
    words: str,
) -> None:
    engine = Replay((exchange(metadata), exchange(get))).engine()
    engine._api.nobody = lambda: "nope"

    with pytest.raises(EngineRejected) as caught:
        await engine.admin.probe_admin()

    assert caught.value.excerpt.startswith(words)


def test_stalled_is_the_only_status_without_a_word_of_its_own() -> None:
    stalled = [key for key, one in EXPECTED.items() if one == Stands(InvocationStatus.STALLED)]

    assert stalled == [("get", 200, None, "UNKNOWN")]
