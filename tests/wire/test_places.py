"""An address can be reached, and is shown without secrets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfadmin.domain.errors import InvalidEngineUrl
from wfadmin.wire.places import on_same_machine, place_of


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://localhost:9070", "http://localhost:9070"),
        ("HTTP://LocalHost:80/", "http://localhost"),
        ("https://restate.example:443/admin/", "https://restate.example/admin"),
        ("http://[::1]:9070", "http://[::1]:9070"),
    ],
)
def test_a_web_address_has_one_form(url: str, base: str) -> None:
    place = place_of(url, "admin URL")

    assert (place.url, place.shown, place.socket_path) == (base, base, None)


@pytest.mark.parametrize("url", ["unix:///run/n/admin.sock", "unix:/run/n/admin.sock"])
def test_a_socket_is_reached_through_its_path(url: str) -> None:
    place = place_of(url, "admin URL")

    assert place.socket_path == "/run/n/admin.sock"
    assert place.shown == "unix:///run/n/admin.sock"
    assert place.url == "http://localhost"
    assert place.is_private
    assert not place.is_tls


def test_a_socket_path_may_hold_blanks_and_letters_of_any_script() -> None:
    place = place_of("unix:///run/Application Support/é.sock", "admin URL")

    assert place.socket_path == "/run/Application Support/é.sock"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "it is NoneType, not text"),
        (b"http://localhost", "it is bytes, not text"),
        ("", "it does not start with http:// or https://"),
        ("localhost:9070", "it does not start with http:// or https://"),
        ("/services", "it does not start with http:// or https://"),
        ("ftp://localhost", "it does not start with http:// or https://"),
        ("http://", "it names no host"),
        ("http://:9070", "it names no host"),
        ("http://localhost:port", "its host or port cannot be read"),
        ("http://localhost:99999", "its host or port cannot be read"),
        ("http://[::1", "its host cannot be read"),
        ("http://local host", "it holds blanks or control characters"),
        ("http://localhost\n", "it holds control characters"),
        ("http://localhost/?x=1", "it holds a query or a fragment"),
        ("http://localhost/#x", "it holds a query or a fragment"),
        ("http://" + "x" * 2048, "it is longer than 2048 characters"),
        ("unix://admin.sock", "its path is not absolute"),
        ("unix:admin.sock", "its path is not absolute"),
        ("unix:///a\0b", "it holds control characters"),
    ],
)
def test_an_unusable_address_is_refused_with_the_reason(url: object, problem: str) -> None:
    with pytest.raises(InvalidEngineUrl) as caught:
        place_of(url, "admin URL")

    assert caught.value.problem == problem
    assert caught.value.argument == "admin URL"


@pytest.mark.parametrize(
    "url",
    [
        "http://ada:s3cret@localhost",
        "http://s3cret@localhost",
        "http://ada:s3/cret@localhost",
        "https://localhost/@s3cret",
        "http://ada:s3cret@[::1",
        "http://ada:s3cret@localhost:port",
    ],
)
def test_a_user_name_or_password_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InvalidEngineUrl) as caught:
        place_of(url, "admin URL")

    assert "s3cret" not in str(caught.value)
    assert "ada" not in str(caught.value)


def test_whoever_gives_a_password_is_told_the_options_for_a_token() -> None:
    with pytest.raises(InvalidEngineUrl, match="--token-env or --token-file"):
        place_of("http://ada:s3cret@localhost", "admin URL")


def test_the_longest_socket_path_is_taken() -> None:
    path = "/" + "x" * 106

    assert place_of(f"unix://{path}", "admin URL").socket_path == path


def test_a_socket_path_without_room_is_refused_in_bytes() -> None:
    with pytest.raises(InvalidEngineUrl, match="is 108 bytes long, and a socket has room for 107"):
        place_of("unix:///" + "x" * 105 + "é", "admin URL")


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://localhost:9070", True),
        ("http://127.0.0.1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://localhost.example", False),
        ("http://10.0.0.1", False),
        ("http://[fe80::1]", False),
        ("https://restate.example", False),
    ],
)
def test_only_this_machine_is_private(url: str, private: bool) -> None:  # noqa: FBT001
    assert place_of(url, "admin URL").is_private is private


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a:9070", "http://a:8080", True),
        ("http://a:9070", "https://A", True),
        ("http://a:9070", "http://b:8080", False),
        ("http://localhost:9070", "http://127.0.0.1:8080", True),
        ("http://localhost:9070", "http://10.0.0.1:8080", False),
        ("unix:///run/n/admin.sock", "http://127.0.0.1:8080", True),
        ("unix:///run/n/admin.sock", "http://a:8080", False),
        ("http://a:9070", "unix:///run/n/ingress.sock", False),
        ("unix:///run/n/admin.sock", "unix:///run/n/ingress.sock", True),
        ("unix:///run/n/admin.sock", "unix:///run/docker.sock", False),
        ("unix:///run/n/admin.sock", "unix:///run/n/../docker.sock", False),
    ],
)
def test_two_places_are_on_the_same_machine(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert on_same_machine(place_of(one, "a"), place_of(other, "b")) is same


def test_a_linked_folder_is_the_folder_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "n")
    one = place_of(f"unix://{tmp_path}/n/admin.sock", "a")
    other = place_of(f"unix://{tmp_path}/link/ingress.sock", "b")

    assert on_same_machine(one, other)


@given(st.text(max_size=40) | st.text(max_size=20).map(lambda text: f"http://{text}"))
def test_any_text_is_a_place_or_is_refused(url: str) -> None:
    try:
        place = place_of(url, "admin URL")
    except InvalidEngineUrl as error:
        assert "@" not in url or url not in str(error)  # noqa: PT017 - either way is fine
    else:
        assert place.shown.isprintable()
        assert "@" not in place.url
