"""
Files of a host that are for their owner alone.

Laws:

- What is made is made private: folders 0700, files 0600.
- The last step of a path is never a link that is followed.
- Every failure is an `OSError`; `problem_of` tells it by the path, and by nothing of the content.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path

from wfadmin.domain.errors import InvalidConfig, UsageError

__all__ = [
    "make_folder",
    "named_path",
    "opened_file",
    "opened_folder",
    "problem_of",
    "state_folder",
    "sync_folder",
    "write_whole",
]

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_OTHERS = 0o077


def state_folder() -> Path:
    """
    Where this user's programs keep what is to survive them, as the environment says it now.

    Raises:
        InvalidConfig: The environment says nothing of the kind.
    """
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    if named.is_absolute():  # a relative one is to be ignored, says the specification
        return named / "wfadmin"
    try:
        return Path.home() / ".local" / "state" / "wfadmin"
    except RuntimeError:
        raise InvalidConfig("XDG_STATE_HOME", "it is not set, and no home is known") from None


def named_path(path: str | os.PathLike[str], *, argument: str) -> Path:
    """
    `path`, if a file can have it.

    Raises:
        UsageError: It holds a NUL or is not valid text.
    """
    try:
        is_possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        raise UsageError(argument, "no file can have this name")
    return Path(path)


def problem_of(path: Path, error: OSError) -> str:
    """What went wrong with a file."""
    return f"{path}: {error.strerror or 'it cannot be used'}"


def make_folder(path: Path) -> None:
    """Make a folder, and those that it lies in, where they are missing."""
    missing = (*takewhile(lambda one: not one.is_dir(), (path, *path.parents)),)
    for one in reversed(missing):
        # Somebody else may make it in this moment. What it is shows when it is opened.
        with suppress(FileExistsError):
            one.mkdir(_PRIVATE_FOLDER)
        sync_folder(one.parent)


def sync_folder(path: Path) -> None:
    """Return when the names in a folder are safe on the medium."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """
    A folder that is this user's alone, made if it is missing, as a descriptor.

    Raises:
        OSError: Also where it is a link, or where anybody else may enter it.
    """
    make_folder(path)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        found = os.fstat(folder)
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            raise PermissionError(errno.EPERM, "it must be yours, and closed to others (mode 700)")
        yield folder
    finally:
        os.close(folder)


@contextmanager
def opened_file(path: Path | str, flags: int, *, folder: int | None = None) -> Iterator[int]:
    """
    A regular file as a descriptor; private, if it is made here.

    Args:
        path: Its path, or its name in `folder`.
        flags: As for `os.open`. Links are not followed, whatever they say.
        folder: The descriptor of the folder that it lies in.

    Raises:
        OSError: Also where it is a link, a folder, a pipe or a device.
    """
    # A pipe without a reader would wait here for ever.
    careful = flags | os.O_NOFOLLOW | os.O_NONBLOCK
    file = os.open(path, careful, _PRIVATE_FILE, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        yield file
    finally:
        os.close(file)


def write_whole(file: int, content: bytes) -> None:
    """Write all of `content`, and return when it is safe on the medium."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)
