"""URLs are compared by meaning, and a password in one is never told to anybody."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.domain.hostile import anything, obeyed
from wfadmin.domain.errors import InvalidServiceUrl
from wfadmin.domain.urls import normalised_url, same_url, without_secrets, without_userinfo

_UNREADABLE = "(a URL that cannot be read)"

_SAME = (
    pytest.param("http://h:9080", "http://h:9080", id="a plain URL is its own normal form"),
    pytest.param("HTTP://Host.Example", "http://host.example", id="case of scheme and host"),
    pytest.param("http://h:80", "http://h", id="the default port of http"),
    pytest.param("https://h:443/", "https://h", id="the default port of https"),
    pytest.param("http://h:443", "http://h:443", id="another scheme's default port is kept"),
    pytest.param("http://h:0080", "http://h", id="zeros before a port"),
    pytest.param("http://h:", "http://h", id="an empty port"),
    pytest.param("http://h/", "http://h", id="a trailing slash"),
    pytest.param("http://h/a//", "http://h/a", id="several trailing slashes"),
    pytest.param("http://h/a/?x=1", "http://h/a?x=1", id="a trailing slash before a query"),
    pytest.param("http://h/A", "http://h/A", id="case of a path is kept"),
    pytest.param("http://h?x=/", "http://h?x=/", id="a slash that ends a query is kept"),
    pytest.param("http://h/#part", "http://h", id="a fragment is dropped"),
    pytest.param("http://user:secret@h/", "http://h", id="user name and password are dropped"),
    pytest.param("http://a:b@c:d@h", "http://h", id="so they are when there are several signs"),
    pytest.param("http://[::1]:80/", "http://[::1]", id="an IPv6 address keeps its brackets"),
    pytest.param("http://[FE80::A]:9080", "http://[fe80::a]:9080", id="case of an IPv6 address"),
    pytest.param("http://MÜNCHEN.de", "http://münchen.de", id="case of a host of any script"),
)


@pytest.mark.parametrize(("url", "normal"), _SAME)
def test_normal_form(url: str, normal: str) -> None:
    assert normalised_url(url) == normal


@pytest.mark.parametrize(("url", "normal"), _SAME)
def test_a_url_and_its_normal_form_name_the_same_place(url: str, normal: str) -> None:
    assert same_url(url, normal)
    assert same_url(normal, url)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("http://h", "https://h", id="another scheme is another place"),
        pytest.param("http://h:1", "http://h:2", id="another port is another place"),
        pytest.param("http://h/a", "http://h/b", id="another path is another place"),
        pytest.param("http://h?a", "http://h?b", id="another query is another place"),
        pytest.param("http://h", "http://h.evil", id="a longer host is another place"),
        pytest.param("http://h", None, id="no URL equals none"),
        pytest.param(None, None, id="not even no other URL"),
        pytest.param("nonsense", "nonsense", id="what cannot be read equals nothing, not itself"),
    ],
)
def test_different_places(one: str | None, other: str | None) -> None:
    assert not same_url(one, other)
    assert not same_url(other, one)


_NO_HOST = "it names no host"
_NOT_HTTP = "it does not start with http:// or https://"
_BLANKS = "it holds blanks or control characters"
_CANNOT = "its host or port cannot be read"

_MALFORMED = (
    pytest.param("", _NOT_HTTP, id="nothing"),
    pytest.param("h:9080", _NOT_HTTP, id="no scheme"),
    pytest.param("/secret", _NOT_HTTP, id="a path"),
    pytest.param("//user:secret@h", _NOT_HTTP, id="a URL that is relative to a scheme"),
    pytest.param("ftp://user:secret@h", _NOT_HTTP, id="another scheme"),
    pytest.param("unix:///run/secret", _NOT_HTTP, id="a socket"),
    pytest.param("http://", _NO_HOST, id="only a scheme"),
    pytest.param("http:secret", _NO_HOST, id="no slashes"),
    pytest.param("http:///secret", _NO_HOST, id="a path and no host"),
    pytest.param("http://user:secret@", _NO_HOST, id="a password and no host"),
    pytest.param("http://:9080", _NO_HOST, id="a port and no host"),
    pytest.param("http://user:secret@[bad", _CANNOT, id="a bracket that is not closed"),
    pytest.param("http://user:secret@[::g]", _CANNOT, id="an address that is none"),
    pytest.param("http://user:secret@h:port", _CANNOT, id="a port that is no number"),
    pytest.param("http://user:se/cret@h", _CANNOT, id="a password with a slash"),
    pytest.param("http://user:secret@h:65536", _CANNOT, id="a port that is too high"),
    pytest.param("http://user:secret@h:-1", _CANNOT, id="a port below zero"),
    pytest.param("http://user:secret@h:\u0663", _CANNOT, id="digits of another script"),
    pytest.param("http://user:secret@a\u2100b", _CANNOT, id="a letter that hides a slash"),
    pytest.param("http://user:secret@h:" + "9" * 5000, _CANNOT, id="an endless port"),
    pytest.param(" http://user:secret@h", _BLANKS, id="a leading blank"),
    pytest.param("http://user:sec\tret@h", _BLANKS, id="a tab, which Python would drop"),
    pytest.param("http://user:secret@h\n", _BLANKS, id="a line end, which Python would drop"),
    pytest.param("http://user:secret@h\x1b[31m", _BLANKS, id="an escape"),
    pytest.param("http://user:secret@h\u202e", _BLANKS, id="a turn of text direction"),
    pytest.param("http://user:secret@h\ud800", _BLANKS, id="an unpaired surrogate"),
    pytest.param("http://user:secret@h\0", _BLANKS, id="a NUL"),
    pytest.param("http://user:secret\\@h", "it holds a backslash", id="a slash to some readers"),
    pytest.param(b"http://user:secret@h", "it is bytes, not text", id="bytes"),
    pytest.param(None, "it is NoneType, not text", id="no URL at all"),
)


@pytest.mark.parametrize(("url", "problem"), _MALFORMED)
def test_a_malformed_url_is_refused_without_being_repeated(url: str, problem: str) -> None:
    with pytest.raises(InvalidServiceUrl) as refused:
        normalised_url(url, argument="--keep")
    error = refused.value
    assert (error.argument, error.problem) == ("--keep", problem)
    assert "ret" not in f"{error} {error!r} {error.args}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize(("url", "problem"), _MALFORMED)
def test_a_malformed_url_is_not_shown_at_all(url: str, problem: str) -> None:
    assert problem
    assert without_secrets(url) == _UNREADABLE
    assert without_userinfo(url) == _UNREADABLE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://h:80/a/", "http://h/a/", id="the path is shown as it was"),
        pytest.param("http://user:secret@h/a", "http://h/a", id="user name and password go"),
        pytest.param("http://h?token=x", "http://h?...", id="a query is only hinted at"),
        pytest.param("http://h/#secret", "http://h/", id="a fragment goes"),
        pytest.param("http://[::1]:1", "http://[::1]:1", id="an address keeps its brackets"),
        pytest.param("http://user:1/2@h/", _UNREADABLE, id="a password may look like a path"),
    ],
)
def test_without_secrets(url: str, expected: str) -> None:
    assert without_secrets(url) == expected


def test_a_url_is_shown_in_one_short_line() -> None:
    assert without_secrets("http://h/" + "a" * 400) == "http://h/" + "a" * 288 + "..."


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://h:9080/a/?x=1#y", "http://h:9080/a/?x=1#y", id="the rest is kept"),
        pytest.param("http://user:secret@H/a", "http://h/a", id="user name and password go"),
        pytest.param("http://:secret@h", "http://h", id="a password alone goes"),
        pytest.param("http://secret@h", "http://h", id="a user name alone goes"),
    ],
)
def test_without_userinfo(url: str, expected: str) -> None:
    assert without_userinfo(url) == expected


_HOSTS = st.sampled_from(["h", "H.Example", "[::1]", "[FE80::A%25eth0]", "127.0.0.1", "münchen.de"])
_PORTS = st.just("") | st.just(":") | st.integers(0, 65535).map(":{}".format)
_TAILS = st.text("/aA.%~;=&?#x", max_size=8).map("/{}".format) | st.just("")


@st.composite
def _urls(draw: st.DrawFn, userinfo: str = "") -> str:
    scheme = draw(st.sampled_from(["http", "https", "HTTP", "Https"]))
    return f"{scheme}://{userinfo}{draw(_HOSTS)}{draw(_PORTS)}{draw(_TAILS)}"


@given(_urls())
def test_a_normal_form_is_its_own_normal_form(url: str) -> None:
    assert normalised_url(normalised_url(url)) == normalised_url(url)


@given(_urls())
def test_whatever_is_shown_or_kept_still_names_the_same_place(url: str) -> None:
    assert same_url(without_userinfo(url), url)


@given(_urls(userinfo="sesame:sesame@"))
def test_a_password_never_gets_out(url: str) -> None:
    outputs = (normalised_url(url), without_secrets(url), without_userinfo(url))
    assert [one for one in outputs if "sesame" in one] == []


@given(anything)
@example("1/")
@example("1?")
@example("\\@")
def test_wherever_a_password_stands_it_is_not_shown(text: str) -> None:
    assert "sesame" not in without_secrets(f"http://user:{text}sesame@h")
    assert "sesame" not in without_secrets(f"http://user:sesame{text}@h")


def _read(url: str) -> str:
    """Give the normal form of a URL, or what is said about it."""
    try:
        return normalised_url(url)
    except InvalidServiceUrl as error:
        return str(error)


@given(anything)
@example("http://[")
def test_any_text_is_read_or_refused_and_never_obeyed(text: str) -> None:
    for url in (text, f"http://user:{text}@h", f"http://h{text}"):
        said = _read(url) + without_secrets(url) + without_userinfo(url)
        assert obeyed(said) == ""


@given(anything)
def test_whatever_is_read_has_a_normal_form_of_its_own(text: str) -> None:
    for url in (text, f"http://h{text}", f"http://h/{text}"):
        once = _read(url)
        assert once.startswith("service URL is not usable") or normalised_url(once) == once
