"""Where `wfadmin serve` listens, and who can reach it there."""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.cli.conftest import document
from tests.cli.hosting import Site, new_key, serve
from tests.cli.lab import LAB, Lab, install
from wfadmin.cli import main
from wfadmin.cli.listening import Listening, bound, is_loopback, resolved
from wfadmin.errors import UsageError

KEYS = ("--keys-file", "keys.json")
ANYBODY = "--unsafe-allow-anonymous"
TLS = ("--tls-certificate", "host.pem", "--tls-key", "host.key")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install(monkeypatch)


@pytest.fixture
def key(capsys: pytest.CaptureFixture[str]) -> str:
    return new_key(capsys)


@pytest.fixture
def authority() -> trustme.CA:
    """Sign a certificate for this machine, into the working directory."""
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    Path("host.pem").write_bytes(b"".join(one.bytes() for one in made.cert_chain_pems))
    Path("host.key").write_bytes(made.private_key_pem.bytes())
    return authority


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Run a command that does not begin to serve, and give what is wrong."""
    assert main(["serve", *LAB, "-o", "json", *options]) == 2
    told: str = document(capsys)["error"]["message"]
    return told


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"])  # noqa: S104
@pytest.mark.usefixtures("lab", "key")
def test_an_address_that_others_reach_is_refused(
    capsys: pytest.CaptureFixture[str], host: str
) -> None:
    told = refused(capsys, *KEYS, "--host", host, "--port", "0")
    assert told == (
        "--host is not usable: others can reach that address, and keys would go there "
        "unencrypted: give --tls-certificate and --tls-key, or --behind-proxy where a proxy "
        "encrypts."
    )


@pytest.mark.parametrize("option", [(), ("--behind-proxy",), TLS])
@pytest.mark.usefixtures("lab", "authority")
def test_nobody_but_this_machine_comes_in_unasked(
    capsys: pytest.CaptureFixture[str], option: tuple[str, ...]
) -> None:
    told = refused(capsys, ANYBODY, "--host", "0.0.0.0", "--port", "0", *option)  # noqa: S104
    assert told == (
        "--unsafe-allow-anonymous is not usable: others can reach that address: listen on "
        "127.0.0.1, or give --keys-file."
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost"])
@pytest.mark.usefixtures("lab")
def test_this_machine_may_be_named_in_several_ways(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def visit(site: Site) -> None:
        assert site.url.startswith(f"http://{host}:")
        assert site.client(path="/").get("healthz").status_code == 200

    assert serve(monkeypatch, visit, *LAB, ANYBODY, "--host", host).code == 0


def test_a_url_has_brackets_around_an_address_of_the_sixth_version() -> None:
    assert Listening(host="::1").url(80) == "http://[::1]:80"
    assert Listening(host="h", tls_certificate="c", tls_key="k").url(443) == "https://h:443"


@pytest.mark.usefixtures("lab")
def test_behind_a_proxy_every_address_will_do(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    def visit(site: Site) -> None:
        port = httpx.URL(site.url).port
        url = f"http://127.0.0.1:{port}/api/v2/admin/operator/restate/doctor"
        client = site.client(key, path="/")
        assert client.post(url, json={}).status_code == 200

    options = ("--host", "0.0.0.0", "--behind-proxy")  # noqa: S104
    assert serve(monkeypatch, visit, *LAB, *KEYS, *options).code == 0


@pytest.mark.parametrize(
    ("addresses", "answer"),
    [
        (["127.0.0.1"], True),
        (["127.0.0.1", "::1"], True),
        (["127.0.0.1", "192.0.2.1"], False),
        (["fe80::1%lo"], False),
        (["::1%1"], True),
        (["0.0.0.0"], False),  # noqa: S104
    ],
)
def test_one_address_that_others_reach_is_enough(addresses: list[str], *, answer: bool) -> None:
    assert is_loopback([(socket.AF_INET, (one, 80)) for one in addresses]) is answer


@pytest.mark.parametrize("host", ["", "nowhere.invalid", "a" * 300, "a..b", "\0", "1.2.3.4.5"])
@pytest.mark.usefixtures("lab")
def test_a_name_without_an_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert refused(capsys, ANYBODY, "--host", host).startswith("--host is not usable: ")


@pytest.mark.usefixtures("lab")
def test_an_address_of_another_machine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("keys.json").touch()
    new_key(capsys, file="own.json")
    options = ("--keys-file", "own.json", "--behind-proxy", "--port", "0")
    assert refused(capsys, *options, "--host", "192.0.2.1") == (
        "--host is not usable: it is no address of this machine (Cannot assign requested address)."
    )


# --- ports ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("lab")
def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str], taken: int) -> None:
    told = refused(capsys, ANYBODY, "--port", str(taken))
    assert told == f"--port is not usable: {taken} cannot be listened on (Address already in use)."


@pytest.mark.usefixtures("lab")
def test_a_port_that_is_given_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    def visit(site: Site) -> None:
        assert site.url == f"http://127.0.0.1:{port}"

    assert serve(monkeypatch, visit, *LAB, ANYBODY, "--port", str(port)).code == 0


def test_no_answer_waits_for_the_acknowledgement_of_another() -> None:
    (listener,) = bound([(int(socket.AF_INET), ("127.0.0.1", 0))])
    with listener, socket.create_connection(listener.getsockname()):
        listener.setblocking(True)  # noqa: FBT003 - as the library has it
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def listened(*addresses: str, port: int = 0) -> list[tuple[str, int]]:
    """Listen on each, and give where that is."""
    families = {".": socket.AF_INET, ":": socket.AF_INET6}
    given = [(int(families["." if "." in one else ":"]), (one, port)) for one in addresses]
    sockets = bound(given)
    told = [one.getsockname()[:2] for one in sockets]
    for one in sockets:
        one.close()
    return told


def test_all_addresses_of_a_name_have_the_same_port() -> None:
    first, second = listened("127.0.0.1", "127.0.0.2")
    assert (first[0], second[0], first[1]) == ("127.0.0.1", "127.0.0.2", second[1])


def test_an_address_that_this_machine_lacks_is_left_out_where_it_has_another() -> None:
    assert [one[0] for one in listened("192.0.2.1", "127.0.0.1")] == ["127.0.0.1"]
    assert [one[0] for one in listened("127.0.0.1", "192.0.2.1")] == ["127.0.0.1"]


def test_a_port_that_is_taken_on_one_address_is_taken(taken: int) -> None:
    with pytest.raises(UsageError) as caught:
        listened("127.0.0.2", "127.0.0.1", port=taken)
    assert caught.value.problem == f"{taken} cannot be listened on (Address already in use)"
    # What was bound meanwhile is free again.
    assert listened("127.0.0.2", port=taken) == [("127.0.0.2", taken)]


def test_a_port_that_is_not_ours_to_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied (while attempting to bind)")

    monkeypatch.setattr(socket, "create_server", fail)
    with pytest.raises(UsageError) as caught:
        listened("127.0.0.1", port=80)
    assert (caught.value.argument, caught.value.problem) == (
        "--port",
        "80 cannot be listened on (Permission denied)",
    )


def test_the_same_address_twice_is_one() -> None:
    found = anyio.run(resolved, Listening(host="127.0.0.1", port=80))
    assert found == ((socket.AF_INET, ("127.0.0.1", 80)),)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--port", "-1"), "--port is not usable: it is not from 0 to 65535."),
        (("--port", "65536"), "--port is not usable: it is not from 0 to 65535."),
        (("--at-once", "0"), "--at-once is not usable: it is not from 1 to 10000."),
        (("--at-once", "10001"), "--at-once is not usable: it is not from 1 to 10000."),
        (("--grace", "0"), "--grace is not usable: it is not a number of seconds above zero"),
        (("--grace", "nan"), "--grace is not usable: it is not a number of seconds above zero"),
        (("--grace", "3601"), "--grace is not usable: it is not a number of seconds above zero"),
        (("--trusted-proxy", "proxy"), "--trusted-proxy is not usable: proxy is no address."),
        (("--trusted-proxy", "10.0.0.0/8"), "--trusted-proxy is not usable: 10.0.0.0/8 is no"),
        (TLS[:2], "--tls-certificate is not usable: it needs --tls-key, and the other way round."),
        (TLS[2:], "--tls-certificate is not usable: it needs --tls-key, and the other way round."),
    ],
)
@pytest.mark.usefixtures("lab")
def test_an_option_that_is_not_usable_is_named(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    assert refused(capsys, ANYBODY, *options).startswith(told)


@pytest.mark.parametrize(
    "options", [("--port", "65535"), ("--at-once", "10000"), ("--grace", "3600")]
)
def test_the_largest_that_is_usable_is_usable(options: tuple[str, str]) -> None:
    name, value = options
    Listening(**{name[2:].replace("-", "_"): int(value)}).check()


def test_a_proxy_is_known_by_the_usual_form_of_its_address() -> None:
    assert Listening(trusted_proxy=("0:0::1", "10.0.0.1")).proxies == {"::1", "10.0.0.1"}


# --- TLS -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("lab")
def test_over_tls_the_certificate_is_that_of_the_host(
    monkeypatch: pytest.MonkeyPatch, key: str, authority: trustme.CA
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def visit(site: Site) -> None:
        assert site.url.startswith("https://127.0.0.1:")
        assert site.client(key, tls=trusting).post("doctor", json={}).status_code == 200
        with pytest.raises(httpx.ConnectError):
            site.client(key).post("doctor", json={})
        with pytest.raises(httpx.RemoteProtocolError):
            site.client(key).post(f"http{site.url[5:]}/healthz")

    assert serve(monkeypatch, visit, *LAB, *KEYS, *TLS).code == 0


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.usefixtures("authority")
def test_tls_is_of_a_version_that_is_sound(version: ssl.TLSVersion) -> None:
    tls = Listening(tls_certificate="host.pem", tls_key="host.key").tls()
    assert tls is not None
    assert tls.minimum_version <= version
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.usefixtures("authority")
def test_nobody_is_asked_for_the_password_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def load(_: object, certificate: str, key: str, password: Callable[[], str]) -> None:
        given.append((certificate, key, password()))

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    assert Listening(tls_certificate="host.pem", tls_key="host.key").tls() is not None
    assert given == [("host.pem", "host.key", "")]


def encrypted() -> None:
    """Put a password on the key of the host."""
    private = load_pem_private_key(Path("host.key").read_bytes(), None)
    secret = BestAvailableEncryption(b"hunter2")
    Path("host.key").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))


def of_another() -> None:
    """Put the key of another certificate in the place of that of the host."""
    Path("host.key").write_bytes(trustme.CA().issue_cert("x").private_key_pem.bytes())


def empty() -> None:
    Path("host.pem").write_bytes(b"")


def gone() -> None:
    Path("host.key").unlink()


def folder() -> None:
    os.replace("host.pem", "moved")  # noqa: PTH105 - a file and a folder take turns
    Path("host.pem").mkdir()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (gone, "--tls-key is not usable: host.key: No such file or directory."),
        (folder, "--tls-certificate is not usable: host.pem: Is a directory."),
        (empty, "--tls-certificate is not usable: it cannot be used with its key ("),
        (of_another, "--tls-certificate is not usable: it cannot be used with its key (KEY_"),
        (encrypted, "--tls-certificate is not usable: it cannot be used with its key ("),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
@pytest.mark.usefixtures("lab", "key", "authority")
def test_a_certificate_that_cannot_be_used_is_told_at_the_start(
    capsys: pytest.CaptureFixture[str], spoil: object, told: str
) -> None:
    assert callable(spoil)
    spoil()
    assert refused(capsys, *KEYS, *TLS).startswith(told)
