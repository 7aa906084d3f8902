"""
Our own secrets in what comes back: a proxy or an engine may echo what we sent it.

Unlike the masking of records (`wfadmin.wire.redaction`) this knows the secrets, so it needs no
guess about what a secret looks like.
"""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import quote

from wfadmin.domain.auditing import MASK

__all__ = ["without", "without_bytes"]

# In data, only what no other text is by chance: a short token could be part of a key, and a key
# that was changed names something else.
_SHORTEST_IN_DATA = 16


# A slash or a character by its number: JSON may be written so, and is the same when it is read.
_ESCAPED = re.compile(r"\\[/u]")


def _forms(secrets: Iterable[str]) -> list[str]:
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    # A secret that holds another one goes first.
    return sorted(forms, key=len, reverse=True)


@cache
def _escaped_form(secret: str) -> re.Pattern[str]:
    """The secret, each character of it as itself or escaped as JSON knows it."""
    each = (rf"(?:\\?{re.escape(one)}|\\u{ord(one):04x})" for one in secret)
    return re.compile("".join(each), re.IGNORECASE)


def without(secrets: Iterable[str], text: str) -> str:
    """`text` without any of the secrets, plain, percent-encoded or escaped: for what is shown."""
    known = tuple(secrets)
    for form in _forms(known):
        text = text.replace(form, MASK)
    if _ESCAPED.search(text):
        for secret in filter(None, known):
            text = _escaped_form(secret).sub(MASK, text)
    return text


def without_bytes(secrets: Iterable[str], data: bytes) -> bytes:
    """
    `data` without any of the secrets: for what is read as an answer.

    Secrets of less than sixteen characters stay: mask them where they are shown.
    """
    known = tuple(one for one in secrets if len(one) >= _SHORTEST_IN_DATA)
    for form in _forms(known):
        data = data.replace(form.encode(), MASK.encode())
    if known and (b"\\/" in data or b"\\u" in data):
        # Every byte is a character here, and comes back as it was.
        text = data.decode("latin-1")
        for secret in known:
            text = _escaped_form(secret).sub(MASK, text)
        data = text.encode("latin-1")
    return data
