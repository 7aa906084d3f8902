"""Secrets: callers fail in every way that there is, and then read all that they can get at."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.adapters.restate.fake import V17
from tests.asgi.http import KEY, READ, SEEDS, V1, Scene
from tests.asgi.laws.attacks import (
    ACTING,
    RECOVER,
    REDEPLOY,
    ROUTES,
    TOKEN,
    WHOLE,
    asked,
    healthy,
    outside,
    over,
    spoiled,
)
from tests.wire.issuers import AUDIENCE, CLAIMS, ISSUER, signer
from tests.wire.servers import answer, request_from, saying, serving
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.adapters.evidence_folder import FolderEvidence
from wfadmin.adapters.jwt_auth import JwtAuthenticator, PemKey
from wfadmin.adapters.key_store import KeyStore
from wfadmin.adapters.memory import Point
from wfadmin.adapters.observer_logging import LoggingObserver
from wfadmin.asgi import Limits, operator_app
from wfadmin.ports.audit import AuditLog
from wfadmin.ports.observer import Observer

pytestmark = pytest.mark.asyncio

ELSEWHERE = "http://engine.example:9070"
MANY = Limits(failures=1000)


def log_in(folder: Path, kind: str) -> AuditLog:
    path = folder / f"audit.{kind}"
    return JsonLinesAuditLog(path) if kind == "jsonl" else SqliteAuditLog(path)


class Both(Observer):
    """Tells two observers."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def event(self, name: str, fields: Mapping[str, object]) -> None:
        for one in self._observers:
            one.event(name, fields)


# --- keys and tokens of callers ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
async def test_no_key_of_a_caller_gets_out_whatever_becomes_of_the_request(
    tmp_path: Path, kind: str
) -> None:
    files = tmp_path / "kept"
    files.mkdir()
    path = tmp_path / "keys.json"
    store = KeyStore(path)
    live, gone = [await store.make(name, permissions=[READ]) for name in ("live", "gone")]
    await store.revoke(gone.info.id)
    wrong = live.key[:-4] + "beef"

    async with outside(files) as out:
        observer = Both(out.events, LoggingObserver())
        scene = Scene(audit=log_in(files, kind), observer=observer)
        scene.failed()
        app = scene.app(authenticator=ApiKeys(path), limits=MANY)
        for key in (live.key, gone.key, wrong):
            for headers in (
                [("x-api-key", key)],
                [("authorization", f"Bearer {key}")],
                [("authorization", f"Basic {key}")],
                [("authorization", key)],
                [("x-api-key", key), ("authorization", "Bearer other")],
                [("x-api-key", key), ("x-request-id", key)],
                [("x-api-key", key), ("if-match", key)],
                [("x-api-key", key), ("content-type", key)],
                [("x-api-key", key), ("prefer", key)],
                [("cookie", f"key={key}")],
            ):
                for route, body in ROUTES.items():
                    target = f"{SEEDS}/{route}?api_key={key}"
                    out.hear(await asked(app, target, body, caller=None, headers=headers))
                out.hear(await asked(app, f"{SEEDS}/{key}", caller=None, headers=headers))
        path.write_text("{")
        out.hear(await asked(app, f"{SEEDS}/doctor", caller=live.key))

    assert {b"200", b"401", b"403", b"503"} <= {one.split()[0] for one in out.answers}
    assert len(out.lines) > 0
    secrets = [one[17:] for one in (live.key, gone.key, wrong)]
    assert {one: out.places_of(one) for one in secrets} == {one: [] for one in secrets}


async def test_no_token_of_an_issuer_gets_out(tmp_path: Path) -> None:
    pytest.importorskip("jwt")
    one, other = signer("ed25519"), signer("rsa")
    now = datetime.now(UTC)
    claims = CLAIMS | {"exp": (now + timedelta(minutes=5)).timestamp()}
    tokens = [
        one.sign(claims),
        one.sign(claims | {"exp": 1}),
        one.sign(claims | {"aud": "another"}),
        other.sign(claims),
        one.sign(claims).rpartition(".")[0] + ".",
        one.sign(claims)[:-6] + "AAAAAA",
    ]

    async with outside(tmp_path) as out:
        observer = Both(out.events, LoggingObserver())
        door = JwtAuthenticator(
            PemKey(one.pem), issuer=ISSUER, audience=AUDIENCE, observer=observer
        )
        scene = Scene(audit=log_in(tmp_path, "jsonl"), observer=observer)
        scene.failed()
        app = scene.app(authenticator=door, limits=MANY)
        statuses = []
        for token in tokens:
            headers = [("authorization", f"Bearer {token}"), ("x-request-id", token[:64])]
            heard = await asked(app, f"{SEEDS}/doctor", caller=None, headers=headers)
            statuses.append(out.hear(heard).status)
            out.hear(await asked(app, f"{SEEDS}/{RECOVER}", KEY, caller=None, headers=headers))

    assert statuses == [200, 401, 401, 401, 401, 401]
    assert [out.places_of(token.split(".")[2] or token) for token in tokens] == [[]] * 6


# --- the token for the engine --------------------------------------------------------------------

ECHOES = {
    "in words": f"bad token {TOKEN}".encode(),
    "in its own JSON": json.dumps(
        {"message": f"no: Bearer {TOKEN}", "restate_code": TOKEN}
    ).encode(),
    "in other JSON": json.dumps({"error": {"authorization": f"Bearer {TOKEN}"}}).encode(),
    "in a page": f"<h1>{TOKEN}</h1>".encode(),
    "percent-encoded": b"/login?t=engine-token%2F0123456789%2Babcdef%3D%3D",
    "after colours": f"\x1b[31m{TOKEN}\x1b[0m\r\n{TOKEN}".encode(),
    "where it is cut": b"x" * 280 + TOKEN.encode(),
    # As PHP and .NET write JSON: what is read out of it is the token.
    "in JSON with escapes": json.dumps({"error": f"no: {TOKEN}"})
    .replace("/", "\\/")
    .replace("+", "\\u002B")
    .encode(),
}


@pytest.mark.parametrize("status", [200, 307, 401, 403, 500])
@pytest.mark.parametrize("body", ECHOES.values(), ids=ECHOES)
async def test_our_own_token_is_masked_wherever_an_engine_repeats_it(
    tmp_path: Path, body: bytes, status: int
) -> None:
    async with outside(tmp_path) as out:
        observer = Both(out.events, LoggingObserver())
        fake = spoiled(healthy(), (status, body))
        operator = over(fake, audit=log_in(tmp_path, "jsonl"), observer=observer)
        app = Scene().app(operators=operator)
        for route, sent in ROUTES.items():
            out.hear(await asked(app, f"{SEEDS}/{route}", sent, headers=WHOLE.items()))

    assert fake.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"
    forms = (TOKEN, TOKEN[:20], "0123456789%2Babcdef", "0123456789\\\\u002Babcdef", "456789+abc")
    assert [out.places_of(one) for one in forms] == [[]] * len(forms)


async def test_a_short_token_is_masked_in_what_an_error_quotes() -> None:
    fake = spoiled(healthy(), (403, b'{"message": "no: s3cr3t", "restate_code": "s3cr3t"}'))
    app = Scene().app(operators=over(fake, secret="s3cr3t"))  # noqa: S106 - nobody's

    answers = [await asked(app, f"{SEEDS}/{route}", body) for route, body in ROUTES.items()]

    assert all(b"no: ***" in one.body for one in answers)
    assert all(b"s3cr3t" not in one.whole for one in answers)


async def test_a_token_in_the_place_of_a_name_is_masked_too() -> None:
    fake = healthy(failure=f"boom {TOKEN}", handler=TOKEN)
    service = fake.routes["GET /services"]["services"][0]
    fake.routes["GET /services"]["services"].append(service | {"name": TOKEN})
    fake.routes["GET /version"] = V17 | {"version": f"1.7.12 {TOKEN}"}
    app = Scene().app(operators=over(fake))

    answers = [
        await asked(app, f"{SEEDS}/{route}", ROUTES[route], headers=WHOLE.items())
        for route in ("doctor", "inspect")
    ]

    assert [one.status for one in answers] == [200, 200]
    assert all(b"***" in one.body and TOKEN.encode() not in one.body for one in answers)


async def test_a_token_goes_over_plain_http_to_no_other_machine(tmp_path: Path) -> None:
    fake = healthy()
    async with outside(tmp_path) as out:
        remote = {"admin_url": ELSEWHERE, "ingress_url": ELSEWHERE}
        app = operator_app(over(fake, settings=remote), unsafe_allow_anonymous=True)
        answers = [
            out.hear(await asked(app, f"{SEEDS}/{route}", body)) for route, body in ROUTES.items()
        ]

    assert b"use https or a unix socket" in answers[0].body + answers[1].body
    assert [one for one in fake.requests if "authorization" in one.headers] == []
    assert {one.url.path for one in fake.requests} <= {"/restate/health"}
    assert out.places_of(TOKEN) == []


async def test_a_redirect_leads_neither_the_token_nor_us_elsewhere() -> None:
    asked_there: list[bytes] = []

    async def trap(reader: object, _: object) -> None:
        asked_there.append(await request_from(reader))  # type: ignore[arg-type]

    async with serving(trap) as elsewhere:
        moved = answer(b"", "307 Temporary Redirect", f"location: {elsewhere}/version")
        async with serving(saying(*[moved] * 20)) as url, over(url, timeout=2.0) as operator:
            app = operator_app(operator, unsafe_allow_anonymous=True)
            answers = [await asked(app, f"{SEEDS}/{one}", body) for one, body in ROUTES.items()]

    assert asked_there == []
    assert {one.status for one in answers[1:]} == {502}


async def test_no_proxy_of_the_environment_gets_what_we_send(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxied: list[bytes] = []

    async def trap(reader: object, _: object) -> None:
        proxied.append(await request_from(reader))  # type: ignore[arg-type]

    async with serving(trap) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        ok = answer(b'{"version": "1.7.12", "services": []}')
        async with serving(saying(*[ok] * 20)) as url, over(url, timeout=2.0) as operator:
            app = operator_app(operator, unsafe_allow_anonymous=True)
            heard = await asked(app, f"{SEEDS}/doctor")

    assert proxied == []
    assert json.loads(heard.body)["ingress"]["status"] == "ok"


@pytest.mark.parametrize(
    ("endpoint", "is_called"),
    [
        ("http://localhost:8080/", True),
        ("http://127.0.0.1:8080/", True),
        ("http://evil.example:8080/", False),
        ("http://localhost.evil.example/", False),
        ("http://127.0.0.1@evil.example/", False),
        ("http://evil.example\\@localhost/", False),
        ("http://169.254.169.254/", False),
        ("unix:///run/evil.sock", False),
        ("file:///etc/passwd", False),
        ("gopher://localhost/", False),
        ("\x00http://localhost", False),
        ("", False),
    ],
)
async def test_an_ingress_that_the_engine_names_is_called_on_its_own_host_without_the_token(
    endpoint: str,
    is_called: bool,  # noqa: FBT001 - a column
) -> None:
    fake = healthy()
    fake.routes["GET /version"] = V17 | {"ingress_endpoint": endpoint}
    app = operator_app(over(fake, settings={"ingress_url": None}), unsafe_allow_anonymous=True)

    heard = await asked(app, f"{SEEDS}/doctor")

    health = [one for one in fake.requests if one.url.path == "/restate/health"]
    assert len(health) == (1 if is_called else 0)
    assert all("authorization" not in one.headers for one in health)
    assert {one.url.host for one in fake.requests} <= {"localhost", "127.0.0.1"}
    assert (json.loads(heard.body)["ingress"]["status"] == "ok") is is_called


# --- URLs ----------------------------------------------------------------------------------------

SECRET_URL = "http://deployer:pa55w0rd@orders-v1:9080/?token=qu3ry-s3cret&v=n3utral"  # noqa: S105 - nobody's


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
@pytest.mark.parametrize("status", [200, 400, 500, 504])
async def test_what_a_url_holds_of_secrets_is_neither_answered_nor_kept(
    tmp_path: Path, status: int, kind: str
) -> None:
    echo = json.dumps({"message": f"cannot discover {SECRET_URL}"}).encode()
    fake = healthy()
    fake.routes["POST /deployments"] = (status, echo)
    async with outside(tmp_path) as out:
        observer = Both(out.events, LoggingObserver())
        operator = over(fake, audit=log_in(tmp_path, kind), observer=observer)
        app = Scene().app(operators=operator)
        closed = Scene().app(operators=operator, allowed_service_urls=["http://elsewhere"])
        reason = {"reason": f"from {SECRET_URL.removesuffix('&v=n3utral')}"}
        for route in ACTING:
            if "recover" not in route:
                body = {"serviceUrl": SECRET_URL, **reason}
                for where, caller in ((app, "ada"), (app, "rob"), (closed, "ada")):
                    sent = await asked(where, f"{SEEDS}/{route}", body, caller=caller)
                    out.hear(sent)
        for bad in (f"{SECRET_URL}\n", f"x{SECRET_URL}", SECRET_URL.replace("9080", "90x80")):
            out.hear(await asked(app, f"{SEEDS}/{REDEPLOY}", {"serviceUrl": bad}))

    secrets = ("pa55w0rd", "qu3ry-s3cret", "n3utral")
    assert [out.places_of(one) for one in secrets] == [[], [], []]


@pytest.mark.parametrize("caller", ["ada", "rob"])
async def test_the_password_in_the_url_of_a_deployment_is_told_to_nobody(caller: str) -> None:
    fake = healthy()
    fake.routes["GET /deployments"]["deployments"][0]["uri"] = SECRET_URL
    app = Scene().app(operators=over(fake))

    heard = await asked(app, f"{SEEDS}/doctor", caller=caller, headers=WHOLE.items())

    assert b"orders-v1:9080" in heard.body
    assert b"pa55w0rd" not in heard.body
    assert b"deployer" not in heard.body


async def test_a_read_key_sees_no_secret_of_the_url_of_a_deployment() -> None:
    fake = healthy()
    fake.routes["GET /deployments"]["deployments"][0]["uri"] = SECRET_URL
    app = Scene().app(operators=over(fake))

    heard = await asked(app, f"{SEEDS}/doctor", caller="rob", headers=WHOLE.items())

    assert b"orders-v1:9080" in heard.body
    assert b"qu3ry-s3cret" not in heard.body
    assert b"n3utral" not in heard.body


# --- mistakes of ours ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
async def test_a_mistake_of_ours_whose_words_hold_a_secret_tells_it_nowhere(
    tmp_path: Path, kind: str
) -> None:
    async def breaks(point: Point) -> None:
        raise RuntimeError(f"at {point}: Bearer {TOKEN} to {SECRET_URL}")

    async with outside(tmp_path) as out:
        observer = Both(out.events, LoggingObserver())
        scene = Scene(audit=log_in(tmp_path, kind), observer=observer)
        scene.failed()
        scene.world.deployment(V1, serves=("Order",))
        scene.world.engine.points.hook = breaks
        app = scene.app()
        statuses = {
            route: out.hear(await asked(app, f"{SEEDS}/{route}", body)).status
            for route, body in ROUTES.items()
        }

    assert statuses == {"doctor": 200, **dict.fromkeys(ROUTES.keys() - {"doctor"}, 500)}
    assert len(out.events.named("http.failed")) == 7
    secrets = (TOKEN, "pa55w0rd", "qu3ry-s3cret", "RuntimeError(")
    assert [out.places_of(one) for one in secrets] == [[]] * 4


async def test_a_record_that_cannot_be_stored_tells_nobody_why_in_its_own_words(
    tmp_path: Path,
) -> None:
    class Broken(JsonLinesAuditLog):
        async def note(self, _: object) -> None:
            raise RuntimeError(TOKEN)

        intent = note

    async with outside(tmp_path) as out:
        observer = Both(out.events, LoggingObserver())
        scene = Scene(audit=Broken(tmp_path / "audit"), observer=observer)
        scene.failed()
        for caller in ("ada", "rob", None):
            for route, body in ROUTES.items():
                target, wish = f"{SEEDS}/{route}", WHOLE.items()
                out.hear(await asked(scene.app(), target, body, caller=caller, headers=wish))

    assert out.places_of(TOKEN) == []
    assert not any(one.is_write for one in scene.points)


# --- evidence ------------------------------------------------------------------------------------


def files_in(folder: Path) -> list[str]:
    return [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]


@pytest.mark.parametrize("key", ["../../up", "/etc/passwd", "a\nb", "..", "x" * 300, "o-1"])
async def test_evidence_lies_under_a_hash_in_a_folder_of_its_own(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "kept" / "evidence"
    scene = Scene(evidence=FolderEvidence(folder))
    scene.failed(key)
    app = scene.app(key_charset="any")

    done = await asked(app, f"{SEEDS}/{RECOVER}", {"serviceName": "Order", "serviceKey": key})

    assert done.status == 200
    assert folder.stat().st_mode & 0o777 == 0o700
    names = files_in(folder)
    assert names
    assert all(set(one) <= set("0123456789abcdefghijklmnopqrstuvwxyz._-/T:Z") for one in names)
    assert not any("up" in one or "passwd" in one or "o-1" in one for one in names)
    assert [one for one in files_in(tmp_path) if not one.startswith("kept/evidence/")] == []


async def test_evidence_follows_no_link(tmp_path: Path) -> None:
    folder, target = tmp_path / "evidence", tmp_path / "elsewhere"
    target.mkdir(0o700)
    folder.symlink_to(target)
    scene = Scene(evidence=FolderEvidence(folder))
    scene.failed()

    answer_ = await asked(scene.app(), f"{SEEDS}/{RECOVER}", KEY)

    assert (answer_.status, answer_.id) == (503, "evidence_unavailable")
    assert files_in(target) == []
    assert not any(one.is_write for one in scene.points)
