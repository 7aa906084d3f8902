"""Files that are for their owner alone."""

import os
import stat
from pathlib import Path

import pytest

from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.wire.files import (
    make_folder,
    named_path,
    opened_file,
    opened_folder,
    problem_of,
    state_folder,
)


def mode_of(path: Path) -> int:
    """Read the permission bits of a file."""
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_state_folder_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib/ada")

    assert state_folder() == Path("/var/lib/ada/wfadmin")


@pytest.mark.parametrize("said", [None, "", "state", "~/state"])
def test_the_state_folder_is_in_the_home_where_nothing_usable_is_said(
    said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if said is not None:
        monkeypatch.setenv("XDG_STATE_HOME", said)

    assert state_folder() == Path("/home/ada/.local/state/wfadmin")


def test_without_a_home_there_is_no_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)

    with pytest.raises(InvalidConfig) as caught:
        state_folder()

    expected = "XDG_STATE_HOME is not usable: it is not set, and no home is known."
    assert caught.value.message == expected


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert named_path(str(tmp_path / "a b\n"), argument="audit log") == tmp_path / "a b\n"
    assert named_path("~/x", argument="audit log") == Path("~/x")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        named_path(name, argument="audit log")

    assert caught.value.message == "audit log is not usable: no file can have this name."


def test_a_problem_names_the_path_and_the_reason_of_the_system() -> None:
    path = Path("/x/y")

    assert problem_of(path, OSError(28, os.strerror(28))) == "/x/y: No space left on device"
    assert problem_of(path, OSError()) == "/x/y: it cannot be used"


def test_a_folder_is_made_private_and_so_are_those_that_it_lies_in(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")

    assert mode_of(tmp_path / "a") == 0o700
    assert mode_of(tmp_path / "a" / "b") == 0o700


def test_the_name_of_a_new_folder_is_brought_onto_the_medium(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))

    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")

    assert synced == [tmp_path.stat().st_ino, (tmp_path / "a").stat().st_ino]


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(0o755)

    make_folder(folder)

    assert mode_of(folder) == 0o755


def test_somebody_else_may_make_the_folder_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.setattr(Path, "is_dir", lambda path: path == tmp_path)

    make_folder(tmp_path / "a" / "b")

    assert mode_of(tmp_path / "a" / "b") == 0o700


def test_no_folder_is_made_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "a")


def test_a_folder_is_opened_once_it_is_made(tmp_path: Path) -> None:
    with opened_folder(tmp_path / "a") as folder:
        assert os.path.samestat(os.fstat(folder), (tmp_path / "a").stat())

    assert mode_of(tmp_path / "a") == 0o700
    assert not is_open(folder)


def is_open(descriptor: int) -> bool:
    """Say whether a descriptor is open."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o704, 0o755, 0o1777])
def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(PermissionError, match="it must be yours, and closed to others"):
        opened_folder(folder).__enter__()

    assert mode_of(folder) == mode


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)

    with pytest.raises(PermissionError, match="it must be yours"):
        opened_folder(tmp_path / "a").__enter__()


def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(OSError, match="Not a directory"):
        opened_folder(tmp_path / "link").__enter__()


def test_a_link_to_nothing_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(OSError, match="Not a directory"):
        opened_folder(tmp_path / "link").__enter__()

    assert not (tmp_path / "real").exists()


def test_a_file_is_made_private(tmp_path: Path) -> None:
    with opened_file(tmp_path / "f", os.O_WRONLY | os.O_CREAT) as file:
        assert mode_of(tmp_path / "f") == 0o600

    assert not is_open(file)


def test_a_file_is_made_in_the_folder_that_was_opened(tmp_path: Path) -> None:
    with (
        opened_folder(tmp_path / "a") as folder,
        opened_file("f", os.O_WRONLY | os.O_CREAT, folder=folder),
    ):
        assert [each.name for each in (tmp_path / "a").iterdir()] == ["f"]


def test_a_file_is_not_inherited_by_programs_that_are_started(tmp_path: Path) -> None:
    with opened_file(tmp_path / "f", os.O_WRONLY | os.O_CREAT) as file:
        assert os.get_inheritable(file) is False


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        opened_file(tmp_path / "link", os.O_WRONLY | os.O_CREAT).__enter__()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="it is not a regular file"):
        opened_file(tmp_path / "pipe", os.O_RDONLY).__enter__()


def test_a_device_is_refused() -> None:
    with pytest.raises(OSError, match="it is not a regular file"):
        opened_file("/dev/full", os.O_RDWR | os.O_APPEND).__enter__()
