"""One operator API: its routes, asked and read."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta

import attrs

from wfadmin.adapters.runtime import RandomIds
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.remote.calls import Call
from wfadmin.remote.places import engine_of
from wfadmin.remote.refusals import has_no_route, refusal
from wfadmin.remote.words import lacks
from wfadmin.wire.http import EngineHttp, Request, Write
from wfadmin.wire.places import Place
from wfadmin.wire.replies import Reply

__all__ = ["READ_FLOOR", "URL_FLOOR", "WRITE_FLOOR", "OperatorApi", "token_header"]

# What a host of ours may take with its defaults. With less, an ill engine would look like an API
# that does not answer.
#: Until it is our turn 5 s, and 5 s for each round of questions to its engine: inspect has up to
#: four (the key, its children, their histories, the guard).
READ_FLOOR = timedelta(seconds=25)
#: A plan for a URL: our turn, the lists and the capabilities (5 s each), and the engine calls the
#: URL, for which Restate gets 30 s.
URL_FLOOR = timedelta(seconds=45)
#: A write: our turn (5 s), the plan that is compared and the plan that is done (40 s each), the
#: write (30 s), its effect (10 s), the record and the lease (5 s each). What takes longer is
#: unknown here; the host brings it to its end all the same.
WRITE_FLOOR = timedelta(seconds=135)

_IN_FULL = ("prefer", "return=representation")
# Three parts in base64url, of which the first is a JSON object.
_WEB_TOKEN = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*", re.ASCII)


def token_header(token: str) -> str | None:
    """The header for a token: an API key has its own, a JSON web token is a bearer's."""
    return None if _WEB_TOKEN.fullmatch(token) else "x-api-key"


@attrs.frozen(eq=False)
class OperatorApi:
    """
    Asks one operator API. Everything it raises is a `WfadminError`.

    Attributes:
        reason: Why, for the record of the host; None for none.
    """

    place: Place
    http: EngineHttp = attrs.field(repr=False)
    reason: str | None = None
    ids: RandomIds = attrs.field(factory=RandomIds, repr=False)

    @property
    def engine(self) -> str:
        """What to call the engine behind it."""
        return engine_of(self.place)

    async def read(self, path: str, body: Mapping[str, object], *, own: str | None = None) -> Reply:
        """
        Ask a route that changes nothing.

        Args:
            path: The route.
            body: What for.
            own: What to call the route where only our own API has it.

        Raises:
            NotSupported: It is one of our own, and the server has no such route.
            WfadminError: No answer, or what the server raised.
        """
        request = self._request(path, body, READ_FLOOR)
        return self._checked(await self.http.ask(self.place, request), own)

    async def plan(self, call: Call) -> Reply:
        """
        Ask for the plan of a repair.

        Raises:
            NotSupported: The server knows no plans.
            WfadminError: No answer, or what the server raised.
        """
        floor = URL_FLOOR if call.calls_url else READ_FLOOR
        # Where the engine calls somebody, once is enough.
        request = self._request(f"{call.path}/plan", call.body, floor)
        request = attrs.evolve(request, secrets=call.secrets, is_repeatable=not call.calls_url)
        return self._checked(await self.http.ask(self.place, request), "plans")

    async def write(self, call: Call, write: Write, *, digest: str | None) -> Reply:
        """
        Send a repair, once.

        Args:
            call: The repair.
            write: How to call it in errors.
            digest: Of the plan that was approved; None for none.

        Returns:
            The answer, whatever its status.

        Raises:
            EngineUnreachable: It was not sent.
            OutcomeUnknown: It was sent, and no answer came.
            InvalidConfig: The token cannot be had, or must not be sent there.
        """
        approved = () if digest is None else (("if-match", f'"{digest}"'),)
        request = self._request(call.path, call.body, WRITE_FLOOR, *approved)
        request = attrs.evolve(request, secrets=call.secrets)
        try:
            return await self.http.write(self.place, request, write)
        except OutcomeUnknown as error:
            name = dict(request.headers)["x-request-id"]
            told = f"The host may have it on record: look for the request {name} in its audit log."
            error.also = (*error.also, told)
            raise

    def _request(
        self,
        path: str,
        body: Mapping[str, object],
        floor: timedelta,
        *headers: tuple[str, str],
    ) -> Request:
        content = dict(body) if self.reason is None else {**body, "reason": self.reason}
        name = ("x-request-id", self.ids.fresh())
        return Request(
            "POST",
            path,
            json.dumps(content).encode("ascii"),
            floor=floor,
            headers=(_IN_FULL, name, *headers),
        )

    def _checked(self, reply: Reply, own: str | None) -> Reply:
        if reply.is_success:
            return reply
        if own is not None and has_no_route(reply):
            raise lacks(own)
        raise refusal(reply, self.engine)
