"""The file of API keys says exactly what it is meant to say, or nothing at all."""

import json
import os
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wfadmin.domain.errors import InvalidConfig
from wfadmin.wire.key_files import (
    MAX_BYTES,
    KeyInfo,
    Permission,
    StoredKey,
    check_name,
    digest_of,
    id_of,
    keys_of_text,
    read_text,
    text_of_keys,
)

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
DIGEST = bytes(range(32))
LIVE = KeyInfo(
    "0123456789ab",
    "Ada Bérénice",
    frozenset({Permission.READ, Permission.OPERATE}),
    frozenset({"prod", "dev"}),
    AT,
    AT + timedelta(days=90, microseconds=7),
)
REVOKED = KeyInfo(
    "ffffffffffff", "ci", frozenset({Permission.READ}), None, AT, revoked_at=AT + timedelta(hours=1)
)
KEYS = (StoredKey(LIVE, DIGEST), StoredKey(REVOKED, None))
DOCUMENT: dict[str, Any] = json.loads(text_of_keys(KEYS))
KEY = "wfa_0123456789ab_" + "0f" * 32


def problem_of(text: bytes) -> str:
    """The one problem that is told of a file; no value of it is."""
    with pytest.raises(InvalidConfig) as caught:
        keys_of_text(text, "the file")
    assert caught.value.argument == "the file"
    assert DIGEST.hex() not in str(caught.value)
    return caught.value.problem


def changed(**fields: object) -> bytes:
    """The file, with other fields in its first key."""
    document = deepcopy(DOCUMENT)
    document["keys"][0].update(fields)
    return json.dumps(document).encode()


def without(name: str) -> bytes:
    document = deepcopy(DOCUMENT)
    del document["keys"][0][name]
    return json.dumps(document).encode()


def test_what_is_written_is_read_again() -> None:
    assert keys_of_text(text_of_keys(KEYS), "the file") == KEYS


def test_a_file_looks_like_this() -> None:
    assert DOCUMENT["version"] == 1
    assert DOCUMENT["keys"][0] == {
        "id": "0123456789ab",
        "name": "Ada Bérénice",
        "hash": DIGEST.hex(),
        "permissions": ["system:operate", "system:read"],
        "engines": ["dev", "prod"],
        "madeAt": "2026-05-09T10:00:00Z",
        "expiresAt": "2026-08-07T10:00:00.000007Z",
        "revokedAt": None,
    }


@pytest.mark.parametrize("name", [*DOCUMENT["keys"][0]])
def test_a_field_that_is_missing_is_named(name: str) -> None:
    assert problem_of(without(name)) == f"keys[0].{name} is missing"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"revoked": True}, "keys[0].revoked is not a known key (known: id, name, hash"),
        ({"id": 7}, "keys[0].id: text is expected, this is a whole number"),
        ({"id": "0123456789AB"}, "keys[0].id: it is not 12 hexadecimal digits"),
        ({"id": "0123456789ab\n"}, "keys[0].id: it is not 12 hexadecimal digits"),
        ({"id": "ffffffffffff"}, "keys[1].id: it stands there twice"),
        ({"name": ""}, "keys[0].name: it is empty"),
        ({"name": "a\nb"}, "keys[0].name: it holds characters that cannot be shown"),
        ({"name": "\ud800"}, "keys[0].name: it holds characters that cannot be shown"),
        ({"name": None}, "keys[0].name: text is expected, this is nothing"),
        ({"hash": None}, "keys[0].hash: it is missing, and the key is not revoked"),
        ({"hash": ""}, "keys[0].hash: it is not 64 hexadecimal digits"),
        ({"hash": "g" * 64}, "keys[0].hash: it is not 64 hexadecimal digits"),
        ({"hash": [DIGEST.hex()]}, "keys[0].hash: text is expected, this is a list"),
        ({"permissions": []}, "keys[0].permissions: it is empty"),
        ({"permissions": "system:read"}, "keys[0].permissions: a list is expected, this is text"),
        ({"permissions": ["system:*"]}, "keys[0].permissions[0]: one of system:read, system:op"),
        ({"permissions": ["SYSTEM:READ"]}, "keys[0].permissions[0]: one of system:read, system:op"),
        ({"engines": []}, "keys[0].engines: it is empty: null is for all of them"),
        ({"engines": ["prod", " "]}, "keys[0].engines: it is empty, or begins or ends with white"),
        ({"engines": {"prod": True}}, "keys[0].engines: a list is expected, this is a table"),
        ({"madeAt": "2026-05-09"}, "keys[0].madeAt: it is no time with a zone"),
        ({"expiresAt": 0}, "keys[0].expiresAt: text is expected, this is a whole number"),
        ({"expiresAt": "never"}, "keys[0].expiresAt: it is no time with a zone"),
        ({"expiresAt": "2026-05-09T10:00:00"}, "keys[0].expiresAt: it is no time with a zone"),
        ({"expiresAt": "0001-01-01T00:00:00+12:00"}, "keys[0].expiresAt: it is no time with a"),
        ({"revokedAt": "2026-05-09T10:00:00Z"}, "keys[0].hash: a key that is revoked has none"),
        ({"revokedAt": False}, "keys[0].revokedAt: text is expected, this is a truth value"),
        ({"revokedAt": "", "hash": None}, "keys[0].revokedAt: it is no time with a zone"),
    ],
)
def test_a_field_that_does_not_fit_is_named(fields: dict[str, object], problem: str) -> None:
    assert problem_of(changed(**fields)).startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "it is no JSON that wfadmin writes"),
        (b"\xff", "it is no JSON that wfadmin writes"),
        (b"[" * 100_000, "it is no JSON that wfadmin writes"),
        (b'{"version": 1, "keys": [], "keys": []}', "it is no JSON that wfadmin writes"),
        (b"[]", "a table is expected, this is a list"),
        (b"{}", "version is missing; keys is missing"),
        (b'{"version": 2, "keys": []}', "version: only 1 is known"),
        (b'{"version": true, "keys": []}', "version: a whole number is expected, this is a truth"),
        (b'{"version": 1, "keys": {}}', "keys: a list is expected, this is a table"),
        (b'{"version": 1, "keys": [], "x": 1}', "x is not a known key (known: version, keys)"),
        (b" " * (MAX_BYTES + 1), f"it is larger than {MAX_BYTES} bytes"),
    ],
)
def test_a_file_that_is_none_says_why(text: bytes, problem: str) -> None:
    assert problem_of(text).startswith(problem)


def test_a_file_without_keys_is_one() -> None:
    assert keys_of_text(text_of_keys(()), "the file") == ()


# --- keys and names ------------------------------------------------------------------------------


def test_the_id_of_a_key_is_its_middle() -> None:
    assert id_of(KEY) == "0123456789ab"


@pytest.mark.parametrize(
    "text",
    ["", "wfa_", KEY[:-1], KEY + "0", KEY + "\n", KEY.upper(), f" {KEY}", KEY.replace("_", "-")],
)
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_of(text) is None


def test_a_hash_is_of_the_whole_key_and_any_text_has_one() -> None:
    texts = [KEY, KEY.replace("0123456789ab", "0123456789ac"), "", "\ud800", "鍵"]
    assert len({digest_of(one) for one in texts}) == 5
    assert {len(digest_of(one)) for one in texts} == {32}


@pytest.mark.parametrize("name", ["a", "Ada Bérénice", "鍵", "x" * 100, "deploy-bot/eu@prod"])
def test_a_name_may_be_anything_that_can_be_shown(name: str) -> None:
    assert check_name(name) is None


@pytest.mark.parametrize("name", ["", " ", " a", "a\n", "a\x1b[31mb", "\u202ea", "x" * 101])
def test_a_name_that_could_deceive_is_none(name: str) -> None:
    assert check_name(name) is not None


def test_a_key_is_good_until_the_moment_at_which_it_expires() -> None:
    end = LIVE.expires_at
    assert end is not None
    assert LIVE.is_live(end - timedelta(microseconds=1))
    assert not LIVE.is_live(end)
    assert not REVOKED.is_live(AT)


def test_no_repr_holds_a_hash() -> None:
    assert not any(form in repr(KEYS) for form in (DIGEST.hex(), repr(DIGEST)))


# --- who may read and write it -------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_file_that_is_open_to_others_is_not_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(text_of_keys(KEYS))
    path.chmod(mode)

    with pytest.raises(PermissionError, match=r"closed to others \(mode 600\)"):
        read_text(path)


def test_a_file_of_somebody_else_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(PermissionError, match="it must be yours"):
        read_text(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").touch(0o600)
    (tmp_path / "keys.json").symlink_to("real")

    with pytest.raises(OSError, match="symbolic links"):
        read_text(tmp_path / "keys.json")


def test_of_a_file_that_is_too_large_only_so_much_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    os.truncate(path, 10 * MAX_BYTES)

    assert len(read_text(path)) == MAX_BYTES + 1
