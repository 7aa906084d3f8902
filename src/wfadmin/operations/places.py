"""Reading the deployments as a whole, for a decision: what is registered, routed and held."""

from datetime import timedelta

import attrs

from wfadmin.domain.answers import Registration
from wfadmin.domain.model import Deployment, Service, Usage
from wfadmin.operations.able import lacks
from wfadmin.operations.asking import ask, ask_all
from wfadmin.operations.host import Host
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.engine import Engine

__all__ = ["Places", "dry_run", "read_places", "registry_of"]


@attrs.frozen
class Places:
    """All deployments, all services, and what unfinished work holds, as read together."""

    deployments: tuple[Deployment, ...]
    services: tuple[Service, ...]
    usage: Usage

    def find(self, deployment_id: str) -> Deployment | None:
        """The deployment of that id, if it is registered."""
        return next((one for one in self.deployments if one.id == deployment_id), None)


def registry_of(engine: Engine) -> DeploymentRegistry:
    """
    The registered deployments of an engine.

    Raises:
        NotSupported: It has none.
    """
    if engine.deployments is None:
        raise lacks(engine, "deployments")
    return engine.deployments


async def read_places(engine: Engine, host: Host) -> Places:
    """
    Read deployments, services and usage at once.

    Raises:
        NotSupported: The engine has no deployments.
        EngineError: One of them could not be read: never the same as none.
    """
    registry = registry_of(engine)
    questions = (registry.list, engine.admin.list_services, registry.usage)
    deployments, services, usage = await ask_all(engine, host, questions)
    return Places(deployments.unwrap(), services.unwrap(), usage.unwrap())


async def dry_run(
    engine: Engine,
    host: Host,
    service_url: str,
    *,
    timeout: timedelta,
) -> Registration:
    """
    What registering a URL would find now. The engine calls it; nothing is stored.

    Raises:
        EngineRejected: The URL does not answer, or serves what does not fit.
        EngineError: The engine did not answer, or was not understood.
    """
    registry = registry_of(engine)

    async def question() -> Registration:
        return await registry.register(service_url, force=True, dry_run=True)

    return await ask(engine, host, question, timeout=timeout)
