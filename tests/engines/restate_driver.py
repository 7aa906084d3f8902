"""
Brings a real Restate into the situations that the contract asks for, by its own API and SQL.

    driver = RestateDriver(lab)
    await run(clause, driver.connect, driver)
"""

import re
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import anyio
import anyio.to_thread
import httpx
from typing_extensions import override

from tests.engines.restate_lab import UNFINISHED, RestateLab, Run, expect, quoted
from tests.engines.restate_server import Row
from tests.engines.restate_way import RestateWay, is_write
from tests.engines.service_host import ServiceHost
from tests.engines.waiting import wait_until
from wfadmin.adapters import restate
from wfadmin.domain.keys import WorkflowKey
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.testing import Driver, NotExercised, Situation
from wfadmin.testing.http_network import HttpNetwork

ADMIN = "http://localhost:9070"
INGRESS = "http://localhost:8080"

_BY_STATUS = {
    "scheduled": Situation.SCHEDULED,
    "pending": Situation.PENDING,
    "ready": Situation.RUNNING,
    "running": Situation.RUNNING,
    "suspended": Situation.SUSPENDED,
    "backing-off": Situation.BACKING_OFF,
    "paused": Situation.PAUSED,
}
_BY_FAILURE = {"[409] killed": Situation.KILLED, "[409] cancelled": Situation.CANCELLED}
_DAYS = re.compile(r"(\d+)(?:d|days?)")


class RestateDriver(Driver):
    """
    Drives a server that others may use too: every key and every place is its own.

    Adapters made by `connect` send over `network`.
    """

    shared_handler = "watch"

    def __init__(self, lab: RestateLab) -> None:
        super().__init__()
        self._lab = lab
        self._server = lab.server
        self._way = RestateWay({ADMIN: lab.server.admin_url, INGRESS: lab.server.ingress_url})
        # Registering would wait for half a minute.
        self._network = HttpNetwork(
            is_write, transport=self._way, longest_silence=self.settings_timeout
        )
        self._folder = tempfile.TemporaryDirectory(prefix="wf-")
        self._hosts: list[ServiceHost] = []

    # --- its life ------------------------------------------------------------------------------

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._network.aclose()
        await anyio.to_thread.run_sync(self._clean_up)

    def _clean_up(self) -> None:
        for row in self._server.query(f"{UNFINISHED} and {self._is_mine}"):
            # One may take others along, or have ended by now.
            self._server.admin.patch(f"/invocations/{row['id']}/kill")
        if self._hosts:
            for host in self._hosts:
                self._remove(host.url)
            self._lab.prefer_main()
        for host in self._hosts:
            host.stop()
        self._folder.cleanup()

    @property
    def _is_mine(self) -> str:
        prefix = self._prefix
        return f"substr(target_service_key, 1, {len(prefix)}) = {quoted(prefix)}"

    def connect(self, settings: EngineSettings) -> Engine:
        """The adapter under test, over the network of this driver."""
        return restate.connect(settings)

    @property
    @override
    def settings(self) -> EngineSettings:
        return EngineSettings(
            admin_url=ADMIN,
            ingress_url=INGRESS,
            timeout=self.settings_timeout,
            client=self._network.client,
        )

    @property
    @override
    def network(self) -> HttpNetwork:
        return self._network

    # --- keys ----------------------------------------------------------------------------------

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        await anyio.to_thread.run_sync(self._put, key, situation, failure)

    def _put(self, key: WorkflowKey, situation: Situation, failure: str | None) -> None:
        message = {} if failure is None else {"message": failure}
        match situation:
            case Situation.PENDING:
                raise NotExercised("a key of a workflow has one run, which never queues")
            case Situation.SCHEDULED:
                run = self._start(key, {"do": "succeed"}, delay="1h")
            case Situation.RUNNING:
                run = self._start(key, {"do": "work", "file": str(self._file(key, ""))})
            case Situation.SUSPENDED:
                run = self._start(key, {"do": "wait"})
            case Situation.BACKING_OFF:
                run = self._start(key, {"do": "retry", **message})
            case Situation.PAUSED:
                run = self._start(key, {"do": "retry", **message})
                self._until(key, Situation.BACKING_OFF)
                self._lab.patch(run, "pause")
            case Situation.SUCCEEDED:
                run = self._start(key, {"do": "succeed"})
            case Situation.FAILED:
                run = self._start(key, {"do": "fail", **message})
            case Situation.KILLED | Situation.CANCELLED:
                run = self._start(key, {"do": "wait"})
                self._until(key, Situation.SUSPENDED)
                self._lab.patch(run, "kill" if situation is Situation.KILLED else "cancel")
        self._until(key, situation)

    @override
    async def look(self, key: WorkflowKey) -> Situation | None:
        return await anyio.to_thread.run_sync(self._look, key)

    @override
    async def put_shared(self, key: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._put_shared, key)

    def _put_shared(self, key: WorkflowKey) -> None:
        run = self._start(key, None, handler="watch")
        self._lab.until(run, status="suspended")

    @override
    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._put_with_child, key, child)

    def _put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        self._start(key, {"do": "call", "child": child.service_key})
        self._until(child, Situation.SUSPENDED)
        self._until(key, Situation.SUSPENDED)

    @override
    async def put_without_key(self) -> str:
        run = await anyio.to_thread.run_sync(self._put_without_key)
        return run.invocation_id

    def _put_without_key(self) -> Run:
        run = self._lab.start("Mailer", "", handler="send", do="wait")
        return self._lab.until(run, status="suspended")

    @override
    async def finish(self, key: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._finish, key)

    def _finish(self, key: WorkflowKey) -> None:
        if self._path(key).exists():
            self._file(key, "end\n")
        else:
            release = self._start(key, None, handler="release")
            self._lab.until(release, status="completed")
            # What nobody asked for must not stand beside the run.
            self._lab.patch(release, "purge")
        self._until(key, Situation.SUCCEEDED)

    @override
    async def move_on(self, key: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._move_on, key)

    def _move_on(self, key: WorkflowKey) -> None:
        if not self._path(key).exists():
            raise NotExercised("only a run that was put into running takes steps")
        before = self._there(key)["journal_size"]
        self._file(key, "more\n")
        wait_until(
            lambda: self._there(key)["journal_size"],
            lambda size: bool(size > before),
            what=f"{key} takes a step",
        )

    @override
    async def retry(self, key: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._retry, key)

    def _retry(self, key: WorkflowKey) -> None:
        before = self._there(key).get("retry_count", 0)
        wait_until(
            lambda: self._there(key),
            lambda row: row["status"] == "backing-off" and row.get("retry_count", 0) > before,
            what=f"{key} fails once more",
        )

    @override
    async def forget(self, key: WorkflowKey) -> None:
        await anyio.to_thread.run_sync(self._forget, key)

    def _forget(self, key: WorkflowKey) -> None:
        path = f"/invocations/{self._there(key)['id']}/purge"
        expect(self._server.admin.patch(path), httpx.codes.OK)
        wait_until(lambda: self._main(key) is None, what=f"{key} is purged")

    @override
    async def store(self, key: WorkflowKey, entries: Mapping[str, bytes]) -> None:
        await anyio.to_thread.run_sync(self._store, key, dict(entries))

    def _store(self, key: WorkflowKey, entries: dict[str, bytes]) -> None:
        body = {
            "object_key": key.service_key,
            "new_state": {name: list(value) for name, value in entries.items()},
        }
        path = f"/services/{key.service_name}/state"
        expect(self._server.admin.post(path, json=body), httpx.codes.ACCEPTED)
        wait_until(
            lambda: self.stored(key),
            lambda found: found == entries,
            what=f"{key} holds the entries",
        )

    def stored(self, key: WorkflowKey) -> dict[str, bytes]:
        """What lies under a key, as SQL says."""
        rows = self._server.query(
            f"select key, value from state where service_name = {quoted(key.service_name)}"
            f" and service_key = {quoted(key.service_key)}"
        )
        return {str(row["key"]): bytes.fromhex(row["value"]) for row in rows}

    # --- deployments ---------------------------------------------------------------------------

    @override
    async def a_place(self) -> str:
        return (await anyio.to_thread.run_sync(self._place)).url

    def _place(self) -> ServiceHost:
        host = ServiceHost(self.service_name, revision="2")
        self._hosts.append(host)
        return host

    @override
    async def deploy(self) -> str:
        return await anyio.to_thread.run_sync(self._deploy)

    def _deploy(self) -> str:
        url = self._place().url
        self._lab.register(url, (self.service_name,))
        return url

    @override
    async def undeploy(self, service_url: str) -> None:
        await anyio.to_thread.run_sync(self._remove, service_url)

    def _remove(self, url: str) -> None:
        known = expect(self._server.admin.get("/deployments"), httpx.codes.OK).json()
        for one in known["deployments"]:
            if one["uri"].rstrip("/") == url.rstrip("/"):
                path = f"/deployments/{one['id']}"
                gone = self._server.admin.delete(path, params={"force": "true"})
                expect(gone, httpx.codes.ACCEPTED)
                self._until_gone(path)

    def _until_gone(self, path: str) -> None:
        wait_until(
            lambda: self._server.admin.get(path).status_code,
            lambda status: status == httpx.codes.NOT_FOUND,
            what=f"{path} is removed",
        )

    # --- time, size, and where things lie ------------------------------------------------------

    @property
    @override
    def retention(self) -> timedelta:
        answer = expect(self._server.admin.get(f"/services/{self.service_name}"), httpx.codes.OK)
        said = str(answer.json()["workflow_completion_retention"])
        found = _DAYS.fullmatch(said)
        if found is None:
            raise ValueError(said)
        return timedelta(days=int(found[1]))

    @override
    async def settle(self) -> None:
        """Let every busy run get to the end of its step: a pause or a cancel waits for that."""
        await anyio.to_thread.run_sync(self._end_steps)
        await super().settle()

    def _end_steps(self) -> None:
        for path in Path(self._folder.name).iterdir():
            append(path, "more\n")

    @override
    async def misplace(self) -> None:
        self._way.is_misplaced = True

    # --- the server ----------------------------------------------------------------------------

    def _start(
        self,
        key: WorkflowKey,
        task: dict[str, str] | None,
        *,
        handler: str = "run",
        delay: str | None = None,
    ) -> Run:
        path = f"/{key.service_name}/{quote(key.service_key, safe='')}/{handler}/send"
        params = {"delay": delay} if delay else {}
        answer = self._server.ingress.post(path, params=params, json=task)
        expect(answer, httpx.codes.ACCEPTED)
        return Run(key.service_name, key.service_key, str(answer.json()["invocationId"]))

    def _main(self, key: WorkflowKey) -> Row | None:
        rows = self._lab.rows(key.service_name, key.service_key)
        return next((row for row in rows if row["target_handler_name"] == "run"), None)

    def _there(self, key: WorkflowKey) -> Row:
        row = self._main(key)
        if row is None:
            raise LookupError(key)
        return row

    def _look(self, key: WorkflowKey) -> Situation | None:
        row = self._main(key)
        return None if row is None else situation_of(row)

    def _until(self, key: WorkflowKey, situation: Situation) -> None:
        wait_until(
            lambda: self._look(key),
            lambda seen: seen is situation,
            what=f"{key} is {situation.value}",
            explain=self._server.log_tail,
        )

    def _path(self, key: WorkflowKey) -> Path:
        return Path(self._folder.name) / key.service_key.encode().hex()[:200]

    def _file(self, key: WorkflowKey, line: str) -> Path:
        path = self._path(key)
        append(path, line)
        return path


def append(path: Path, line: str) -> None:
    """Add a line to a file, which may be new."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def situation_of(row: Row) -> Situation:
    """Where the run of a row of `sys_invocation` stands."""
    if row["status"] == "completed":
        if row["completion_result"] == "success":
            return Situation.SUCCEEDED
        return _BY_FAILURE.get(row["completion_failure"], Situation.FAILED)
    found = _BY_STATUS[row["status"]]
    if found is Situation.RUNNING and row.get("last_failure") is not None:
        return Situation.BACKING_OFF  # one more attempt is under way
    return found
