"""Where an operator API is, from the URL that somebody has for it."""

import re

import attrs

from wfadmin.wire.places import Place, place_of

__all__ = ["ROOT", "engine_of", "place_of_api"]

#: Where the default engine of a host answers.
ROOT = "/api/v2/admin/operator/workflow-engine"
_WHOLE = re.compile(r".*(?:/operator/workflow-engine|/operator/restate|/engines/[\w-]{1,64})")
_NAMED = re.compile(r".*/engines/([\w-]{1,64})")


def place_of_api(url: object) -> Place:
    """
    The place of the API that `url` names: a root gets `ROOT`, a whole path is taken as it is.

    Raises:
        InvalidEngineUrl: Not http, https or unix, or it holds what must not stand in it.
    """
    place = place_of(url, "url")
    if _WHOLE.fullmatch(place.url):
        return place
    return attrs.evolve(place, url=place.url + ROOT, shown=place.shown + ROOT)


def engine_of(place: Place) -> str:
    """What to call the engine of a place, for a sentence."""
    found = _NAMED.fullmatch(place.url)
    return "the engine" if found is None else f"the engine {found[1]}"
