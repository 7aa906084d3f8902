"""What brings the model to where an exchange was recorded."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Self
from urllib.parse import unquote

import attrs

from tests.adapters.dapr_model.conditions import Asked
from tests.adapters.dapr_model.messages import Reply
from tests.adapters.dapr_model.sidecar import Sidecar
from wfadmin.domain.keys import WorkflowKey

__all__ = [
    "WITHOUT_WORKER",
    "Bring",
    "Stage",
    "all_of",
    "as_it_is",
    "instance_of_request",
    "then",
    "without_worker_after",
]


@attrs.define
class Stage:
    """
    A model, and the instance that an exchange is about.

    Attributes:
        id: Of that instance.
    """

    id: str
    sidecar: Sidecar = attrs.field(factory=Sidecar)
    brings: dict[str, str] = attrs.field(factory=dict)

    # --- instances -------------------------------------------------------------------------------

    def start(self, name: str, given: str = "1", *, instance_id: str | None = None) -> Self:
        """Start an instance and let it come to rest."""
        path = f"/v1.0/workflows/dapr/{name}/start?instanceID={instance_id or self.id}"
        self.ask("POST", path, given)
        return self.settle()

    def running(self) -> Self:
        """It waits for an event."""
        return self.start("wait")

    def suspended(self) -> Self:
        """It was paused while it waited."""
        return self.running().post("pause").settle()

    def completed(self) -> Self:
        """It ended well."""
        return self.start("ok")

    def failed(self) -> Self:
        """Its code raised."""
        return self.start("fail")

    def terminated(self) -> Self:
        """Somebody terminated it."""
        return self.running().post("terminate").settle()

    def planned(self) -> Self:
        """It starts in an hour."""
        key = WorkflowKey("ok", self.id)
        # No instance is made at a full second.
        self.wait(0.01)
        self.sidecar.world.workflow("ok").key(self.id).scheduled()
        self.sidecar.world.store.store(key, {"input": b'"planned"'})
        self.sidecar.worker.turn()
        return self

    def stalled(self) -> Self:
        """Nobody has the version that it began with."""
        self.start("ver")
        self.sidecar.worker.lacks.add("ver")
        return self.post("raiseEvent/go", "1").settle()

    def family(self, parent: str, child: str) -> Self:
        """A parent waits for its child."""
        return self.start("parent", f'{{"child":"{child}"}}', instance_id=parent)

    # --- what happens to them --------------------------------------------------------------------

    def post(self, tail: str, body: str = "", *, instance_id: str | None = None) -> Self:
        """Send an operation, whatever it answers."""
        self.ask("POST", f"/v1.0/workflows/dapr/{instance_id or self.id}/{tail}", body)
        return self

    def ask(self, method: str, path: str, body: str = "") -> Reply | None:
        """Ask anything."""
        return self.sidecar.answer(Asked(method, path, self.brings, body.encode()))

    def settle(self) -> Self:
        """Let everything happen that was accepted."""
        self.sidecar.settle()
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass."""
        self.sidecar.pass_time(timedelta(seconds=seconds))
        return self

    def leave(self) -> Self:
        """The only worker is killed."""
        self.sidecar.worker.leave()
        return self

    def come_back(self) -> Self:
        """A good worker connects."""
        self.sidecar.worker.come_back()
        return self.settle()

    def mute(self) -> Self:
        """From now on the worker takes turns and never answers."""
        self.sidecar.worker.is_mute = True
        return self

    def switched(self, **switches: object) -> Self:
        """Move switches of the sidecar."""
        for name, value in switches.items():
            setattr(self.sidecar, name, value)
        return self


Bring = Callable[[Stage], object]


def as_it_is(_: Stage) -> None:
    """A sound sidecar, one worker, no instance."""


def then(*brings: Bring) -> Bring:
    return lambda stage: [bring(stage) for bring in brings]


def all_of(names: str, bring: Bring) -> dict[str, Bring]:
    """The same steps for exchanges of several names."""
    return dict.fromkeys(names.split(), bring)


def without_worker_after(name: str) -> Bring:
    """Without a worker, which left when the instance was there."""
    return lambda stage: (WITHOUT_WORKER[name](stage), stage.leave())


WITHOUT_WORKER: Mapping[str, Bring] = {
    "nw-run": Stage.running,
    "nw-done": Stage.completed,
    "nw-susp": Stage.suspended,
    "nw-fail": Stage.failed,
    "nope": as_it_is,
}

_ID = re.compile(r"instanceID=([^&]+)|/workflows/[^/]+/([^/?]+)")


def instance_of_request(path: str) -> str:
    """The id of the instance that a request is about; of none a made-up one."""
    found = _ID.search(path if "/start" not in path else path.partition("?")[2])
    return unquote(found[1] or found[2]) if found is not None else "nobody"
