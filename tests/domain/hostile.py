"""Text as an engine, or whoever may write into it, could choose it."""

import unicodedata

from hypothesis import strategies as st

#: Each of these once broke some tool: shells, terminals, SQL, URLs, HTML, option parsers.
TRICKS = (
    "'",
    '"',
    "\\",
    "\\'",
    "`id`",
    "$(id)",
    "$HOME",
    "${IFS}",
    "; id #",
    "| id",
    "& id",
    "> out",
    "*",
    "?[a]{b,c}",
    "~",
    "!!",
    "!$",
    "#",
    "=",
    "--",
    "-x",
    "--force",
    "%s%n",
    "\n",
    "\r",
    "\t",
    " ",
    "\x07",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x7f",
    "\x85",
    "\x9b31m",
    "\xa0",
    "\xad",
    "\u200b",
    "\u202e",
    "\u2028",
    "\u2066",
    "\ufeff",
    "\U000e0041",
    "é",
    "e\u0301",
    "鍵",
    "🔑",
    "' OR 1=1 --",
    "../..",
    "a/b",
    "<b>",
    "1f",
    "07",
)

_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)

#: Hostile text that a program can be given as an argument.
words = st.lists(st.sampled_from(TRICKS) | _ANY_TEXT, max_size=5).map("".join)

#: Text as it may come out of a broken decoder: also with NUL and with unpaired surrogates.
anything = st.text(max_size=12) | st.lists(
    st.sampled_from((*TRICKS, "\0", "\ud800", "\udcff")), max_size=5
).map("".join)

#: A name that a workflow key accepts.
names = words.filter(bool)

_OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def obeyed(text: str) -> str:
    """Give the characters of `text` that a terminal would obey or hide."""
    return "".join(c for c in text if unicodedata.category(c) in _OBEYED)
