"""What it costs: callers without a key, and with one, try to use everything up."""

import asyncio
import gc
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from tests.asgi.http import ADA, KEY, OPERATE, SEEDS, Names, Scene
from tests.asgi.laws.attacks import RECOVER, WHOLE, Heard, asked, stuck
from wfadmin.adapters import api_keys
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.adapters.key_store import KeyStore
from wfadmin.adapters.memory import Point
from wfadmin.adapters.runtime import SilentObserver
from wfadmin.asgi import Limits
from wfadmin.ports import Principal

pytestmark = pytest.mark.asyncio

DOCTOR = f"{SEEDS}/doctor"
PROXY = "10.0.0.1"
SAME_ID = [("x-request-id", "r")]


# --- guesses and addresses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "x-forwarded-for",
        "X-FORWARDED-FOR",
        "forwarded",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "x-originating-ip",
        "x-remote-addr",
        "via",
    ],
)
@pytest.mark.parametrize("form", ["{}", "for={}", "{}, 10.0.0.1", "10.0.0.1, {}"])
async def test_no_header_of_a_stranger_makes_them_another_address(header: str, form: str) -> None:
    app = stuck().app(limits=Limits(failures=3), trusted_proxies=[PROXY])

    answers = []
    for number in range(6):
        forged = [(header, form.format(f"198.51.100.{number}"))]
        answers.append(await asked(app, DOCTOR, caller="guess", headers=forged))
    blamed = await asked(app, DOCTOR, caller="guess", peer="198.51.100.0")

    assert [one.status for one in answers] == [401, 401, 401, 429, 429, 429]
    assert blamed.status == 401


# What a caller at 192.0.2.7 sends, when each proxy adds a line, or adds to the last line.
BEHIND_A_PROXY = {
    "nothing": [],
    "another": ["198.51.100.{}"],
    "several": ["198.51.100.{}, 203.0.113.9", "198.51.100.{}"],
    "the proxy": [PROXY, "198.51.100.{}"],
    "itself": ["192.0.2.7", "198.51.100.{}"],
    "itself in one line": ["192.0.2.7, 198.51.100.{}"],
    "no address": ["", "unknown", "_hidden", "[::1]:80"],
}


@pytest.mark.parametrize("adds_a_line", [True, False])
@pytest.mark.parametrize("lines", BEHIND_A_PROXY.values(), ids=BEHIND_A_PROXY)
async def test_behind_a_proxy_the_address_that_it_saw_counts_whatever_was_sent(
    lines: list[str],
    adds_a_line: bool,  # noqa: FBT001 - both ways are in use
) -> None:
    scene = stuck()
    app = scene.app(limits=Limits(failures=3), trusted_proxies=[PROXY])

    answers = []
    for number in range(6):
        sent = [one.format(number) for one in lines]
        seen = [*sent, "192.0.2.7"] if adds_a_line else [", ".join([*sent, "192.0.2.7"])]
        forged = [("x-forwarded-for", one) for one in seen]
        answers.append(await asked(app, DOCTOR, caller="guess", headers=forged, peer=PROXY))

    assert [one.status for one in answers] == [401, 401, 401, 429, 429, 429]
    assert {dict(one.arguments)["peer"] for one in scene.audit.records} == {"192.0.2.7"}


async def test_a_right_key_among_too_many_wrong_ones_is_not_told_apart() -> None:
    app = stuck().app(limits=Limits(failures=3))
    for number in range(3):
        await asked(app, DOCTOR, caller=f"guess-{number}")

    tries = ("guess", "ada", "rob", "", None)
    answers = [await asked(app, DOCTOR, caller=one, headers=SAME_ID) for one in tries]

    assert {one.status for one in answers} == {429}
    assert len(set(answers)) == 1


class Counting(Names):
    """Counts how often it is asked."""

    asked = 0

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        type(self).asked += 1
        return await super().authenticate(headers)


async def test_who_has_to_wait_is_not_even_looked_up() -> None:
    app = stuck().app(authenticator=Counting(), limits=Limits(failures=3))

    answers = [await asked(app, DOCTOR, caller="guess") for _ in range(50)]

    assert [one.status for one in answers].count(429) == 47
    assert Counting.asked == 3


class Unhurried(Names):
    """A right key takes longer to be known than a wrong one."""

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        caller = await super().authenticate(headers)
        await asyncio.sleep(0 if caller is None else 0.02)
        return caller


async def test_nor_is_one_that_is_sent_at_the_same_moment() -> None:
    app = stuck().app(authenticator=Unhurried(), limits=Limits(failures=2))

    keys = ["guess-1", "guess-2", "ada", "guess-3", "rob"]
    answers = await asyncio.gather(
        *(asked(app, DOCTOR, caller=one, headers=SAME_ID) for one in keys)
    )

    assert 200 not in [one.status for one in answers]
    assert answers[2] == answers[4]


async def keys_of(folder: Path) -> tuple[Path, dict[str, str]]:
    """A file of keys, and what can be tried with it."""
    path = folder / "keys.json"
    store = KeyStore(path)
    live, gone, old = [
        await store.make(name, permissions=[OPERATE], expires_in=end)
        for name, end in (("live", None), ("gone", None), ("old", timedelta(microseconds=1)))
    ]
    await store.revoke(gone.info.id)
    last = "1" if live.key.endswith("0") else "0"
    return path, {
        "live": live.key,
        "revoked": gone.key,
        "expired": old.key,
        "wrong secret": live.key[:-1] + last,
        "secret of another": live.key[:17] + gone.key[17:],
        "unknown id": f"wfa_{'0' * 12}_{'0' * 64}",
        "no key at all": "letmein",
        "cut": live.key[:-1],
        "longer": live.key + "0",
        "upper case": live.key.upper(),
        "hash": api_keys.digest_of(live.key).hex(),
        "far too long": "x" * 100_000,
    }


async def test_a_key_that_is_unknown_revoked_expired_or_wrong_gets_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, keys = await keys_of(tmp_path)
    compared: list[tuple[int, int]] = []

    def noted(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(api_keys, "compare_digest", noted)
    scene = stuck()
    app = scene.app(authenticator=ApiKeys(path), limits=Limits(failures=1000))
    live = keys.pop("live")
    too_long = keys.pop("far too long")

    answers: list[Heard] = []
    for key in keys.values():
        for sent in (("x-api-key", key), ("authorization", f"Bearer {key}")):
            one = await asked(app, DOCTOR, caller=None, headers=[sent, *SAME_ID])
            answers.append(one)

    assert (len(set(answers)), answers[0].status) == (1, 401)
    # One comparison in constant time, of two hashes, for whatever it was.
    assert compared == [(32, 32)] * len(answers)
    assert (await asked(app, DOCTOR, caller=too_long, headers=SAME_ID)) == answers[0]
    assert len(compared) == len(answers)
    assert (await asked(app, f"{SEEDS}/{RECOVER}", KEY, caller=live)).status == 200


# --- a flood of strangers ------------------------------------------------------------------------


async def flood(app: ASGIApp, numbers: range) -> None:
    for number in numbers:
        peer = f"198.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        target = DOCTOR if number % 2 else f"/api/v1/engines/e{number}/{RECOVER}"
        body = {**KEY, "reason": f"fill the log {number}"}
        await asked(app, target, body, caller=f"guess-{number}", peer=peer)
        # The loop forgets timers that were cancelled only when it comes to it.
        await asyncio.sleep(0)


def size_of(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.iterdir())


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
async def test_ten_thousand_failures_leave_room_for_repairs_on_record(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "audit"
    log = JsonLinesAuditLog(path) if kind == "jsonl" else SqliteAuditLog(path)
    # What is told to an observer is not kept here: it would grow by itself.
    scene = Scene(audit=log, observer=SilentObserver())
    scene.failed()
    app = scene.app(limits=Limits(addresses=64))
    await flood(app, range(1000))
    gc.collect()
    size, things = size_of(tmp_path), len(gc.get_objects())

    await flood(app, range(1000, 10_000))
    gc.collect()

    assert size_of(tmp_path) == size
    assert len(gc.get_objects()) - things < 500
    done = await asked(app, f"{SEEDS}/{RECOVER}", {**KEY, "reason": "ticket 7"})
    assert done.status == 200
    records = (await log.newest(100)).records
    assert len([one for one in records if one.actor == "nobody"]) == 5
    assert [(one.actor, one.outcome) for one in records[-2:]] == [
        ("ada", None),
        ("ada", "confirmed"),
    ]
    assert "guess" not in str(records)


async def test_what_was_not_noted_one_by_one_is_counted_in_the_end() -> None:
    scene = stuck()
    app = scene.app()

    await flood(app, range(100))
    scene.world.advance(timedelta(minutes=2))
    await asked(app, DOCTOR)

    strangers = [one for one in scene.audit.records if one.actor == "nobody"]
    assert sum(int(dict(one.arguments)["attempts"]) for one in strangers) == 100


async def test_what_one_caller_sent_is_never_counted_as_anothers() -> None:
    scene = stuck()
    app = scene.app()

    for _ in range(100):
        await asked(app, DOCTOR, {"nonsense": 1}, caller="rob")
    scene.world.advance(timedelta(minutes=2))
    await asked(app, DOCTOR, {"nonsense": 1}, caller="ada")
    scene.world.advance(timedelta(minutes=2))
    await asked(app, DOCTOR, caller="ola")

    by_ada = [one for one in scene.audit.records if one.actor == "ada"]
    assert [dict(one.arguments)["attempts"] for one in by_ada] == ["1"]


async def test_a_body_of_a_stranger_is_never_read() -> None:
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        raise AssertionError

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": DOCTOR,
        "raw_path": DOCTOR.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"x-api-key", b"guess")],
        "client": ("192.0.2.1", 1),
    }
    await stuck().app()(scope, receive, send)  # type: ignore[arg-type]

    assert sent[0]["status"] == 401  # type: ignore[index]


# --- a slow engine -------------------------------------------------------------------------------


class Slow:
    """Holds everybody at one point until it is opened, and counts who comes there."""

    def __init__(self, scene: Scene, point: Point) -> None:
        self.open, self.point, self.came = asyncio.Event(), point, 0
        scene.world.engine.points.hook = self.hook

    async def hook(self, point: Point) -> None:
        if point is self.point:
            self.came += 1
            await self.open.wait()


async def quiet() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_fifty_doctors_of_a_slow_engine_make_two_surveys() -> None:
    scene = stuck()
    slow = Slow(scene, Point.SURVEY)
    app = scene.app(limits=Limits(at_once=64))

    async def doctor(number: int) -> Heard:
        base = SEEDS if number % 2 else "/api/v1/engines/default"
        headers = WHOLE.items() if number % 3 else ()
        return await asked(
            app, f"{base}/doctor", caller=("ada", "rob")[number % 2], headers=headers
        )

    first = asyncio.create_task(doctor(0))
    await quiet()
    others = [asyncio.create_task(doctor(number)) for number in range(1, 50)]
    await quiet()
    assert slow.came == 1
    slow.open.set()
    answers = [await one for one in (first, *others)]

    assert {one.status for one in answers} == {200}
    assert slow.came == 2
    assert len(scene.audit.records) == 50


async def test_a_shared_survey_tells_each_caller_no_more_than_they_may_see() -> None:
    scene = stuck()
    slow = Slow(scene, Point.SURVEY)
    app = scene.app()
    first = asyncio.create_task(asked(app, DOCTOR))
    await quiet()
    names = ("ada", "rob", "ada", "rob")
    tasks = [asyncio.create_task(asked(app, DOCTOR, caller=one)) for one in names]
    await quiet()
    slow.open.set()
    await first
    answers = dict(zip(names, [await one for one in tasks], strict=False))

    assert b"4111" in answers["ada"].body
    assert b"4111" not in answers["rob"].body


async def test_beyond_the_limit_requests_wait_and_then_are_refused_and_nothing_is_lost() -> None:
    scene = stuck()
    slow = Slow(scene, Point.FOR_KEY)
    limits = Limits(at_once=3, patience=timedelta(milliseconds=50))
    app = scene.app(limits=limits)

    tasks = [asyncio.create_task(asked(app, f"{SEEDS}/inspect", KEY)) for _ in range(20)]
    refused = [await one for one in tasks[3:]]
    reached = slow.came
    slow.open.set()
    let_in = [await one for one in tasks[:3]]
    after = [await asked(app, f"{SEEDS}/inspect", KEY) for _ in range(3)]

    assert reached == 3
    assert {(one.status, one.id) for one in refused} == {(503, "too_busy")}
    assert all(dict(one.headers)[b"retry-after"].isdigit() for one in refused)
    assert [one.status for one in (*let_in, *after)] == [200] * 6


async def test_a_turn_is_given_back_after_every_kind_of_failure() -> None:
    scene = stuck()
    app = scene.app(limits=Limits(at_once=1, patience=timedelta(milliseconds=50)))

    async def breaks(point: Point) -> None:
        raise ZeroDivisionError(point)

    good = scene.world.engine.points.hook
    for _ in range(3):
        scene.world.engine.points.hook = breaks  # type: ignore[assignment]
        assert (await asked(app, f"{SEEDS}/inspect", KEY)).status == 500
        assert (await asked(app, f"{SEEDS}/{RECOVER}", KEY, caller="rob")).status == 403
        assert (await asked(app, f"{SEEDS}/inspect", {**KEY, "x": 1})).status == 422
    scene.world.engine.points.hook = good

    assert (await asked(app, f"{SEEDS}/inspect", KEY)).status == 200


class Broken(Names):
    """Cannot tell anybody, and says too much about it."""

    async def authenticate(self, _headers: Mapping[str, str]) -> Principal | None:
        raise ValueError(f"{ADA} has the key s3cret")


async def test_an_authenticator_that_breaks_lets_nobody_in_and_fills_nothing() -> None:
    scene = stuck()
    app = scene.app(authenticator=Broken())

    answers = [await asked(app, DOCTOR, headers=SAME_ID) for _ in range(200)]

    assert (len(set(answers)), answers[0].status) == (1, 503)
    assert (scene.points, len(scene.audit.records)) == ([], 5)
    all_of_it = f"{scene.audit.records} {answers[0]} {scene.events.told}"
    assert "s3cret" not in all_of_it
