"""
Our own secrets in what comes back: a proxy or an engine may echo what we sent it.

Unlike the masking of records (`wfadmin.wire.redaction`) this knows the secrets, so it needs no
guess about what a secret looks like.
"""

from collections.abc import Iterable
from urllib.parse import quote

from wfadmin.domain.auditing import MASK

__all__ = ["without", "without_bytes"]

# In data, only what no other text is by chance: a short token could be part of a key, and a key
# that was changed names something else.
_SHORTEST_IN_DATA = 16


def _forms(secrets: Iterable[str]) -> list[str]:
    forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    # A secret that holds another one goes first.
    return sorted(forms, key=len, reverse=True)


def without(secrets: Iterable[str], text: str) -> str:
    """`text` without any of the secrets, plain or percent-encoded: for what is shown."""
    for form in _forms(secrets):
        text = text.replace(form, MASK)
    return text


def without_bytes(secrets: Iterable[str], data: bytes) -> bytes:
    """
    `data` without any of the secrets: for what is read as an answer.

    Secrets of less than sixteen characters stay: mask them where they are shown.
    """
    for form in _forms(one for one in secrets if len(one) >= _SHORTEST_IN_DATA):
        data = data.replace(form.encode(), MASK.encode())
    return data
