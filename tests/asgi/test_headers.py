"""What headers say, as tables; and how often something may happen."""

from datetime import timedelta

import httpx
import pytest

from tests.asgi.http import SEEDS, Scene, client_of
from wfadmin.asgi.buckets import Bucket, Buckets
from wfadmin.asgi.failures import Failure
from wfadmin.asgi.headers import (
    approved_digest,
    check_content,
    folded,
    peer_of,
    prefers_in_full,
    request_id,
)
from wfadmin.errors import UsageError

JSON = (b"content-type", b"application/json")
DIGEST = "0123456789abcdef" * 4
PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})


@pytest.mark.parametrize("given", ["r-1", "a" * 64, "0.A_z"])
def test_a_sane_id_is_kept(given: str) -> None:
    assert request_id({"x-request-id": given}) == given


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\n", "<x>", "a/b", "é"])
def test_another_id_is_replaced(given: str) -> None:
    made = {request_id({"x-request-id": given}) for _ in range(2)}
    assert len(made) == 2
    assert all(one.startswith("req_") for one in made)


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("return=representation", True),
        ("Return=Representation", True),
        ("wait=5, return=representation; x=1", True),
        ("return=minimal", False),
        ("return=representations", False),
        ("", False),
    ],
)
def test_a_preference_is_a_word_of_a_list(given: str, full: bool) -> None:  # noqa: FBT001
    assert prefers_in_full({"prefer": given}) is full


@pytest.mark.parametrize("given", [f'"{DIGEST}"', f' "{DIGEST}" '])
def test_a_digest_is_taken_from_its_quotes(given: str) -> None:
    assert approved_digest({"if-match": given}) == DIGEST


@pytest.mark.parametrize(
    "given",
    ["", "*", DIGEST, f'W/"{DIGEST}"', f'"{DIGEST}", "{DIGEST}"', '"abc"', f'"{DIGEST.upper()}"'],
)
def test_anything_else_is_no_digest(given: str) -> None:
    with pytest.raises(UsageError, match="If-Match"):
        approved_digest({"if-match": given})


def test_without_the_header_no_digest_is_asked_for() -> None:
    assert approved_digest({}) is None


def test_headers_fold_to_lower_case_and_keep_what_differs() -> None:
    raw = [(b"X-A", b"1"), (b"x-a", b"1"), (b"x-a", b"2"), (b"Cookie", b"a=1"), (b"cookie", b"b=2")]
    assert folded(raw) == {"x-a": "1, 2", "cookie": "a=1; b=2"}


@pytest.mark.parametrize("own", ["192.0.2.7", "198.51.100.9"])
def test_the_hop_that_a_proxy_adds_counts_although_it_was_there_before(own: str) -> None:
    lines = (own, "198.51.100.9", own)

    headers = folded((b"X-Forwarded-For", line.encode()) for line in lines)

    assert headers == {"x-forwarded-for": f"{own}, 198.51.100.9, {own}"}
    assert peer_of("10.0.0.1", headers, PROXIES) == own


LENGTH, CHUNKS = (b"Content-Length", b"2"), (b"transfer-encoding", b"chunked")


@pytest.mark.asyncio
@pytest.mark.parametrize("route", [f"{SEEDS}/doctor", f"{SEEDS}/nope", "/healthz"])
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ((LENGTH, CHUNKS), ["close"]),
        ((CHUNKS, LENGTH), ["close"]),
        ((LENGTH,), []),
        ((CHUNKS,), []),
    ],
)
async def test_after_a_body_with_two_ends_the_connection_ends(
    route: str, sent: tuple[tuple[bytes, bytes], ...], told: list[str]
) -> None:
    async with client_of(Scene().app(), base="") as client:
        request = client.build_request("POST", route, headers=[JSON, *sent], content=b"{}")
        request.headers = httpx.Headers([(b"x-api-key", b"ada"), JSON, *sent])
        answer = await client.send(request)

    assert answer.status_code in (200, 404, 405)
    assert answer.headers.get_list("connection") == told


def test_plain_content_may_be_said_to_be_plain() -> None:
    check_content({"content-type": "application/json", "content-encoding": "Identity"})
    with pytest.raises(Failure):
        check_content({"content-type": "application/json", "content-encoding": "br"})


@pytest.mark.parametrize(
    ("host", "forwarded", "peer"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "<script>", "unknown"),
        ("2001:db8::1", "", "2001:db8::"),
        ("2001:db8::ffff:1", "", "2001:db8::"),
        ("2001:db8:0:1::1", "", "2001:db8:0:1::"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        (None, "198.51.100.7", "unknown"),
        ("testclient", "", "unknown"),
    ],
)
def test_attempts_count_by_who_is_connected(host: str | None, forwarded: str, peer: str) -> None:
    assert peer_of(host, {"x-forwarded-for": forwarded}, PROXIES) == peer


# --- buckets -------------------------------------------------------------------------------------


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_bucket_gives_what_it_holds_and_gets_it_back_with_time() -> None:
    bucket = Bucket(2, at(10))

    assert [bucket.take(at(0)) for _ in range(3)] == [True, True, False]
    assert bucket.wait(at(0)) == at(5)
    assert bucket.wait(at(4)) == at(1)
    assert [bucket.take(at(5)) for _ in range(2)] == [True, False]


def test_a_bucket_never_holds_more_than_its_size() -> None:
    bucket = Bucket(2, at(10))
    assert bucket.take(at(0))
    assert [bucket.take(at(1000)) for _ in range(3)] == [True, True, False]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(1, at(10))
    assert bucket.take(at(100))
    assert not bucket.take(at(50))


def test_addresses_have_a_bucket_each_and_the_oldest_is_forgotten() -> None:
    buckets = Buckets(1, at(60), most=2)

    for name in ("a", "b", "a", "c"):
        buckets.take(name, at(0))

    waits = {name: buckets.wait(name, at(0)) > at(0) for name in ("a", "b", "c", "d")}
    assert waits == {"a": True, "b": False, "c": True, "d": False}
    assert len(buckets) == 2


def test_a_thousand_addresses_take_no_more_room_than_the_table_has() -> None:
    buckets = Buckets(1, at(60), most=16)
    for number in range(1000):
        buckets.take(str(number), at(0))
    assert len(buckets) == 16
