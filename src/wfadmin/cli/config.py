"""
Which engine is meant: flags over environment over file.

Laws:

- A token belongs to the URLs that it was configured for. So engine, admin URL, gRPC URL and token
  are taken from one context or from none: naming one of them beside a context is an error, and
  naming one beside the file's `current` leaves that context out.
- A `wfadmin.toml` of the working directory may come from anybody: it names no token source but
  variables whose names start with WFADMIN_TOKEN, and adds protections. See `rules`.
- Keys that are not known are errors. Nothing is read before it is asked for.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs

from wfadmin.domain.errors import InvalidConfig
from wfadmin.domain.text import shown
from wfadmin.wire.strict import structured

__all__ = [
    "MAX_BYTES",
    "ConfigFile",
    "Context",
    "FoundFile",
    "Source",
    "Wanted",
    "files",
    "locate",
    "read_file",
    "resolve",
]

#: The largest file that is read: more contexts than anybody has.
MAX_BYTES = 64 * 1024
_NAME = "wfadmin.toml"
_TOKEN_VARIABLES = "WFADMIN_TOKEN"  # noqa: S105 - the start of a name, no token
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
# A day: what is longer is a typing error, and the clock cannot count it.
_LONGEST = 86_400.0


@attrs.frozen
class Context:
    """A table ``[contexts.NAME]`` of the file."""

    engine: str = "restate"
    admin_url: str | None = attrs.field(default=None, repr=False)
    ingress_url: str | None = attrs.field(default=None, repr=False)
    grpc_url: str | None = attrs.field(default=None, repr=False)
    token_env: str | None = None
    token_file: str | None = None
    timeout: float | None = None
    stuck: tuple[str, ...] = ()
    protected_urls: tuple[str, ...] = ()
    protected_services: tuple[str, ...] = ()


@attrs.frozen
class ConfigFile:
    """
    A `wfadmin.toml`: named contexts, and the one that is meant where none is named.

    What stands outside of a context (`stuck` and the protections) is for every engine.
    """

    current: str | None = None
    stuck: tuple[str, ...] = ()
    protected_urls: tuple[str, ...] = ()
    protected_services: tuple[str, ...] = ()
    contexts: Mapping[str, Context] = attrs.field(factory=dict)


@attrs.frozen
class FoundFile:
    """Where a file was found; one that came with the working directory is trusted less."""

    path: Path
    trusted: bool


@attrs.frozen
class Source:
    """What is asked for besides the command line: the environment and the working directory."""

    environment: Mapping[str, str]
    folder: Path

    @classmethod
    def ambient(cls) -> "Source":
        """Those of this process."""
        return cls(os.environ, Path())

    def variable(self, name: str) -> str | None:
        """A variable; one that is set to nothing counts as not set."""
        return self.environment.get(name) or None


@attrs.frozen(kw_only=True)
class Wanted:
    """The engine that is meant. As options: what was given; resolved: what to connect to."""

    engine: str | None = None
    admin_url: str | None = attrs.field(default=None, repr=False)
    ingress_url: str | None = attrs.field(default=None, repr=False)
    grpc_url: str | None = attrs.field(default=None, repr=False)
    token_env: str | None = None
    token_file: str | None = None
    context: str | None = None
    timeout: float | None = None

    @property
    def names_an_engine(self) -> bool:
        """Whether it says which engine, or where a token would go: then no context fits."""
        return any(one is not None for one in (self.engine, self.admin_url, self.grpc_url))

    @property
    def has_token(self) -> bool:
        """Whether it says where a token comes from."""
        return self.token_env is not None or self.token_file is not None


def resolve(given: Wanted, source: Source) -> Wanted:
    """
    What to connect to, from the options that were given.

    Raises:
        InvalidConfig: Options, variables and file contradict each other, or one is not usable.
    """
    _check(given, {name: f"--{name.replace('_', '-')}" for name in _FIELDS})
    if given.context is not None:
        _refuse_beside_context("--context", given, token=given.has_token)
        return _over_file(given, _context_of(given.context, locate(source)))
    environment = Wanted(
        engine=source.variable("WFADMIN_ENGINE"),
        admin_url=source.variable("WFADMIN_ADMIN_URL"),
        ingress_url=source.variable("WFADMIN_INGRESS_URL"),
        grpc_url=source.variable("WFADMIN_GRPC_URL"),
        context=source.variable("WFADMIN_CONTEXT"),
    )
    merged = _over(given, environment)
    if given.names_an_engine:
        return merged
    if environment.context is not None:
        _refuse_beside_context("WFADMIN_CONTEXT", environment, token=given.has_token)
        return _over_file(merged, _context_of(environment.context, locate(source)))
    if environment.names_an_engine:
        return merged
    return _over_current(merged, locate(source))


_FIELDS = tuple(field.name for field in attrs.fields(Wanted))


def _over(first: Wanted, second: Wanted) -> Wanted:
    """Setting by setting: `first`, where it says something, else `second`."""
    said = {name: value for name, value in attrs.asdict(first).items() if value is not None}
    return attrs.evolve(second, **{**said, "context": None})


def _over_file(given: Wanted, context: Context) -> Wanted:
    return _over(given, _wanted_of(context))


def _wanted_of(context: Context) -> Wanted:
    said = attrs.asdict(context)
    return Wanted(**{name: said[name] for name in _FIELDS if name in said})


def _over_current(merged: Wanted, place: FoundFile | None) -> Wanted:
    if place is None:
        return merged
    found = read_file(place)
    if found.current is None:
        return merged
    if merged.has_token:
        # It would go to a URL that the file chose, perhaps one that somebody else wrote.
        problem = "a token belongs to its URL: give --admin-url or --engine too"
        raise InvalidConfig("the token source", problem)
    return _over_file(merged, _named(found, found.current, place))


def _refuse_beside_context(name: str, beside: Wanted, *, token: bool) -> None:
    if beside.names_an_engine or token:
        problem = (
            "a context is taken whole, because its token belongs to its URL: give no engine, "
            "admin URL, gRPC URL or token source beside it"
        )
        raise InvalidConfig(name, problem)


# --- the file ------------------------------------------------------------------------------------


def locate(source: Source) -> FoundFile | None:
    """The file that counts: that of the working directory, else that of the user."""
    local = source.folder / _NAME
    home = _user_file(source)
    if os.path.lexists(local):
        # Who works in their own configuration folder means their own file.
        own = home is not None and _same(local, home)
        return FoundFile(local, trusted=own)
    if home is not None and os.path.lexists(home):
        return FoundFile(home, trusted=True)
    return None


def files(source: Source) -> tuple[FoundFile, ...]:
    """Every file that there is, that of the working directory first: rules come from all."""
    first = locate(source)
    home = _user_file(source)
    if first is None or first.trusted or home is None or not os.path.lexists(home):
        return () if first is None else (first,)
    return (first, FoundFile(home, trusted=True))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _user_file(source: Source) -> Path | None:
    folder = source.variable("XDG_CONFIG_HOME")
    if folder is not None and Path(folder).is_absolute():  # relative ones have no meaning
        return Path(folder) / "wfadmin" / _NAME
    home = source.variable("HOME")
    return None if home is None else Path(home) / ".config" / "wfadmin" / _NAME


def read_file(place: FoundFile) -> ConfigFile:
    """
    The contexts of a file.

    Raises:
        InvalidConfig: It cannot be read, is no TOML, holds keys that are not known or values of
            a wrong kind, or names a token source that it may not name.
    """
    name = shown(str(place.path))
    found = structured(_parsed(place.path, name), ConfigFile, argument=name, error=InvalidConfig)
    for label, context in found.contexts.items():
        paths = {field: f"{name}: contexts.{shown(label)}.{field}" for field in _FIELDS}
        _check(_wanted_of(context), paths)
        if not place.trusted:
            _check_local(context, paths)
    if not place.trusted:
        _refuse_stuck(found, name)
    return attrs.evolve(
        found,
        contexts={label: _anchored(one, place.path) for label, one in found.contexts.items()},
    )


def _parsed(path: Path, name: str) -> object:
    try:
        text = _bytes_of(path, name).decode()
        return tomllib.loads(text)
    except OSError as error:
        raise InvalidConfig(name, f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InvalidConfig(name, "it is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # Its message may quote the line that it could not read, but for the position.
        found = re.search(r"\(at [a-z0-9, ]+\)\Z", str(error))
        raise InvalidConfig(name, f"it is no TOML {found[0] if found else ''}".strip()) from None
    except RecursionError:
        raise InvalidConfig(name, "it is nested too deeply") from None


def _bytes_of(path: Path, name: str) -> bytes:
    # Not before it is known to be a file: opening a pipe would wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise InvalidConfig(name, "it is not a file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidConfig(name, f"it is larger than {MAX_BYTES} bytes")
    return content


def _anchored(context: Context, path: Path) -> Context:
    """A relative token file lies beside the file that names it."""
    if context.token_file is None:
        return context
    return attrs.evolve(context, token_file=str(path.parent / context.token_file))


def _refuse_stuck(found: ConfigFile, name: str) -> None:
    rules = {
        "": found.stuck,
        **{f"contexts.{shown(k)}.": v.stuck for k, v in found.contexts.items()},
    }
    for path, stuck in rules.items():
        if stuck:
            problem = "a file of the working directory may not widen what may be killed"
            raise InvalidConfig(f"{name}: {path}stuck", problem)


def _context_of(name: str, place: FoundFile | None) -> Context:
    if place is None:
        problem = f"there is no {_NAME} here or in your configuration folder"
        raise InvalidConfig(f"context {shown(name)}", problem)
    return _named(read_file(place), name, place)


def _named(found: ConfigFile, name: str, place: FoundFile) -> Context:
    if name not in found.contexts:
        known = ", ".join(map(shown, sorted(found.contexts))) or "none"
        problem = f"{shown(str(place.path))} has no such context (it has: {known})"
        raise InvalidConfig(f"context {shown(name)}", problem)
    return found.contexts[name]


# --- single settings -----------------------------------------------------------------------------


def _check(one: Wanted, names: Mapping[str, str]) -> None:
    for field in _FIELDS:
        if getattr(one, field) == "":
            raise InvalidConfig(names[field], "it is empty")
    if one.token_env is not None and one.token_file is not None:
        problem = f"{names['token_file']} is given too, and one token source is enough"
        raise InvalidConfig(names["token_env"], problem)
    if one.token_env is not None and not _VARIABLE.match(one.token_env):
        # Not repeated: it may be the token itself.
        raise InvalidConfig(names["token_env"], "it is not the name of a variable")
    if one.timeout is not None and not 0 < one.timeout <= _LONGEST:
        problem = f"it is not a number of seconds above zero and at most {_LONGEST:.0f}"
        raise InvalidConfig(names["timeout"], problem)


def _check_local(context: Context, names: Mapping[str, str]) -> None:
    if context.token_file is not None:
        problem = "a file of the working directory may name no token file"
        raise InvalidConfig(names["token_file"], problem)
    if context.token_env is not None and not context.token_env.startswith(_TOKEN_VARIABLES):
        problem = (
            "a file of the working directory may name only variables that start with "
            f"{_TOKEN_VARIABLES}"
        )
        raise InvalidConfig(names["token_env"], problem)
