"""Whom `wfadmin serve` lets in: who has a key or a token, and nobody unless that is said."""

from pathlib import Path

import pytest

from tests.cli.conftest import document
from tests.cli.hosting import Site, new_key, serve
from tests.cli.lab import LAB, Lab, install
from tests.wire.issuers import AUDIENCE, ISSUER, Signer, key_set, signer
from wfadmin.adapters.memory import World
from wfadmin.cli import main

KEYS = ("--keys-file", "keys.json")
ANYBODY = "--unsafe-allow-anonymous"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An engine with a failed run of Order o-1."""
    lab = install(monkeypatch, World())
    lab.world.workflow("Order").key("o-1").failed("boom")
    return lab


@pytest.fixture
def key(capsys: pytest.CaptureFixture[str]) -> str:
    return new_key(capsys)


def nothing(_: Site) -> None:
    """Only come and go."""


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Run a command that does not begin to serve, and give what is wrong."""
    assert main(["serve", "--port", "0", *options, "-o", "json"]) == 2
    told: str = document(capsys)["error"]["message"]
    return told


def issued(by: Signer, subject: str = "ada") -> str:
    """Make a token that is good for years."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": 4_000_000_000}
    return by.sign({**claims, "permissions": ["system:read"]})


@pytest.mark.parametrize("source", ["--jwt-pem", "--jwt-jwks-file"])
@pytest.mark.usefixtures("lab")
def test_a_token_and_a_key_are_two_ways_in(
    monkeypatch: pytest.MonkeyPatch, key: str, source: str
) -> None:
    ed, other = signer("ed25519"), signer("rsa")
    text = ed.pem if source == "--jwt-pem" else key_set(ed.jwk("k1")).decode()
    Path("issuer").write_text(text, "utf-8")
    codes: list[int] = []

    def visit(site: Site) -> None:
        clients = (
            site.client(key),
            site.client(authorization=f"Bearer {issued(ed)}"),
            site.client(authorization=f"Bearer {issued(other)}"),
        )
        codes.extend(client.post("doctor", json={}).status_code for client in clients)

    options = ("--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE, source, "issuer")
    served = serve(monkeypatch, visit, *LAB, *KEYS, *options)
    assert (served.code, codes) == (0, [200, 200, 401])
    assert [one["reason"] for one in served.log.events("authenticate.denied")] == ["key"]


@pytest.mark.usefixtures("lab")
def test_tokens_alone_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    ed = signer("ed25519")
    Path("issuer.pem").write_text(ed.pem, "utf-8")

    def visit(site: Site) -> None:
        client = site.client(authorization=f"Bearer {issued(ed)}")
        assert client.post("doctor", json={}).status_code == 200

    options = ("--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE, "--jwt-pem", "issuer.pem")
    assert serve(monkeypatch, visit, *LAB, *options).code == 0


TOKENS = ("--jwt-issuer", ISSUER, "--jwt-audience", AUDIENCE)
NOBODY_ELSE = "nobody could be let in: give --keys-file (wfadmin keys new makes one), "


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), f"--keys-file is not usable: {NOBODY_ELSE}"),
        ((*KEYS, ANYBODY), "--unsafe-allow-anonymous is not usable: callers are known by"),
        (("--keys-file", "nowhere"), "nowhere: No such file or directory."),
        (("--keys-file", "broken.json"), "the keys file broken.json is not usable: "),
        (("--jwt-issuer", ISSUER), "--jwt-audience is not usable: tokens are known by an issuer"),
        (("--jwt-audience", "x"), "--jwt-issuer is not usable: tokens are known by an issuer"),
        (("--jwt-pem", "x"), "--jwt-issuer is not usable: tokens are known by an issuer"),
        (TOKENS, "--jwt-jwks-url is not usable: the keys of the issuer: give it, "),
        (
            (*TOKENS, "--jwt-pem", "x", "--jwt-jwks-file", "y"),
            "--jwt-jwks-url is not usable: the keys of the issuer: give it, ",
        ),
        ((*TOKENS, "--jwt-pem", "nowhere"), "--jwt-pem is not usable: nowhere: No such file or"),
        ((*TOKENS, "--jwt-pem", "broken.json"), "it is no public key in the form of PEM"),
        ((*TOKENS, "--jwt-jwks-url", "http://idp/keys"), "JWKS URL is not usable: "),
        ((*TOKENS, "--jwt-jwks-url", "https://u:hunter2@idp/keys"), "JWKS URL is not usable: "),
    ],
)
@pytest.mark.usefixtures("lab", "key")
def test_callers_who_could_not_be_known_are_refused_at_the_start(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    Path("broken.json").touch(mode=0o600)
    Path("broken.json").write_text("hunter2", "utf-8")
    message = refused(capsys, *LAB, *options)
    assert told in message
    assert "hunter2" not in message


@pytest.mark.usefixtures("lab")
def test_an_issuer_that_serves_its_keys_is_not_asked_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = (*TOKENS, "--jwt-jwks-url", "http://127.0.0.1:9/keys")
    assert serve(monkeypatch, nothing, *LAB, *options).code == 0


@pytest.mark.usefixtures("lab")
def test_keys_that_are_spoilt_later_are_told_to_the_log(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    def visit(site: Site) -> None:
        Path("keys.json").write_text("{}", "utf-8")
        assert site.client(key).post("doctor", json={}).status_code == 503

    served = serve(monkeypatch, visit, *LAB, *KEYS)
    (told,) = served.log.events("http.authentication_failed")
    assert told["error"] == "InvalidConfig"
