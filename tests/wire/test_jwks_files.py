"""Keys that lie in a file, or are given: they count as they are now, or not at all."""

from pathlib import Path

import pytest

from tests.wire.issuers import ids, key_set, signer
from wfadmin.domain.errors import UsageError
from wfadmin.wire import jwks_sources
from wfadmin.wire.jwks_sources import MAX_BYTES, JwksFile, PemKey

pytestmark = pytest.mark.asyncio

FIRST = signer("ed25519-1").jwk("k1")
SECOND = signer("ed25519-2").jwk("k2")


def written(path: Path, text: bytes, mode: int = 0o644) -> None:
    path.write_bytes(text)
    path.chmod(mode)


def linked(path: Path, target: Path) -> None:
    path.symlink_to(target)


async def test_a_set_in_a_file_counts_anew_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    understood = []
    real = jwks_sources.keys_of_set
    monkeypatch.setattr(
        jwks_sources, "keys_of_set", lambda told: understood.append(told) or real(told)
    )
    path = tmp_path / "keys.json"
    source = JwksFile(path)
    written(path, key_set(FIRST))
    assert [await ids(source), await ids(source)] == [["k1"], ["k1"]]
    written(path, key_set(SECOND))
    assert (await ids(source), source.problem, len(understood)) == (["k2"], None, 2)


async def test_a_link_is_followed_because_mounted_files_are_links(tmp_path: Path) -> None:
    written(tmp_path / "data", key_set(FIRST))
    linked(tmp_path / "keys.json", tmp_path / "data")

    assert await ids(JwksFile(tmp_path / "keys.json")) == ["k1"]


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        (key_set(FIRST), 0o664, "others may write it (mode 644 is enough)"),
        (key_set(FIRST), 0o646, "others may write it (mode 644 is enough)"),
        (b"{}", 0o644, "it is no JSON Web Key Set"),
        (b"", 0o644, "it is empty"),
        (b" " * (MAX_BYTES + 1), 0o644, f"it is larger than {MAX_BYTES} bytes"),
    ],
)
async def test_a_file_that_cannot_be_trusted_has_no_keys(
    tmp_path: Path, text: bytes, mode: int, problem: str
) -> None:
    path = tmp_path / "keys.json"
    written(path, key_set(FIRST))
    source = JwksFile(path)
    assert await ids(source) == ["k1"]
    written(path, text, mode)

    assert await ids(source) == []
    assert problem in (source.problem or "")
    written(path, key_set(FIRST))
    assert (await ids(source), source.problem) == (["k1"], None)


async def test_a_file_that_is_not_there_has_no_keys(tmp_path: Path) -> None:
    source = JwksFile(tmp_path / "nowhere")

    assert await ids(source) == []
    assert source.problem == f"{tmp_path / 'nowhere'}: No such file or directory"
    linked(tmp_path / "a", tmp_path / "a")
    assert await ids(JwksFile(tmp_path / "a")) == []


async def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError, match="JWKS file is not usable: no file can have this name"):
        JwksFile("a\0b")


async def test_one_key_is_always_the_same() -> None:
    source = PemKey(signer("ed25519").pem)
    (key,) = await source.keys_for("any")

    assert (key.is_only, source.problem) == (True, None)
