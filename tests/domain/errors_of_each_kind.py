"""One error of every kind, made as its raisers make it."""

from collections.abc import Iterator

from wfadmin.domain import errors
from wfadmin.domain.errors import WfadminError

EACH_KIND: tuple[WfadminError, ...] = (
    errors.WfadminError(),
    errors.UsageError("--timeout", "it is not a number"),
    errors.InvalidWorkflowKey("service key", "it is empty"),
    errors.InvalidServiceUrl("service URL", "it names no host"),
    errors.InvalidEngineUrl("--admin-url", "it names no host"),
    errors.InvalidPolicy("attempts", "it is not a whole number of at least 1"),
    errors.InvalidPlan("plan", "its digest is not that of what it says"),
    errors.InvalidConfig("wfadmin.toml", "contexts.prod.tokn is not known"),
    errors.UnknownAdapter("engine", "no adapter is named dapr", "dapr", ("memory", "restate")),
    errors.MissingDependency("wfadmin", "the command line is not installed", "cli"),
    errors.Refused(),
    errors.RetryBlocked(
        "succeeded", ("inv_1", "inv_2"), (("succeeded", ("inv_1", "inv_2")), ("active", ("inv_3",)))
    ),
    errors.DeploymentInUse(("dp_1", "dp_2"), ("Order", "Cart")),
    errors.EndNotKnown("op_1", "pause", "Order/o-1"),
    errors.CommandNotAllowed("resume", "inv_1", "completed"),
    errors.StalePlan("a new run appeared"),
    errors.LeaseHeld("Order/42", "anna"),
    errors.LeaseUnavailable("the disk is full"),
    errors.Protected("http://h:9080"),
    errors.NotAuthenticated(),
    errors.NotPermitted("system:operate"),
    errors.NotSupported("dapr", "deployments", "Restart the app instead."),
    errors.NotReady("dapr", "No worker is connected. Start it."),
    errors.AuditUnavailable("the disk is full"),
    errors.EvidenceUnavailable("the disk is full"),
    errors.NotFound("x"),
    errors.DeploymentNotFound("http://h:9080"),
    errors.ServiceNotFound("Order"),
    errors.InvocationNotFound("inv_1"),
    errors.KeyNotFound("0123"),
    errors.EngineError(),
    errors.EngineUnreachable("http://h:9070", "connection refused"),
    errors.EngineRejected("http://h:9070", 503, "META003", "no leader"),
    errors.UnexpectedAnswer("http://h:9070", "rows: expected a list", "<html>"),
    errors.OutcomeUnknown("purge", "inv_1", "the connection broke"),
)


def every_kind(root: type[WfadminError] = WfadminError) -> Iterator[type[WfadminError]]:
    """Give the classes of the tree, each once."""
    if root.__module__.startswith("wfadmin.domain."):
        yield root
        for child in root.__subclasses__():
            yield from every_kind(child)
