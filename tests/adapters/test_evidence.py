"""Evidence in a folder and in memory."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import errno
import json
import os
import stat
from pathlib import Path

import attrs
import pytest

from tests.adapters.hosts import files_no_larger_than
from tests.domain.build import KEY, ended, service
from wfadmin.adapters.evidence_folder import FolderEvidence
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.domain.errors import EvidenceUnavailable, UsageError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState, StateEntry
from wfadmin.domain.recovery import KeyReading
from wfadmin.wire.evidence import evidence_document, evidence_name

pytestmark = pytest.mark.anyio

READING = KeyReading(KEY, service(), (ended(failure="boom\nat line 1 🔑\ud800\x1b[2J"),))
STATE = KeyedState((StateEntry("total", 2, b"\xff\0"),), "v1")
NAME = evidence_name(KEY, "op_1")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "evidence"


@pytest.fixture
def evidence(folder: Path) -> FolderEvidence:
    return FolderEvidence(folder)


async def refused(evidence: FolderEvidence | MemoryEvidence) -> str:
    """Save in vain; give the problem that is told."""
    with pytest.raises(EvidenceUnavailable) as caught:
        await evidence.save(READING, STATE, operation_id="op_1")
    return caught.value.problem


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def test_everything_is_in_one_file_whose_path_is_given(
    evidence: FolderEvidence, folder: Path
) -> None:
    where = await evidence.save(READING, STATE, operation_id="op_1")

    assert where == str(folder / NAME)
    expected = evidence_document(READING, STATE, operation_id="op_1")
    assert json.loads(Path(where).read_bytes()) == expected
    assert Path(where).read_bytes().isascii()


async def test_the_file_and_its_folder_are_private(evidence: FolderEvidence, folder: Path) -> None:
    await evidence.save(READING, STATE, operation_id="op_1")

    modes = (mode_of(folder / NAME), mode_of(folder), mode_of(folder.parent))
    assert modes == (0o600, 0o700, 0o700)


async def test_the_file_and_then_its_name_are_synced(
    evidence: FolderEvidence, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True, mode=0o700)
    synced: list[tuple[str, int]] = []

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        kind = "folder" if stat.S_ISDIR(found.st_mode) else "file"
        synced.append((kind, found.st_ino))

    monkeypatch.setattr(os, "fsync", fsync)
    await evidence.save(READING, STATE, operation_id="op_1")

    inodes = (folder / NAME).stat().st_ino, folder.stat().st_ino
    assert synced == [("file", inodes[0]), ("folder", inodes[1])]


async def test_each_key_and_each_operation_has_a_file_of_its_own(
    evidence: FolderEvidence, folder: Path
) -> None:
    other = attrs.evolve(READING, key=WorkflowKey("Order", "../../43"))

    for reading, operation in ((READING, "op_1"), (READING, "op_2"), (other, "op_1")):
        await evidence.save(reading, None, operation_id=operation)

    expected = [NAME, evidence_name(KEY, "op_2"), evidence_name(other.key, "op_1")]
    assert sorted(each.name for each in folder.iterdir()) == sorted(expected)


async def test_large_state_is_written_whole(
    evidence: FolderEvidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: 2**16]))
    large = KeyedState((StateEntry("blob", 2**20, os.urandom(2**20)),))

    where = await evidence.save(READING, large, operation_id="op_1")

    expected = evidence_document(READING, large, operation_id="op_1")
    assert json.loads(Path(where).read_bytes()) == expected


async def test_a_file_is_never_written_twice(evidence: FolderEvidence, folder: Path) -> None:
    await evidence.save(READING, STATE, operation_id="op_1")
    before = (folder / NAME).read_bytes()

    assert await refused(evidence) == f"{folder / NAME}: File exists"
    assert (folder / NAME).read_bytes() == before


async def test_a_link_is_not_followed(evidence: FolderEvidence, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / NAME).symlink_to(folder / "target")

    assert await refused(evidence) == f"{folder / NAME}: File exists"
    assert [each.name for each in folder.iterdir()] == [NAME]


async def test_a_folder_that_is_a_link_is_refused(evidence: FolderEvidence, folder: Path) -> None:
    (folder.parent / "real").mkdir(parents=True, mode=0o700)
    folder.symlink_to(folder.parent / "real")

    assert await refused(evidence) == f"{folder / NAME}: Not a directory"
    assert list(folder.iterdir()) == []


async def test_a_folder_that_others_may_enter_is_refused(
    evidence: FolderEvidence, folder: Path
) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)

    expected = f"{folder / NAME}: it must be yours, and closed to others (mode 700)"
    assert await refused(evidence) == expected
    assert list(folder.iterdir()) == []


async def test_nothing_is_saved_under_a_file(evidence: FolderEvidence, folder: Path) -> None:
    folder.parent.write_text("")

    assert await refused(evidence) == f"{folder / NAME}: Not a directory"


async def test_on_a_full_disk_no_part_stays_behind(evidence: FolderEvidence, folder: Path) -> None:
    with files_no_larger_than(100):
        problem = await refused(evidence)

    assert problem == f"{folder / NAME}: File too large"
    assert list(folder.iterdir()) == []


async def test_what_does_not_get_safe_does_not_stay_behind(
    evidence: FolderEvidence, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(parents=True, mode=0o700)

    def fsync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)

    assert await refused(evidence) == f"{folder / NAME}: Input/output error"
    assert list(folder.iterdir()) == []


def test_a_name_that_no_folder_can_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="evidence folder is not usable"):
        FolderEvidence("a\0b")


async def test_memory_keeps_what_a_file_would_hold() -> None:
    evidence = MemoryEvidence()

    where = await evidence.save(READING, STATE, operation_id="op_1")
    other = await evidence.save(READING, None, operation_id="op_2")

    assert where == f"memory:{NAME}"
    assert evidence.saved == {
        where: evidence_document(READING, STATE, operation_id="op_1"),
        other: evidence_document(READING, None, operation_id="op_2"),
    }


async def test_memory_is_never_written_twice() -> None:
    evidence = MemoryEvidence()
    await evidence.save(READING, None, operation_id="op_1")
    before = dict(evidence.saved)

    assert await refused(evidence) == f"memory:{NAME}: File exists"
    assert evidence.saved == before
