"""`wfadmin keys`: who may call the operator API with a key."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from wfadmin.adapters.key_store import KeyStore, NewKey
from wfadmin.cli.board import moment
from wfadmin.cli.output import Paint, Said
from wfadmin.cli.target import Form
from wfadmin.cli.writing import option
from wfadmin.domain.errors import UsageError
from wfadmin.domain.text import command_line, shown
from wfadmin.wire.documents import JsonObject, moment_or_none
from wfadmin.wire.key_files import KeyInfo

__all__ = ["list_keys", "new", "revoke"]

_LENGTH = re.compile(r"([1-9]\d{0,3})([hdw])", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONG = 1000

_File = Annotated[
    str, Parameter(name="--keys-file", help="The file that the keys are known by: hashes only.")
]
_Permissions = Literal["system:read", "system:operate"]


async def new(  # noqa: PLR0913 - each is an option
    *,
    keys_file: _File,
    name: Annotated[str, option("Whom it stands for: the actor in the audit log.")],
    permission: Annotated[
        tuple[_Permissions, ...],
        option("What it permits; may be given again. None implies another."),
    ],
    engine: Annotated[
        tuple[str, ...], option("The only engine that it is for; may be given again.")
    ] = (),
    expires: Annotated[
        str | None,
        option("How long it is good for, such as 12h, 90d or 4w; unless given, for ever."),
    ] = None,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """Make a key. It is shown this once."""
    made = await _store(keys_file).make(
        name,
        permissions=permission,
        engines=engine or None,
        expires_in=None if expires is None else _length(expires),
    )
    return Said(
        document=lambda: {"id": made.info.id, "name": made.info.name, "key": made.key},
        board=lambda paint: _new_board(made, keys_file, paint),
    )


async def list_keys(
    *,
    keys_file: _File,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """The keys of a file, the oldest first, without anything that lets somebody in."""
    found = await _store(keys_file).keys()
    now = datetime.now(UTC)
    return Said(
        document=lambda: {"keys": [_document(one, now) for one in found]},
        board=lambda paint: _board(found, now, paint),
    )


async def revoke(
    key_id: Annotated[str, Parameter(name="ID", help="Its id, as keys list tells it.")],
    /,
    *,
    keys_file: _File,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """Let nobody in with a key any more."""
    revoked = await _store(keys_file).revoke(key_id)
    return Said(
        document=lambda: {"acknowledged": True, "key": _document(revoked, datetime.now(UTC))},
        board=lambda _: (
            f"Revoked at {moment(revoked.revoked_at)}: {_named(revoked)}.",
            "No server that reads this file lets it in any more; none has to be restarted.",
        ),
    )


def _store(path: str) -> KeyStore:
    return KeyStore(Path(path).expanduser())


def _length(text: str) -> timedelta:
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise UsageError("--expires", "it is not of the form 12h, 90d or 4w")
    return int(found[1]) * _UNITS[found[2]]


# --- what is said --------------------------------------------------------------------------------


def _status(one: KeyInfo, now: datetime) -> str:
    if one.revoked_at is not None:
        return "revoked"
    return "live" if one.is_live(now) else "expired"


def _document(one: KeyInfo, now: datetime) -> JsonObject:
    return {
        "id": one.id,
        "name": one.name,
        "status": _status(one, now),
        "permissions": sorted(one.permissions),
        "engines": None if one.engines is None else sorted(one.engines),
        "madeAt": moment_or_none(one.made_at),
        "expiresAt": moment_or_none(one.expires_at),
        "revokedAt": moment_or_none(one.revoked_at),
    }


def _named(one: KeyInfo) -> str:
    return f"key {one.id} of {shown(one.name)}"


def _new_board(made: NewKey, keys_file: str, paint: Paint) -> Iterator[str]:
    info = made.info
    yield paint(f"Made {_named(info)}: {_scope(info)}.", "bold")
    yield f"  {'for ever' if info.expires_at is None else f'until {moment(info.expires_at)}'}"
    yield ""
    yield made.key
    yield ""
    yield "It is shown this once: put it where secrets are kept. Send it with every request, as"
    yield "  X-Api-Key: KEY                 or"
    yield "  Authorization: Bearer KEY"
    line = command_line(("wfadmin", "keys", "revoke", info.id, "--keys-file", keys_file))
    yield f"To revoke it: {shown(line or '', limit=_LONG)}"


def _scope(one: KeyInfo) -> str:
    engines = "all engines" if one.engines is None else ", ".join(map(shown, sorted(one.engines)))
    return f"{', '.join(sorted(one.permissions))} on {engines}"


def _board(found: tuple[KeyInfo, ...], now: datetime, paint: Paint) -> Iterator[str]:
    yield paint("ID            STATUS   UNTIL                 WHO, WHAT", "dim")
    for one in found:
        until = moment(one.revoked_at or one.expires_at)
        head = f"{one.id}  {_status(one, now):<7}  {until:<20}"
        yield f"{head}  {shown(one.name)}  {shown(_scope(one), limit=_LONG)}"
