"""
Applying a plan: its verb is planned again, and runs only if that comes to the same.

A plan is data. It is never a source of steps: what it says is only compared.
"""

from collections.abc import Callable, Mapping

from wfadmin.domain.errors import InvalidPlan, InvalidPolicy, InvalidWorkflowKey
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.policy import RecoveryPolicy, parse_duration, parse_stuck
from wfadmin.domain.results import Result
from wfadmin.operations.cleanup import Cleanup
from wfadmin.operations.host import Host
from wfadmin.operations.recover import Recover
from wfadmin.operations.redeploy import Redeploy
from wfadmin.operations.repair import Repair
from wfadmin.operations.steer import Steer
from wfadmin.ports.engine import Engine

__all__ = ["repair_of"]


_CUT = "a plan keeps no secrets, and so not all of its URL: call the verb itself"


class _Arguments:
    """The arguments of a plan: each is taken once, and none may be left."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self._pairs = list(pairs)

    def all(self, name: str) -> tuple[str, ...]:
        found = tuple(value for one, value in self._pairs if one == name)
        self._pairs = [pair for pair in self._pairs if pair[0] != name]
        return found

    def one(self, name: str) -> str:
        found = self.all(name)
        if len(found) != 1:
            raise InvalidPlan("plan", f"it does not name one {name}")
        return found[0]

    def maybe(self, name: str) -> str | None:
        found = self.all(name)
        if len(found) > 1:
            raise InvalidPlan("plan", f"it names more than one {name}")
        return found[0] if found else None

    def flag(self, name: str) -> bool:
        word = self.one(name)
        if word not in ("yes", "no"):
            raise InvalidPlan("plan", f"{name} is neither yes nor no")
        return word == "yes"

    def key(self) -> WorkflowKey:
        return WorkflowKey(self.one("service_name"), self.one("service_key"))

    def finish(self) -> None:
        if self._pairs:
            raise InvalidPlan("plan", f"the argument {self._pairs[0][0]} is not known")


def repair_of(engine: Engine, host: Host, plan: Plan) -> Repair[Result]:
    """
    The verb that a plan was made from, with its arguments.

    Raises:
        InvalidPlan: Its arguments are not those of its verb.
    """
    arguments = _Arguments(plan.arguments)
    try:
        repair = _MAKERS[plan.verb](engine, host, arguments, plan.verb)
    except (InvalidWorkflowKey, InvalidPolicy) as error:
        raise InvalidPlan("plan", f"{error.argument}: {error.problem}") from error
    arguments.finish()
    return repair


def _recover(engine: Engine, host: Host, given: _Arguments, _: Verb) -> Repair[Result]:
    stuck, children = parse_stuck(given.all("stuck")), given.flag("with_children")
    policy = RecoveryPolicy(stuck, children, given.flag("force_purge"))
    return Recover(engine, host, given.key(), policy)


def _cleanup(engine: Engine, host: Host, given: _Arguments, _: Verb) -> Repair[Result]:
    return Cleanup(
        engine,
        host,
        _whole(given.one("service_url")),
        given.flag("force_drain"),
        tuple(map(_whole, given.all("also_keep"))),
        parse_duration(given.one("wait"), argument="wait"),
    )


def _redeploy(engine: Engine, host: Host, given: _Arguments, _: Verb) -> Repair[Result]:
    if given.flag("url_is_cut"):
        raise InvalidPlan("plan", _CUT)
    timeout = parse_duration(given.one("register_timeout"), argument="register timeout")
    url = _whole(given.one("service_url"))
    return Redeploy(engine, host, url, given.flag("force"), timeout)


def _whole(url: str) -> str:
    """Refuse a URL whose query was left out: it may name another place than the one planned."""
    if url.endswith("?..."):
        raise InvalidPlan("plan", _CUT)
    return url


def _steer(engine: Engine, host: Host, given: _Arguments, verb: Verb) -> Repair[Result]:
    deployment = given.maybe("deployment") or "keep"
    return Steer(engine, host, verb, given.key(), given.maybe("id"), deployment)


_MAKERS: Mapping[Verb, Callable[[Engine, Host, _Arguments, Verb], Repair[Result]]] = {
    Verb.RECOVER: _recover,
    Verb.CLEANUP: _cleanup,
    Verb.REDEPLOY: _redeploy,
    Verb.RESUME: _steer,
    Verb.PAUSE: _steer,
    Verb.CANCEL: _steer,
}
