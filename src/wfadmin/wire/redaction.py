"""
Secrets in text, masked: what is kept of a call must not give away what it was made with.

Laws:

- A second look, not the first: whoever makes a record leaves secrets out. This catches what
  slipped through, such as a URL inside the error of a library.
- Rather too much than too little. Nothing of a secret stays, neither its length nor its end.
- The time it takes grows with the length of the text and no faster, whoever wrote the text.
"""

import re

import attrs

from wfadmin.domain.auditing import MASK
from wfadmin.ports.audit import AuditRecord

__all__ = ["masked", "redacted"]

# A failure text may be a traceback; an argument is never cut, because it names something.
_LONGEST = 4000
# The names of secrets, as they stand in queries, headers, settings and JSON.
_NAMES = (
    r"token|secret|passw(?:or)?d|passphrase|pwd|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|authorization|credential|signature|cookie"
)
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
_WORD = re.compile(r"\S+")
# Repetitions that could meet the same characters again from the next position are bounded.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        # A header: what belongs to the secret ends with the line.
        re.compile(
            r"(authorization|cookie)([\"']?\s{0,8}+[:=]\s{0,8}+[\"']?+)(?!\*{3})[^\r\n\"']+",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
    (
        re.compile(r"\b(bearer)(?:\s|%20|[:=+]){1,8}[\"']?[^\s\"',;]+", re.IGNORECASE),
        rf"\1 {MASK}",
    ),
    (re.compile(r"\b([Bb]asic)\s{1,8}(?=[a-z]{0,64}[A-Z0-9=])[\w+/=-]{6,}"), rf"\1 {MASK}"),
    # A JSON web token, wherever it stands.
    (re.compile(r"(?<![\w.-])eyJ[\w-]+\.[\w.-]+"), MASK),
    (
        re.compile(
            rf"({_NAMES})([\w-]{{0,32}}[\"']?\s{{0,8}}+(?:[:=]|%3D)\s{{0,8}}+)"
            r"(?![\"']?\*{3})(?:\"[^\"]{0,512}\"?|'[^']{0,512}'?|[^\s\"'&,;#]+)",
            re.IGNORECASE,
        ),
        rf"\1\2{MASK}",
    ),
)


def masked(text: str) -> str:
    """`text` without user names and passwords of URLs, and without what looks like a token."""
    hidden = _WORD.sub(_without_userinfo, text)
    for pattern, replacement in _RULES:
        hidden = pattern.sub(replacement, hidden)
    return hidden


def redacted(record: AuditRecord) -> AuditRecord:
    """A record as it may be kept: without secrets, and without prose that nobody reads."""
    return attrs.evolve(
        record,
        actor=masked(record.actor),
        arguments=tuple((name, _value(name, value)) for name, value in record.arguments),
        reason=_prose(record.reason),
        error=_prose(record.error),
    )


def _prose(text: str | None) -> str | None:
    if text is None:
        return None
    # Cut after masking: half of a secret does not look like one.
    told = masked(text)
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 3]}..."


def _value(name: str, value: str) -> str:
    return MASK if _SECRET_NAME.search(name) else masked(value)


def _without_userinfo(word: re.Match[str]) -> str:
    # Up to the last "@" of the word: a password may hold a slash or an "@" of its own.
    text = word.group()
    start, end = text.find("://"), text.rfind("@")
    if not 0 <= start < end:
        return text
    return f"{text[: start + 3]}{MASK}{text[end:]}"
