"""The model of a sidecar under the kit, over both of its APIs."""

from datetime import timedelta
from types import TracebackType

import attrs
from typing_extensions import override

from tests.adapters.dapr_model.driver import DaprModelDriver
from tests.adapters.dapr_model.grpc_network import GrpcChannel, GrpcNetwork, TwoNetworks
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.sidecar import Sidecar
from wfadmin.domain.keys import WorkflowKey
from wfadmin.ports.engine import EngineSettings
from wfadmin.testing.driver import Situation

__all__ = ["DaprBothDriver"]

_A_MOMENT = timedelta(milliseconds=10)


class DaprBothDriver(DaprModelDriver):
    """
    As `DaprModelDriver`, with the gRPC API beside the HTTP one.

    Its `open_channel` has to stand in the place of that of the adapter.
    """

    def __init__(self, sidecar: Sidecar | None = None) -> None:
        super().__init__(sidecar)
        self.side = GrpcSide(self.sidecar)
        self.over_grpc = GrpcNetwork(self.side, longest_silence=self.settings_timeout)
        self._both = TwoNetworks(self._network, self.over_grpc)

    def open_channel(self, _: object) -> GrpcChannel:
        """A channel to the model, whatever place it should lead to."""
        return GrpcChannel(self.over_grpc)

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Driver.__aexit__`: what must never be asked has not been."""
        await super().__aexit__(kind, error, trace)
        self.side.check()

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        """See `Driver.put`. No two are made at the same time."""
        self.sidecar.pass_time(_A_MOMENT)
        await super().put(key, situation, failure=failure)

    @property
    @override
    def settings(self) -> EngineSettings:
        return attrs.evolve(super().settings, grpc_url="127.0.0.1:50001")

    @property
    @override
    def network(self) -> TwoNetworks:
        return self._both
