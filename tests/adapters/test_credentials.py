"""A token comes from its source each time it is needed, and is never shown."""

import os
from pathlib import Path

import pytest

from wfadmin.adapters.credentials import EnvironmentToken, FileToken, StaticToken
from wfadmin.domain.errors import InvalidConfig

pytestmark = pytest.mark.asyncio

# Each with the reason why it is none; no header could hold it, or it is nothing.
NO_TOKENS = [
    ("", "it holds no token"),
    ("\n", "it holds no token"),
    (" s3cret", "it holds characters that cannot stand in a token"),
    ("s3cret\n\n", "it holds characters that cannot stand in a token"),
    ("s3cret\nX-Evil: 1", "it holds characters that cannot stand in a token"),
    ("s3c\x1bret", "it holds characters that cannot stand in a token"),
    ("s3cr\xe9t", "it holds characters that cannot stand in a token"),
    ("x" * 16_385, "it holds more than 16384 characters"),
]


@pytest.mark.parametrize("text", ["s3cret", "s3cret\n", "s3cret\r\n"])
async def test_one_line_end_is_dropped(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFADMIN_TOKEN", text)
    (tmp_path / "token").write_bytes(text.encode())

    assert await StaticToken(text).token() == "s3cret"
    assert await EnvironmentToken("WFADMIN_TOKEN").token() == "s3cret"
    assert await FileToken(str(tmp_path / "token")).token() == "s3cret"


@pytest.mark.parametrize(("text", "problem"), NO_TOKENS)
async def test_what_is_no_token_is_refused_with_its_source_only(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WFADMIN_TOKEN", text)
    path = tmp_path / "token"
    path.write_bytes(text.encode())
    sources = {
        "the variable WFADMIN_TOKEN": EnvironmentToken("WFADMIN_TOKEN"),
        f"the file {path}": FileToken(str(path)),
    }
    for name, source in sources.items():
        with pytest.raises(InvalidConfig) as caught:
            await source.token()
        assert (caught.value.argument, caught.value.problem) == (name, problem)
        assert "s3c" not in str(caught.value)
    with pytest.raises(InvalidConfig, match="the token is not usable") as refused:
        StaticToken(text)
    assert "s3c" not in str(refused.value)


async def test_a_renewed_token_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    file, variable = FileToken(str(path)), EnvironmentToken("WFADMIN_TOKEN")
    for text in ("first", "second"):
        path.write_text(text)
        monkeypatch.setenv("WFADMIN_TOKEN", text)

        assert (await file.token(), await variable.token()) == (text, text)


async def test_a_link_is_followed_because_mounted_secrets_are_links(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("s3cret")
    (tmp_path / "token").symlink_to("data")

    assert await FileToken(str(tmp_path / "token")).token() == "s3cret"


async def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WFADMIN_TOKEN", raising=False)

    with pytest.raises(InvalidConfig, match="the variable WFADMIN_TOKEN is not usable: it is not"):
        await EnvironmentToken("WFADMIN_TOKEN").token()


@pytest.mark.parametrize("name", ["", "A=B", "A\0B"])
async def test_a_name_that_no_variable_can_have_is_not_set(name: str) -> None:
    with pytest.raises(InvalidConfig, match="it is not set"):
        await EnvironmentToken(name).token()


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="No such file or directory"):
        await FileToken(str(tmp_path / "nowhere")).token()


@pytest.mark.parametrize(
    ("error", "said"), [(OSError(5, "Input/output error"), "Input"), (OSError(), "cannot be read")]
)
async def test_a_file_that_cannot_be_read_is_named(
    error: OSError, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise error

    (tmp_path / "token").write_text("s3cret")
    monkeypatch.setattr(os, "read", broken)

    with pytest.raises(InvalidConfig, match=said):
        await FileToken(str(tmp_path / "token")).token()


async def test_a_folder_is_no_token(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="it is not a regular file"):
        await FileToken(str(tmp_path)).token()


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InvalidConfig, match="it is not a regular file"):
        await FileToken(str(tmp_path / "pipe")).token()


async def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="no file can have this name"):
        await FileToken("a\0b").token()


async def test_a_token_is_not_in_the_repr() -> None:
    assert repr(StaticToken("s3cret")) == "StaticToken()"
    assert repr(EnvironmentToken("WFADMIN_TOKEN")) == "EnvironmentToken(variable='WFADMIN_TOKEN')"
    assert repr(FileToken("/run/token")) == "FileToken(path='/run/token')"
