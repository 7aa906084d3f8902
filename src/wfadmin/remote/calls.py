"""One repair as a request: its route, its body, and what a plan of it says."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import attrs

from wfadmin.domain.errors import InvalidPlan, InvalidServiceUrl, InvalidWorkflowKey
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.urls import normalised_url, without_secrets
from wfadmin.operations.keys import key_name
from wfadmin.remote.words import lacks

__all__ = ["Call", "cleanup", "of_plan", "recover", "redeploy"]

_CUT = "plan that names only a part of its URL, because a plan keeps no secrets"


@attrs.frozen
class Call:
    """
    One repair that the API can carry.

    Attributes:
        path: Its route.
        body: What it is for.
        arguments: What a plan of it says about that.
        target: What to call it in an error.
        secrets: What must not be shown when it is echoed.
        calls_url: Whether the engine calls a URL for it, which takes its time.
    """

    verb: Verb
    path: str
    body: Mapping[str, object] = attrs.field(repr=False)
    arguments: tuple[tuple[str, str], ...]
    target: str
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    calls_url: bool = True


def redeploy(service_url: str, *, force: bool) -> Call:
    """
    Register a URL.

    Raises:
        InvalidServiceUrl: Not an absolute http or https URL.
    """
    body = {"serviceUrl": service_url, "force": force}
    return _for_url(Verb.REDEPLOY, "/force-redeploy", body, ("force", _word(answer=force)))


def cleanup(service_url: str, *, force_drain: bool) -> Call:
    """
    Remove every deployment but those at a URL.

    Raises:
        InvalidServiceUrl: Not an absolute http or https URL.
    """
    body = {"serviceUrl": service_url, "forceDrain": force_drain}
    told = ("force_drain", _word(answer=force_drain))
    return _for_url(Verb.CLEANUP, "/cleanup-stale-deployments", body, told)


def recover(key: WorkflowKey) -> Call:
    """Make a key submittable again."""
    return Call(
        Verb.RECOVER,
        "/recover-stuck-workflow",
        {"serviceName": key.service_name, "serviceKey": key.service_key},
        (("service_name", key.service_name), ("service_key", key.service_key)),
        key_name(key),
        calls_url=False,
    )


def _for_url(verb: Verb, path: str, body: Mapping[str, object], told: tuple[str, str]) -> Call:
    url = str(body["serviceUrl"])
    normalised_url(url)
    shown = without_secrets(url)
    return Call(verb, path, body, (("service_url", shown), told), shown, _secrets(url))


def _word(*, answer: bool) -> str:
    return "yes" if answer else "no"


def _secrets(service_url: str) -> tuple[str, ...]:
    """What a server may repeat of the URL in the text of an error, and nobody may see."""
    parts = urlsplit(service_url)
    userinfo = parts.netloc.rpartition("@")[0]
    password = parts.password or ""
    return tuple(one for one in (userinfo, password, unquote(password), parts.query) if one)


# --- from a plan ---------------------------------------------------------------------------------


def of_plan(plan: Plan) -> Call:
    """
    The call that a plan is for.

    Raises:
        NotSupported: The API cannot carry its verb, or one of its arguments.
        InvalidPlan: Its arguments are not those of its verb.
    """
    try:
        match plan.verb:
            case Verb.RECOVER:
                names = _one(plan, "service_name"), _one(plan, "service_key")
                return recover(WorkflowKey(*names))
            case Verb.CLEANUP:
                _check_absent(plan, "also_keep", "wait")
                return cleanup(_url(plan), force_drain=_flag(plan, "force_drain"))
            case Verb.REDEPLOY:
                _check_absent(plan, "register_timeout")
                return redeploy(_url(plan), force=_flag(plan, "force"))
            case _:
                raise lacks(plan.verb.value)
    except (InvalidWorkflowKey, InvalidServiceUrl) as error:
        raise InvalidPlan("plan", f"{error.argument}: {error.problem}") from error


def _one(plan: Plan, name: str) -> str:
    found = [value for one, value in plan.arguments if one == name]
    if len(found) != 1:
        raise InvalidPlan("plan", f"it does not name one {name}")
    return found[0]


def _flag(plan: Plan, name: str) -> bool:
    word = _one(plan, name)
    if word not in ("yes", "no"):
        raise InvalidPlan("plan", f"{name} is neither yes nor no")
    return word == "yes"


def _url(plan: Plan) -> str:
    url = _one(plan, "service_url")
    if ("url_is_cut", "yes") in plan.arguments or url.endswith("?..."):
        raise lacks(_CUT, "Call the verb itself.")
    return url


def _check_absent(plan: Plan, *names: str) -> None:
    """What the API has no word for: in a plan of it, it says nothing."""
    for name, value in plan.arguments:
        if name in names and value != "0s":
            raise lacks(name)
