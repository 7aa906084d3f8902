"""
Where the token for an engine's admin side comes from.

Laws:

- A token is never shown: not by `repr`, not in an error. Errors name its source.
- The environment and the file are read again each time, so that a token may be renewed.
- One line end after the token belongs to whoever wrote it and is dropped; nothing else is.
"""

import os
import stat
from pathlib import Path

import attrs
from typing_extensions import override

from wfadmin.domain.errors import InvalidConfig
from wfadmin.ports.credentials import Credentials
from wfadmin.wire.tokens import is_header_safe

__all__ = ["EnvironmentToken", "FileToken", "StaticToken"]

# More is not a token, and a header that long is refused everywhere.
_LONGEST = 16 * 1024


def _checked(text: str, source: str) -> str:
    token = text.removesuffix("\n").removesuffix("\r")
    if not token:
        raise InvalidConfig(source, "it holds no token")
    if len(token) > _LONGEST:
        raise InvalidConfig(source, f"it holds more than {_LONGEST} characters")
    if not is_header_safe(token):
        raise InvalidConfig(source, "it holds characters that cannot stand in a token")
    return token


@attrs.frozen
class StaticToken(Credentials):
    """
    A token that is known already.

    Raises:
        InvalidConfig: It is empty, or cannot stand in a header.
    """

    _token: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        _checked(self._token, "the token")

    @override
    async def token(self) -> str | None:
        """See `Credentials.token`."""
        return _checked(self._token, "the token")


@attrs.frozen
class EnvironmentToken(Credentials):
    """A token that stands in an environment variable."""

    variable: str

    @override
    async def token(self) -> str | None:
        """See `Credentials.token`."""
        source = f"the variable {self.variable}"
        # A name that no variable can have is one that is not set.
        text = os.environ.get(self.variable)
        if text is None:
            raise InvalidConfig(source, "it is not set")
        return _checked(text, source)


@attrs.frozen
class FileToken(Credentials):
    """A token that stands in a file of its own. Links are followed: mounted secrets are links."""

    path: str

    @override
    async def token(self) -> str | None:
        """See `Credentials.token`."""
        source = f"the file {self.path}"
        return _checked(_content(Path(self.path), source), source)


def _content(path: Path, source: str) -> str:
    file = _opened(path, source)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise InvalidConfig(source, "it is not a regular file")
        # Of text that is no token, whatever it is, something else will be said.
        return os.read(file, _LONGEST + 3).decode("latin-1")
    except OSError as error:
        raise InvalidConfig(source, _said(error)) from None
    finally:
        os.close(file)


def _opened(path: Path, source: str) -> int:
    try:
        # A pipe would wait here until somebody writes, and holds its token only once.
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise InvalidConfig(source, _said(error)) from None
    except ValueError:
        raise InvalidConfig(source, "no file can have this name") from None


def _said(error: OSError) -> str:
    return error.strerror or "it cannot be read"
