"""A lease between the processes of one host."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from hashlib import sha256

from typing_extensions import override

from wfadmin.domain.errors import LeaseHeld, LeaseUnavailable
from wfadmin.domain.text import first_line, shown
from wfadmin.ports.lease import OperatorLease
from wfadmin.wire.files import named_path, opened_file, opened_folder, problem_of

__all__ = ["FileLease"]

_HOLDER_BYTES = 1024
# Each try fails only because somebody else's lease ended within it.
_TRIES = 100


class FileLease(OperatorLease):
    """
    Holds a scope by the lock on a file, which the kernel frees when the process ends.

    Tasks of one process exclude each other too, and so do several objects for the same folder.
    Nothing here waits, neither to take nor to free: a cancelled task frees what it held.

    Laws:

    - Whoever holds the lock on the file that *now* has the name of the scope holds the scope. A
      lock on a file that has lost its name is nothing: it is dropped, and the name tried again.
    - Only the holder removes the name, and before it unlocks. What a dead process leaves behind
      is locked by the next, never removed by somebody who does not hold it.

    A process that is forked while something is held keeps it until it ends, if its parent dies.

    Args:
        folder: Made private if it is missing; refused if anybody else may enter it. On a file
            system of this host.
        holder: The name that others are told while something is held; they are told the process
            too.

    Raises:
        UsageError: No folder can have that name.
    """

    __slots__ = ("_folder", "_holder")

    def __init__(self, folder: str | os.PathLike[str], *, holder: str | None = None) -> None:
        self._folder = named_path(folder, argument="lease folder")
        self._holder = holder

    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        """
        See `OperatorLease.hold`.

        Raises:
            LeaseHeld: Somebody else holds it. Nothing was done.
            LeaseUnavailable: Nobody can hold it: the folder cannot be used. Nothing was done.
        """
        with ExitStack() as held:
            try:
                self._take(scope, held)
            except OSError as error:
                raise LeaseUnavailable(problem_of(self._folder, error)) from error
            yield

    def _take(self, scope: str, held: ExitStack) -> None:
        folder = held.enter_context(opened_folder(self._folder))
        name = f"{sha256(scope.encode('utf-8', 'surrogatepass')).hexdigest()}.lock"
        for _ in range(_TRIES):
            with ExitStack() as ours:
                file = ours.enter_context(opened_file(name, os.O_RDWR | os.O_CREAT, folder=folder))
                _lock(file, scope)
                if _is_named(file, folder, name):
                    ours.callback(_free, file, folder, name)
                    held.push(ours.pop_all())
                    _sign(file, self._holder)
                    return
        raise LeaseHeld(scope)


def _lock(file: int, scope: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LeaseHeld(scope, _signature(file)) from None


def _is_named(file: int, folder: int, name: str) -> bool:
    """Whether the name stands for this file, and not for one that was made since, or none."""
    try:
        named = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(file))


def _free(file: int, folder: int, name: str) -> None:
    # What went wrong in the block matters more than what goes wrong here.
    with suppress(OSError):
        if _is_named(file, folder, name):
            os.unlink(name, dir_fd=folder)
    with suppress(OSError):
        # Closing is not enough where a forked process shares the lock.
        fcntl.flock(file, fcntl.LOCK_UN)


def _sign(file: int, holder: str | None) -> None:
    process = f"process {os.getpid()}"
    words = process if holder is None else f"{shown(holder)} ({process})"
    # Only a help to others: the lock holds without it.
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, words.encode(), 0)


def _signature(file: int) -> str | None:
    return first_line(os.pread(file, _HOLDER_BYTES, 0).decode("utf-8", "replace")) or None
