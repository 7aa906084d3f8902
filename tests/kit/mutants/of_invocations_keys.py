"""Mistakes of an adapter that takes keys for others that look like them."""

import unicodedata
from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_plus

import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.of_invocations import each, planted
from tests.kit.mutants.tools import at
from wfadmin.adapters.memory import Point
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.model import Invocation
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

Fold = Callable[[str], str]


def matching(driver: MemoryDriver, fold: Fold) -> Around:
    """Take keys for the same that are the same after `fold`."""

    async def instead(call: PortCall, _: Proceed) -> object:
        wanted = fold(call.arguments[0].service_key)
        runs = driver.world.store.runs
        return tuple(o for o in runs if o.key and fold(o.key.service_key) == wanted)

    return at(Point.FOR_KEY, instead=instead)


def _replacing(old: str, new: str) -> Fold:
    return lambda text: text.replace(old, new)


def _cutting(size: int) -> Fold:
    return lambda text: text.encode()[:size].decode(errors="ignore")


FOLDS: dict[tuple[str, str], Fold] = {
    ("IS-06", "strips_single_quotes"): _replacing("'", ""),
    ("IS-06", "strips_double_quotes"): _replacing('"', ""),
    ("IS-06", "strips_backslashes"): _replacing("\\", ""),
    ("IS-06", "halves_doubled_quotes"): _replacing("''", "'"),
    ("IS-06", "halves_doubled_backslashes"): _replacing("\\\\", "\\"),
    ("IS-06", "unescapes_quotes"): _replacing("\\'", "'"),
    ("IS-06", "ends_a_key_at_a_comment"): lambda text: text.partition("; --")[0],
    ("IS-07", "takes_one_underscore_for_any_letter"): _replacing("_", "a"),
    ("IS-07", "takes_a_percent_sign_for_a_letter"): _replacing("%", "a"),
    ("IS-07", "takes_a_star_for_a_letter"): _replacing("*", "a"),
    ("IS-07", "takes_a_question_mark_for_a_letter"): _replacing("?", "a"),
    ("IS-08", "decodes_the_key_once_too_often"): unquote,
    ("IS-08", "decodes_the_key_as_a_form"): unquote_plus,
    ("IS-08", "takes_a_plus_for_a_space"): _replacing("+", " "),
    ("IS-08", "encodes_some_keys_twice"): lambda text: quote(unquote(text), safe=""),
    ("IS-08", "cuts_the_fragment_off"): lambda text: text.partition("#")[0],
    ("IS-08", "cuts_the_query_off"): lambda text: text.partition("?")[0],
    ("IS-08", "cuts_parameters_off"): lambda text: text.partition("&")[0],
    ("IS-08", "removes_dots_from_a_path"): _replacing("/..", ""),
    ("IS-08", "ends_a_key_at_a_slash"): lambda text: text.partition("/")[0],
    ("IS-09", "trims_keys"): str.strip,
    ("IS-09", "trims_keys_on_the_right"): str.rstrip,
    ("IS-09", "drops_the_line_end"): lambda text: text.removesuffix("\n"),
    ("IS-09", "ends_a_key_at_a_zero"): lambda text: text.partition("\0")[0],
    ("IS-09", "drops_control_characters"): lambda text: "".join(
        letter for letter in text if letter.isprintable()
    ),
    ("IS-10", "folds_the_case_of_keys"): str.casefold,
    ("IS-10", "lowers_the_case_of_keys"): str.lower,
    ("IS-10", "composes_keys"): lambda text: unicodedata.normalize("NFC", text),
    ("IS-10", "decomposes_keys"): lambda text: unicodedata.normalize("NFD", text),
    ("IS-10", "drops_accents"): lambda text: "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    ),
    ("IS-10", "drops_what_is_not_shown"): lambda text: "".join(
        letter for letter in text if unicodedata.category(letter) != "Cf"
    ),
    ("IS-10", "keeps_two_bytes_of_a_letter"): lambda text: "".join(
        chr(ord(letter) & 0xFFFE) for letter in text
    ),
    ("IS-11", "cuts_keys_at_63_bytes"): _cutting(63),
    ("IS-11", "cuts_keys_at_64_bytes"): _cutting(64),
    ("IS-11", "cuts_keys_at_255_bytes"): _cutting(255),
    ("IS-11", "cuts_keys_at_255_letters"): lambda text: text[:255],
    ("IS-11", "drops_the_last_letter_of_a_long_key"): lambda text: text[:1998],
}


def _folds(breaks: str, name: str, fold: Fold) -> None:
    planted(breaks, name, lambda driver: matching(driver, fold))


for (_breaks, _name), _fold in FOLDS.items():
    _folds(_breaks, _name, _fold)


def _strays(breaks: str, name: str, hostile: str) -> None:
    def make(_: MemoryDriver) -> Around:
        async def instead(call: PortCall, proceed: Proceed) -> object:
            if hostile in call.arguments[0].service_key:
                raise EngineRejected("memory", 400, None, "the key cannot be read")
            return await proceed()

        return at(Point.FOR_KEY, instead=instead)

    planted(breaks, name, make)


_strays("IS-06", "puts_quotes_into_a_statement_as_they_are", "'")
_strays("IS-08", "puts_slashes_into_a_path_as_they_are", "/")
_strays("IS-09", "takes_no_zero_in_a_key", "\0")
_strays("IS-11", "takes_no_long_key", "k" * 1900)


@mutant("IS-10")
def finds_the_right_run_and_gives_its_key_composed(_: MemoryDriver) -> Around:
    def change(one: Invocation) -> Invocation:
        plain = unicodedata.normalize("NFC", one.key.service_key)
        key = attrs.evolve(one.key, service_key=plain)
        return attrs.evolve(one, ref=attrs.evolve(one.ref, key=key))

    return each(change)
