"""
What the configuration files say about repairs: which runs are stuck, and what is protected.

Laws:

- Protections of the working directory and of the user are united: no file lifts any.
- A context's rules count for its engine, whichever way that engine was named.
- What may be killed is widened by the user's own file alone.
"""

from collections.abc import Iterator

import attrs

from wfadmin.cli.config import (
    ConfigFile,
    Context,
    Source,
    Wanted,
    files,
    read_file,
)
from wfadmin.domain.errors import InvalidConfig, InvalidPolicy, InvalidServiceUrl
from wfadmin.domain.policy import Protection, RecoveryPolicy, parse_stuck
from wfadmin.domain.text import shown
from wfadmin.domain.urls import normalised_url

__all__ = ["Rules", "rules"]


@attrs.frozen
class Rules:
    """What holds for repairs on one engine."""

    policy: RecoveryPolicy = attrs.field(factory=RecoveryPolicy)
    protection: Protection = attrs.field(factory=Protection)


def rules(wanted: Wanted, source: Source) -> Rules:
    """
    The rules for the engine that is meant.

    Args:
        wanted: What to connect to, resolved.
        source: Where the files are.

    Raises:
        InvalidConfig: A file cannot be read, or says something that is not known.
    """
    stuck: tuple[str, ...] = ()
    urls: list[str] = []
    services: list[str] = []
    for place in files(source):
        found = read_file(place)
        for part in _parts(found, wanted):
            urls += part.protected_urls
            services += part.protected_services
            # The later is the closer one: a context's own rules, if it has any.
            stuck = part.stuck or stuck
        _check(found, shown(str(place.path)))
    policy = RecoveryPolicy(parse_stuck(stuck))
    return Rules(policy, Protection(tuple(dict.fromkeys(urls)), tuple(dict.fromkeys(services))))


def _parts(found: ConfigFile, wanted: Wanted) -> Iterator[ConfigFile | Context]:
    yield found
    yield from (one for one in found.contexts.values() if _is_for(one, wanted))


def _is_for(context: Context, wanted: Wanted) -> bool:
    if context.engine != (wanted.engine or "restate"):
        return False
    return _normal(context.admin_url) == _normal(wanted.admin_url)


def _normal(url: str | None) -> str | None:
    try:
        return None if url is None else normalised_url(url)
    except InvalidServiceUrl:
        return url


def _check(found: ConfigFile, name: str) -> None:
    """Refuse what would protect nothing, or call nothing stuck, because it is misspelt."""
    _check_part(found, f"{name}: ")
    for label, context in sorted(found.contexts.items()):
        _check_part(context, f"{name}: contexts.{shown(label)}.")


def _check_part(part: ConfigFile | Context, name: str) -> None:
    try:
        parse_stuck(part.stuck)
    except InvalidPolicy as error:
        raise InvalidConfig(f"{name}stuck", error.problem) from None
    try:
        for url in part.protected_urls:
            normalised_url(url)
    except InvalidServiceUrl as error:
        raise InvalidConfig(f"{name}protected_urls", error.problem) from None
    if "" in part.protected_services:
        raise InvalidConfig(f"{name}protected_services", "one of them is empty")
