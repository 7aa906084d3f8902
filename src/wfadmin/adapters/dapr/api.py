"""
The HTTP API of one sidecar: its routes, asked and read.

Laws:

- A 404 has two meanings. Only the one with its own code says that there is no such instance; any
  other says that this sidecar has no such route, and then an older one is tried. A write is sent
  to a route that a read has found, so it is never tried out.
- An app id is sent only where the sidecar is known to obey it, asked right before.
"""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import attrs

from wfadmin.adapters.dapr.answers import Instance, Metadata, instance_from, metadata_from
from wfadmin.adapters.dapr.identifiers import app_query
from wfadmin.adapters.dapr.troubles import said, sentence, trouble_in
from wfadmin.adapters.dapr.versions import WRITE_FLOOR, Version
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import EngineRejected, NotSupported, Sent, UnexpectedAnswer
from wfadmin.wire.http import EngineHttp, Request, Write
from wfadmin.wire.places import Place
from wfadmin.wire.replies import Reply

__all__ = ["NAME", "TOKEN_HEADER", "DaprApi"]

#: The name of this adapter.
NAME = "dapr"
#: The header that takes the token; the usual one is not accepted (seen live).
TOKEN_HEADER: Final = "dapr-api-token"  # noqa: S105 - its name

_PREFIXES = ("v1.0", "v1.0-beta1", "v1.0-alpha1")
# The name of the component in a path: any is taken, and only this one where it was checked.
_COMPONENT = "dapr"
_NO_INSTANCE = "ERR_INSTANCE_ID_NOT_FOUND"


def _nobody() -> str:
    return f"wfadmin-probe-{uuid.uuid4().hex}"


@attrs.define(eq=False)
class DaprApi:
    """
    Asks the sidecar. Everything it raises is a `WfadminError`.

    Attributes:
        app_id: The app whose instances are meant; None for the one beside the sidecar.
        nobody: Makes an id that no instance bears.
    """

    http: EngineHttp
    place: Place
    app_id: str | None = None
    nobody: Callable[[], str] = attrs.field(default=_nobody, repr=False)
    _prefix: str | None = attrs.field(default=None, init=False)
    _version: Version | None = attrs.field(default=None, init=False)

    async def version(self) -> Version:
        """The version that was read last. Sends: one GET where none was."""
        return self._version or (await self.metadata()).version

    async def metadata(self) -> Metadata:
        """What the sidecar says about itself. Sends: one GET."""
        reply = await self.http.ask(self.place, Request("GET", "/v1.0/metadata"))
        if not reply.is_success:
            raise _rejected(reply)
        found = metadata_from(reply)
        self._version = found.version
        if found.version.has_stable_routes:
            self._prefix = _PREFIXES[0]
        return found

    async def instance(self, instance_id: str, path: str) -> Instance | None:
        """
        The instance of that id, whose quoted form is `path`; None where it surely is none.

        Sends: one GET, on an old sidecar up to three.
        """
        prefix, reply = await self._found(path, await self._query())
        if reply.status == HTTPStatus.NOT_FOUND:
            self._prefix = prefix
            return None  # other ones do not come this far
        if not reply.is_success:
            raise _rejected(reply)
        instance = instance_from(reply, instance_id)
        self._prefix = prefix
        return instance

    async def probe(self) -> str:
        """
        Ask for an instance that cannot be: only a sidecar that reads its store says so.

        Sends: one GET, on an old sidecar up to three.

        Returns:
            The prefix of its routes.
        """
        prefix, reply = await self._found(self.nobody(), await self._query())
        if reply.is_success:
            raise reply.unexpected("it knows an instance whose id was just made up")
        if reply.status != HTTPStatus.NOT_FOUND:
            raise _rejected(reply)
        self._prefix = prefix
        return prefix

    async def send(
        self,
        path: str,
        write: Write,
        *,
        body: bytes | None = None,
        query: str = "",
    ) -> tuple[Answer, Reply]:
        """
        Send a write, once.

        Args:
            path: Below the component, quoted.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it.
            NotSupported: This version would act on another app; not sent.
        """
        queries = "&".join(one for one in (query, await self._query()) if one)
        prefix = self._prefix or await self.probe()
        target = f"/{prefix}/workflows/{_COMPONENT}/{path}{_mark(queries)}"
        request = Request("POST", target, body, floor=WRITE_FLOOR)
        reply = await self.http.write(self.place, request, write)
        if reply.is_success:
            return write.accepted_by(reply), reply
        answer = _answer(reply)
        if answer is None:
            if reply.status == HTTPStatus.NOT_FOUND:
                self._prefix = self._version = None  # another one runs now: reads will tell
            raise _rejected(reply, sent=Sent.YES)
        return answer, reply

    async def _found(self, path: str, query: str) -> tuple[str, Reply]:
        """What the newest route answers that this sidecar has, whatever the status."""
        # The one that is known first: an older sidecar may run since.
        prefixes = sorted(_PREFIXES, key=lambda one: one != self._prefix)
        while True:
            prefix = prefixes.pop(0)
            target = f"/{prefix}/workflows/{_COMPONENT}/{path}{_mark(query)}"
            reply = await self.http.ask(self.place, Request("GET", target))
            if reply.status != HTTPStatus.NOT_FOUND or _is_no_instance(reply):
                return prefix, reply
            if not prefixes:
                self._prefix = self._version = None
                raise reply.unexpected("it has none of the routes for workflows that are known")

    async def _query(self) -> str:
        """The query that names the app, where one is named; asks for the version first."""
        if self.app_id is None:
            return ""
        query = app_query(self.app_id)
        version = (await self.metadata()).version
        if version.reaches_other_apps:
            return query
        instead = (
            "Ask the sidecar of that app itself: from version 1.19 on one sidecar reaches others,"
            " and an older one would act on its own app."
        )
        raise NotSupported(NAME, "way to another app in this version", instead)


def _mark(query: str) -> str:
    return f"?{query}" if query else ""


def _told(reply: Reply) -> tuple[str | None, str]:
    """The code of an error and all of its words; no code where it is none of the sidecar's."""
    try:
        told = reply.json()
    except UnexpectedAnswer:
        return None, ""
    if not isinstance(told, dict):
        return None, ""
    table: dict[str, object] = told
    code, message = table.get("errorCode"), table.get("message")
    return code if isinstance(code, str) else None, message if isinstance(message, str) else ""


def _is_no_instance(reply: Reply) -> bool:
    return _told(reply)[0] == _NO_INSTANCE


def _answer(reply: Reply) -> Answer | None:
    """What an error status says to a write; None where it is no answer."""
    code, message = _told(reply)
    if code is None:
        return None
    if reply.status == HTTPStatus.NOT_FOUND:
        # Its words have a stray tail that varies; the code is what holds.
        return Answer.NOT_FOUND if code == _NO_INSTANCE else None
    if reply.status == HTTPStatus.CONFLICT:
        return Answer.WRONG_STATUS  # as the vendor's page says of a second start; never seen
    return said(message)


def _rejected(reply: Reply, *, sent: Sent = Sent.NO) -> EngineRejected:
    code, message = _told(reply)
    if code is None:
        return reply.rejected(sent=sent)
    trouble = trouble_in(code, message)
    words = message if trouble is None else f"{trouble.problem} ({message})"
    words = reply.safe(words).rstrip(".")
    remedy = "" if trouble is None else sentence(trouble.remedy)
    where, status = reply.where, reply.status
    return EngineRejected(where, status, reply.safe(code), words, remedy=remedy, sent=sent)
