"""
Bring a real Restate into a state: every helper returns when SQL shows that the state is there.

Each state helper takes a key, or makes one that nobody else uses, so tests can share a server.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import httpx

from tests.engines.restate_server import RestateServer, Row
from tests.engines.service_host import ServiceHost
from tests.engines.waiting import wait_until

EVERYTHING = ("Order", "Parent", "Cart", "Mailer")
REMOVED_DEPLOYMENT_CODE = "RT0011"
UNFINISHED = "select id from sys_invocation_status where status <> 'completed'"


@dataclass(frozen=True)
class Deployed:
    """A registered place, and the process behind it."""

    id: str
    host: ServiceHost

    @property
    def url(self) -> str:
        """The URL as we registered it; the engine gives it back with a trailing slash."""
        return self.host.url


@dataclass(frozen=True)
class Run:
    """An invocation that a helper started."""

    service_name: str
    service_key: str
    invocation_id: str
    deployment_id: str | None = None


class RestateLab:
    """A server, one deployment that serves everything, and the ways to bring keys into states."""

    def __init__(self, server: RestateServer) -> None:
        self.server = server
        self._hosts: list[ServiceHost] = []
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.main = self.deploy(*EVERYTHING, revision="1")
        return self

    def __exit__(self, *_: object) -> None:
        for host in self._hosts:
            host.stop()

    # --- deployments ---------------------------------------------------------------------------

    def deploy(self, *services: str, revision: str = "2") -> Deployed:
        """Start a place that serves the named services, and register it: it is now the latest."""
        host = ServiceHost(*services, revision=revision)
        self._hosts.append(host)
        return Deployed(self.register(host.url, services), host)

    def register(self, url: str, services: tuple[str, ...], *, force: bool = False) -> str:
        """Register a URL, and return when the services route to it."""
        answer = self.server.admin.post("/deployments", json={"uri": url, "force": force})
        expect(answer, httpx.codes.CREATED, httpx.codes.OK)
        deployment_id = str(answer.json()["id"])
        for service in services:
            self._until_routed(service, lambda routed: routed == deployment_id)
        return deployment_id

    def remove(self, deployed: Deployed) -> None:
        """Remove a deployment by force and stop the process behind it."""
        path = f"/deployments/{deployed.id}"
        expect(self.server.admin.delete(path, params={"force": "true"}), httpx.codes.ACCEPTED)
        wait_until(
            lambda: self.server.admin.get(path).status_code,
            lambda status: status == httpx.codes.NOT_FOUND,
            what=f"{deployed.id} is removed",
        )
        for service in deployed.host.services:
            self._until_routed(service, lambda routed: routed != deployed.id)
        deployed.host.stop()

    def prefer_main(self) -> None:
        """Make the main deployment the latest for all services again."""
        self.register(self.main.url, EVERYTHING, force=True)

    def only_main(self) -> None:
        """End every run, and remove every deployment but the main one, which must be there."""
        for row in self.server.query(UNFINISHED):
            # One may take others along, or have ended by now.
            self.server.admin.patch(f"/invocations/{row['id']}/kill")
        for one in self.deployments() - {self.main.id}:
            path = f"/deployments/{one}"
            expect(self.server.admin.delete(path, params={"force": "true"}), httpx.codes.ACCEPTED)
        self.prefer_main()
        wait_until(self.deployments, lambda ids: ids == {self.main.id}, what="one deployment left")
        wait_until(lambda: self.server.query(UNFINISHED), lambda rows: not rows, what="no run left")
        for host in self._hosts:
            if host is not self.main.host:
                host.stop()

    def deployments(self) -> set[str]:
        """Give the ids of all that is registered."""
        answer = expect(self.server.admin.get("/deployments"), httpx.codes.OK)
        return {str(one["id"]) for one in answer.json()["deployments"]}

    def deployment_of(self, service: str) -> str | None:
        """Say where a service routes to; None if the engine does not list it."""
        answer = self.server.admin.get(f"/services/{service}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(expect(answer, httpx.codes.OK).json()["deployment_id"])

    def draining_deployment(self, key: str | None = None) -> tuple[Deployed, Run]:
        """Make a superseded deployment of Order and Cart to which a waiting run is pinned."""
        deployed = self.deploy("Order", "Cart")
        run = self.waiting(key or self.new_key("draining"))
        self.prefer_main()
        return deployed, run

    def drained_deployment(self, key: str | None = None) -> tuple[Deployed, Run]:
        """Make a superseded deployment of Order and Cart that only served a run that is over."""
        deployed = self.deploy("Order", "Cart")
        run = self.succeeded(key or self.new_key("drained"))
        self.prefer_main()
        return deployed, run

    # --- keys of Order -------------------------------------------------------------------------

    def succeeded(self, key: str | None = None) -> Run:
        """A run that completed and is retained."""
        run = self.start("Order", key or self.new_key("succeeded"), do="succeed")
        return self.until(run, status="completed", completion_result="success")

    def failed(self, key: str | None = None, message: str = "payment was refused") -> Run:
        """A run that failed for good and is retained; its state is still there."""
        run = self.start("Order", key or self.new_key("failed"), do="fail", message=message)
        return self.until(run, status="completed", completion_result="failure")

    def killed(self, key: str | None = None) -> Run:
        """A waiting run that was killed."""
        run = self.waiting(key or self.new_key("killed"))
        self.patch(run, "kill")
        return self.until(run, status="completed", completion_result="failure")

    def waiting(self, key: str | None = None) -> Run:
        """A run that waits for a promise: suspended, its state stored."""
        run = self.start("Order", key or self.new_key("waiting"), do="wait")
        return self.until(run, status="suspended")

    def backing_off(self, key: str | None = None, *, attempts: int = 1) -> Run:
        """A run that fails again and again, seen between two attempts."""
        run = self.start("Order", key or self.new_key("backing-off"), do="retry")
        return self._until_seen(
            run,
            lambda row: row["status"] == "backing-off" and row.get("retry_count", 0) >= attempts,
            what=f"backs off after {attempts} attempts",
        )

    def paused(self, key: str | None = None) -> Run:
        """A run that failed for a while and was paused."""
        run = self.backing_off(key or self.new_key("paused"))
        self.patch(run, "pause")
        return self.until(run, status="paused")

    def scheduled(self, key: str | None = None) -> Run:
        """A run that starts in an hour."""
        key = key or self.new_key("scheduled")
        return self.until(self.start("Order", key, do="succeed", delay="1h"), status="scheduled")

    def watched(self, key: str | None = None) -> tuple[Run, Run]:
        """A waiting run, and a shared handler of the same key that waits too."""
        run = self.waiting(key or self.new_key("watched"))
        watcher = self.start("Order", run.service_key, handler="watch")
        return run, self.until(watcher, status="suspended")

    def zombie(self, key: str | None = None, *, awake: bool = True) -> Run:
        """
        A run pinned to a deployment that was removed.

        Awake, it tries for ever to reach it (backing-off); else it stays suspended.
        """
        deployed = self.deploy("Order")
        run = self.waiting(key or self.new_key("zombie"))
        self.remove(deployed)
        if not awake:
            return run
        self.release(run)
        return self._until_seen(
            run,
            lambda row: (
                row["status"] == "backing-off"
                and row.get("last_failure_error_code") == REMOVED_DEPLOYMENT_CODE
            ),
            what="looks for a removed deployment",
        )

    # --- other services ------------------------------------------------------------------------

    def family(self, key: str | None = None) -> tuple[Run, Run]:
        """A run of Parent that waits for the run of Order that it called, which waits too."""
        key = key or self.new_key("parent")
        child_key = f"{key}-child"
        parent = self.until(
            self.start("Parent", key, do="wait", child=child_key), status="suspended"
        )
        rows = wait_until(lambda: self.rows("Order", child_key), what=f"Order/{child_key} started")
        child = Run("Order", child_key, str(rows[0]["id"]))
        return parent, self.until(child, status="suspended")

    def locked_cart(self, key: str | None = None) -> tuple[Run, Run]:
        """A call that holds the key of a virtual object and waits, and one queued behind it."""
        key = key or self.new_key("cart")
        holder = self.start("Cart", key, handler="add", do="wait")
        holder = self.until(holder, status="suspended")
        queued = self.start("Cart", key, handler="add", do="succeed")
        return holder, self.until(queued, status="pending")

    def failed_cart(self, key: str | None = None) -> Run:
        """A call of a virtual object that failed for good."""
        run = self.start("Cart", key or self.new_key("cart"), handler="add", do="fail")
        return self.until(run, status="completed", completion_result="failure")

    def mail_backing_off(self) -> Run:
        """A call of the plain service that fails again and again: it has no key."""
        return self.until(
            self.start("Mailer", "", handler="send", do="retry"), status="backing-off"
        )

    # --- steps ---------------------------------------------------------------------------------

    def new_key(self, prefix: str) -> str:
        """Make a key that no other helper call uses."""
        return f"{prefix}-{next(self._numbers)}"

    def start(
        self, service: str, key: str, *, handler: str = "run", delay: str | None = None, **task: str
    ) -> Run:
        """Submit, and do not wait; the task is what the handler is told to do."""
        segments = [service, key, handler, "send"] if key else [service, handler, "send"]
        answer = self.server.ingress.post(
            "/" + "/".join(segments),
            params={"delay": delay} if delay else {},
            json=task or None,
        )
        expect(answer, httpx.codes.ACCEPTED)
        return Run(service, key, str(answer.json()["invocationId"]))

    def release(self, run: Run) -> None:
        """Resolve the promise that a waiting run of Order waits for."""
        expect(
            self.server.ingress.post(f"/Order/{run.service_key}/release/send"), httpx.codes.ACCEPTED
        )

    def patch(self, run: Run, command: str) -> None:
        """Send a command to the admin API: kill, pause, purge, resume, cancel."""
        answer = self.server.admin.patch(f"/invocations/{run.invocation_id}/{command}")
        expect(answer, httpx.codes.OK, httpx.codes.ACCEPTED)

    def row(self, run: Run) -> Row:
        """Read the row of one invocation; empty if there is none."""
        found = self.server.query(
            f"select * from sys_invocation where id = {quoted(run.invocation_id)}"
        )
        return found[0] if found else {}

    def rows(self, service: str, key: str) -> list[Row]:
        """Read every row of a key."""
        return self.server.query(
            "select * from sys_invocation"
            f" where target_service_name = {quoted(service)} and target_service_key = {quoted(key)}"
        )

    def state(self, run: Run) -> dict[str, str]:
        """Read the state of the key of a run, as text."""
        found = self.server.query(
            f"select key, value_utf8 from state where service_name = {quoted(run.service_name)}"
            f" and service_key = {quoted(run.service_key)}"
        )
        return {str(entry["key"]): str(entry["value_utf8"]) for entry in found}

    def until(self, run: Run, **columns: str) -> Run:
        """Wait until the row of a run has these columns; say where it is pinned."""
        return self._until_seen(
            run,
            lambda row: all(row.get(name) == value for name, value in columns.items()),
            what=str(columns),
        )

    def _until_seen(self, run: Run, done: Callable[[Row], bool], *, what: str) -> Run:
        row = wait_until(
            lambda: self.row(run),
            lambda row: bool(row) and done(row),
            what=f"{run.service_name}/{run.service_key}: {what}",
            explain=self.server.log_tail,
        )
        pinned = row.get("pinned_deployment_id")
        return Run(run.service_name, run.service_key, run.invocation_id, pinned)

    def _until_routed(self, service: str, done: Callable[[str | None], bool]) -> None:
        wait_until(lambda: self.deployment_of(service), done, what=f"{service} is routed anew")


def expect(answer: httpx.Response, *statuses: int) -> httpx.Response:
    """Fail with what the engine said unless it answered as expected."""
    if answer.status_code not in statuses:
        message = f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        raise AssertionError(message)
    return answer


def quoted(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
