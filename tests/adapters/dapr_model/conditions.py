"""What a sidecar is asked, and in what condition it is: what it says of itself by that."""

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

import attrs

from tests.adapters.dapr_model.messages import Reply, error

__all__ = ["Asked", "Condition", "Placement", "Scheduler"]

_ACTORS = ("activity", "retentioner", "workflow")


class Placement(StrEnum):
    """The placement service, as a sidecar meets it."""

    CONNECTED = "connected"
    #: It was there.
    LOST = "lost"
    #: It never answered.
    DOWN = "down"
    #: No address was given.
    NONE = "none"


class Scheduler(StrEnum):
    """The scheduler, as a sidecar meets it."""

    CONNECTED = "connected"
    #: It was there: nothing but what hangs tells it.
    LOST = "lost"
    #: No address was given.
    NONE = "none"


@attrs.frozen
class Asked:
    """One request; the path as it is sent, with its query."""

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    @property
    def parts(self) -> list[str]:
        """The parts of the path, decoded; one slash at its end is not one."""
        path = self.path.partition("?")[0]
        return [unquote(one) for one in path.removeprefix("/").removesuffix("/").split("/")]


@attrs.define(eq=False)
class Condition:
    """
    One sidecar, without its instances. Every switch may be moved at any time.

    Attributes:
        token: What a request must bring; None for none.
        app_port: Where its app should listen, and does not; None where all is well.
        extended: What was put into its metadata.
    """

    app_id: str = "wf"
    version: str = "1.18.3"
    token: str | None = None
    store_type: str = "state.in-memory"
    has_store: bool = True
    placement: Placement = Placement.CONNECTED
    scheduler: Scheduler = Scheduler.CONNECTED
    app_port: int | None = None
    is_closing: bool = False
    extended: dict[str, str] = attrs.field(factory=dict)

    def is_from(self, major: int, minor: int) -> bool:
        """Whether it is of that version or a later one."""
        mine = self.version.split(".")
        return (int(mine[0]), int(mine[1])) >= (major, minor)

    @property
    def hangs(self) -> bool:
        """Whether what needs a reminder or an actor is never answered."""
        no_actors = self.placement in (Placement.LOST, Placement.DOWN)
        return no_actors or self.scheduler is Scheduler.LOST

    def health(self, asked: Asked, *, is_outbound: bool) -> Reply:
        """What the health routes answer: little that is true."""
        if is_outbound:
            return Reply(204, "", None)
        if asked.query.get("appid", self.app_id) != self.app_id:
            return error(500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match")
        waits = ["runtime"] if self.app_port is not None else []
        if self.app_port is not None or self.placement is Placement.DOWN:
            waits.append("internal-placement-service")
            said = f"dapr is not ready: [{' '.join(waits)}]"
            return error(500, "ERR_HEALTH_NOT_READY", said)
        return Reply(204, "", None)

    def metadata(self, workers: int) -> dict[str, object]:
        """What it says of itself; what is zero or empty is left out."""
        is_working = workers > 0 and self.placement is not Placement.NONE
        types = [f"dapr.internal.default.{self.app_id}.{one}" for one in _ACTORS]
        actors = [{"type": one} for one in types] if is_working else None
        address = {"port": self.app_port, "protocol": "http", "channelAddress": "127.0.0.1"}
        features = {"ETAG", "TRANSACTIONAL", "TTL", "DELETE_WITH_PREFIX", "KEYS_LIKE", "ACTOR"}
        store = {"name": "store", "type": self.store_type, "version": "v1"}
        told: dict[str, object] = {
            "id": self.app_id,
            "runtimeVersion": self.version,
            "enabledFeatures": ["HotReload", "WorkflowsRemoteActivityReminder"],
            "actors": actors,
            "components": [store | {"capabilities": sorted(features)}],
            "extended": {"daprRuntimeVersion": self.version} | self.extended,
            "appConnectionProperties": {k: v for k, v in address.items() if v is not None},
            "actorRuntime": self._actor_runtime(actors),
        }
        if self.scheduler is not Scheduler.NONE and self.is_from(1, 18):
            told["scheduler"] = {"connected_addresses": ["127.0.0.1:50006"]}
        if is_working and self.is_from(1, 16):
            told["workflows"] = {"connectedWorkers": workers}
        return {key: value for key, value in told.items() if value is not None}

    def _actor_runtime(self, actors: list[dict[str, str]] | None) -> dict[str, object]:
        told: dict[str, object] = {"runtimeStatus": "RUNNING", "activeActors": actors}
        is_connected = self.placement is Placement.CONNECTED and self.app_port is None
        told["hostReady"] = is_connected
        told["placement"] = f"placement: {'connected' if is_connected else 'disconnected'}"
        if self.placement is Placement.NONE:
            told["runtimeStatus"] = "DISABLED"
        if self.app_port is not None:
            told["runtimeStatus"], told["placement"] = "INITIALIZING", None
        return {key: value for key, value in told.items() if value is not None}
