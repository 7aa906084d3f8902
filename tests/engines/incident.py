"""An incident: one server on which everything is wrong at once."""

from dataclasses import dataclass

from tests.engines.restate_lab import Deployed, RestateLab, Run


@dataclass(frozen=True)
class Incident:
    """One server with a key in every state, and deployments in every state."""

    lab: RestateLab
    failed: Run
    succeeded: Run
    waiting: Run
    backing_off: Run
    paused: Run
    zombie: Run
    draining: Deployed
    draining_run: Run
    drained: Deployed


def bring_about(lab: RestateLab) -> Incident:
    """Bring every state about, those that change the routing first."""
    zombie = lab.zombie("zombie")
    drained, _ = lab.drained_deployment("drained")
    draining, draining_run = lab.draining_deployment("draining")
    return Incident(
        lab=lab,
        failed=lab.failed("failed"),
        succeeded=lab.succeeded("succeeded"),
        waiting=lab.waiting("waiting"),
        backing_off=lab.backing_off("backing-off", attempts=5),
        paused=lab.paused("paused"),
        zombie=zombie,
        draining=draining,
        draining_run=draining_run,
        drained=drained,
    )
