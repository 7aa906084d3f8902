"""Mistakes of credentials, guards and authenticators."""

from collections.abc import Mapping
from pathlib import Path

import attrs
from typing_extensions import override

from tests.kit.hosts.benches import ADA, Answers, HashedKeys
from tests.kit.hosts.mutant import mistake
from wfadmin.domain.errors import InvalidConfig
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.guard import RetryGuard

# --- credentials ---------------------------------------------------------------------------------


class Source(Credentials):
    """A token in a file, with a place for mistakes."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.last: str | None = None

    def read(self) -> str:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InvalidConfig(str(self.path), "it is not there") from None
        if not text:
            raise InvalidConfig(str(self.path), "it is empty")
        return text

    @override
    async def token(self) -> str | None:
        return self.read()


@mistake("CR-01")
class StripsWhatItTakesForPadding(Source):
    @override
    async def token(self) -> str | None:
        return self.read().rstrip("=")


@mistake("CR-02", "CR-03")
class ReadsOnce(Source):
    @override
    async def token(self) -> str | None:
        self.last = self.last or self.read()
        return self.last


@mistake("CR-03")
class GivesTheOldOne(Source):
    @override
    async def token(self) -> str | None:
        if self.path.exists():
            self.last = self.read()
        return self.last


@mistake("CR-03")
class LetsTheErrorOfTheSystemOut(Source):
    @override
    async def token(self) -> str | None:
        return self.path.read_text(encoding="utf-8")


@mistake("CR-04")
class GivesAnEmptyToken(Source):
    @override
    async def token(self) -> str | None:
        return self.path.read_text(encoding="utf-8")


@mistake("CR-04")
class TakesAnEmptySourceForNoToken(Source):
    @override
    async def token(self) -> str | None:
        return self.path.read_text(encoding="utf-8") or None


@mistake("CR-05")
class QuotesWhatItRefuses(Source):
    @override
    async def token(self) -> str | None:
        text = self.read()
        if not text.isprintable():
            raise InvalidConfig(str(self.path), f"{text!r} cannot be sent")
        return text


def _refuse_lines(text: str) -> None:
    if "\n" in text:
        raise ValueError(text)


@mistake("CR-05")
class ChainsAnErrorThatQuotes(Source):
    @override
    async def token(self) -> str | None:
        text = self.read()
        try:
            _refuse_lines(text)
        except ValueError as error:
            raise InvalidConfig(str(self.path), "it cannot be sent") from error
        return text


@mistake("CR-06")
class ShowsTheTokenItGave(Source):
    @override
    async def token(self) -> str | None:
        self.last = self.read()
        return self.last

    @override
    def __repr__(self) -> str:
        return f"Source({self.last!r})"


# --- guards --------------------------------------------------------------------------------------


class PlainGuard(RetryGuard):
    """Asks the host, with a place for mistakes."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def said(self, key: WorkflowKey) -> bool | None:
        return self.answers.of(key)

    @override
    async def effect_of(self, key: WorkflowKey) -> PriorEffect:
        said = self.said(key)
        if said is None:
            return PriorEffect.UNKNOWN
        return PriorEffect.HAPPENED if said else PriorEffect.DID_NOT_HAPPEN


@mistake("GU-01", "GU-02")
class SaysTheOpposite(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        said = super().said(key)
        return None if said is None else not said


@mistake("GU-01", "GU-02", "GU-03")
class SaysThatItWasNotAsked(PlainGuard):
    @override
    async def effect_of(self, key: WorkflowKey) -> PriorEffect:
        return PriorEffect.NOT_ASKED


@mistake("GU-03")
class TakesNothingFoundForNo(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        return bool(super().said(key))


@mistake("GU-04")
class TakesTheMarkWhereItIsMissing(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        said = super().said(key)
        if said is False:
            self.answers[key] = True
        return said


@mistake("GU-05")
class JoinsServiceAndKey(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        joined = f"{key.service_name}{key.service_key}"
        alike = [
            said
            for one, said in self.answers.items()
            if f"{one.service_name}{one.service_key}" == joined
        ]
        return True if True in alike else self.answers.of(key)


@mistake("GU-05")
class LooksForKeysThatBeginSo(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        return any(
            said
            for one, said in self.answers.items()
            if one.service_name == key.service_name and one.service_key.startswith(key.service_key)
        )


@mistake("GU-06")
class TakesAFailureForNo(PlainGuard):
    @override
    def said(self, key: WorkflowKey) -> bool | None:
        try:
            return super().said(key)
        except ConnectionError:
            return False


# --- authenticators ------------------------------------------------------------------------------


class Keys(Authenticator):
    """Compares a key, with a place for mistakes."""

    def __init__(self, key: str) -> None:
        self.key = key

    def given(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").removeprefix("Bearer ")

    def matches(self, given: str) -> bool:
        return given == self.key

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        return ADA if self.matches(self.given(headers)) else None


@mistake("AU-01")
class LooksForNamesInUpperCase(Keys):
    @override
    def given(self, headers: Mapping[str, str]) -> str:
        return headers.get("Authorization", "").removeprefix("Bearer ")


@mistake("AU-01")
class GrantsEverything(Keys):
    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        found = await super().authenticate(headers)
        every = frozenset({"system:read", "system:operate"})
        return None if found is None else attrs.evolve(found, permissions=every)


@mistake("AU-02")
class LetsThemInWhoSendNothing(Keys):
    @override
    def matches(self, given: str) -> bool:
        return not given or super().matches(given)


@mistake("AU-02")
class NeedsItsHeader(Keys):
    @override
    def given(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].removeprefix("Bearer ")


@mistake("AU-03")
class ComparesTheBeginning(Keys):
    @override
    def matches(self, given: str) -> bool:
        return given.startswith(self.key)


@mistake("AU-03")
class ComparesWithoutCase(Keys):
    @override
    def matches(self, given: str) -> bool:
        return given.lower() == self.key.lower()


@mistake("AU-03")
class ComparesWhatIsThere(Keys):
    @override
    def matches(self, given: str) -> bool:
        return (
            all(one == other for one, other in zip(given, self.key, strict=False)) and given != ""
        )


@mistake("AU-04")
class NeedsTwoWords(Keys):
    @override
    def given(self, headers: Mapping[str, str]) -> str:
        return headers["authorization"].split(" ")[1] if "authorization" in headers else ""


@mistake("AU-04")
class CannotReadOddCharacters(Keys):
    @override
    def matches(self, given: str) -> bool:
        return given.encode("ascii") == self.key.encode("ascii")


@mistake("AU-05")
class TrustsWhatWasForwarded(HashedKeys):
    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        if "x-forwarded-user" in headers:
            return Principal(headers["x-forwarded-user"])
        return await super().authenticate(headers)


@mistake("AU-06")
class ShowsItsKey(Keys):
    @override
    def __repr__(self) -> str:
        return f"Keys({self.key!r})"
