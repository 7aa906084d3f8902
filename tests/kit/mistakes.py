"""
Mistakes that the test kits of other projects let through, and the clauses that find each here.

Sources: the kits themselves and the issue trackers of those projects.
"""

import attrs


@attrs.frozen
class Mistake:
    """
    One mistake.

    Attributes:
        what: The mistake, as an adapter makes it.
        seen: In which kit, or for whose users.
        found_by: Ids of clauses.
    """

    what: str
    seen: str
    found_by: tuple[str, ...]


MISTAKES = (
    Mistake(
        "Two writers at once: the later one destroys what the earlier one wrote",
        "LangGraph checkpoint conformance gives such a store full marks (langgraph#8796)",
        ("IC-39", "IC-40", "SS-15", "SS-16", "SS-27", "DR-14", "DR-15"),
    ),
    Mistake(
        "Facts get lost on the way: failure, incarnation, parent, times",
        "a store that drops metadata passes (langgraph#8701)",
        ("IS-02", "IS-03", "IS-15", "IS-16", "IS-20", "IS-36", "IS-24", "DR-01", "DR-04"),
    ),
    Mistake(
        "A method that is there and does nothing counts as a capability",
        "capabilities are guessed from overridden methods (LangGraph)",
        ("EN-08", "IC-01", "IC-03", "IC-10", "IC-12", "IC-18", "SS-12", "DR-11", "DR-16"),
    ),
    Mistake(
        "What the engine cannot do is accepted and not done",
        "moto accepts a policy that denies, and does not enforce it (moto#5851)",
        ("IC-02", "IC-11", "IC-16", "IC-22", "IC-25", "IC-26"),
    ),
    Mistake(
        "A purge says that it is complete, whatever it left or took along",
        "the in-memory backend of durabletask ignores `recursive` and says complete",
        ("IC-09", "IC-18", "IC-19", "IC-22", "IC-24"),
    ),
    Mistake(
        "The answer is lost after the write was sent, and it is sent again",
        "none of them can lose an answer; moto has no faults at all (moto#722)",
        ("IC-33", "IC-35", "IC-36", "IC-38", "SS-23", "SS-24", "DR-26", "DR-28", "DR-32"),
    ),
    Mistake(
        "An id names another run by now, and that one is hit",
        "none of the kits that were read reuses an id",
        ("IS-13", "IS-15", "IC-29", "IC-31", "IC-32", "IH-04"),
    ),
    Mistake(
        "A key with a quote, a wildcard, a slash or a look-alike hits other keys",
        "only keyring's kit has such texts; LangGraph's and fsspec's have none",
        (
            "IS-06",
            "IS-07",
            "IS-08",
            "IS-09",
            "IS-10",
            "IS-11",
            "IC-23",
            "IC-28",
            "SS-04",
            "SS-05",
            "SS-13",
            "DR-18",
        ),
    ),
    Mistake(
        "The last of a page is missing, or there twice",
        "none of them has a page boundary",
        ("IS-05", "IS-34", "IL-04", "IL-05", "IL-06", "IL-20"),
    ),
    Mistake(
        "A question that failed is answered with nothing",
        "none of them asks while the engine is away",
        (
            "IS-29",
            "IS-30",
            "IS-31",
            "IS-32",
            "IL-11",
            "IL-14",
            "IH-05",
            "IH-12",
            "DR-19",
            "DR-22",
            "SS-17",
        ),
    ),
    Mistake(
        "Nothing was found, because it was looked for in the wrong place",
        "none of them has an engine of several shards",
        ("IS-27", "SS-09"),
    ),
    Mistake(
        "Times come from the wrong clock",
        "durabletask's backend runs on the clock of the machine; none of them has two clocks",
        ("IS-24", "IS-26", "CL-02"),
    ),
    Mistake(
        "A call that is cancelled on its way goes on, is swallowed, or is sent again",
        "none of them cancels a call",
        ("EN-17", "EN-18", "IC-41", "SS-28", "OL-07", "AL-24"),
    ),
    Mistake(
        "A token or a password is in the text of an error",
        "none of them reads the errors",
        ("EN-05", "EN-06", "EN-14", "DR-05", "DR-30", "SS-11", "CR-05"),
    ),
    Mistake(
        "An answer that is huge, deep, cut, repeated or of another kind is believed, or never ends",
        "none of them gives a wrong answer",
        (
            "EN-13",
            "EN-14",
            "AD-11",
            "AD-12",
            "IS-32",
            "IS-35",
            "IL-14",
            "IH-08",
            "DR-22",
            "IC-38",
            "SS-20",
        ),
    ),
    Mistake(
        "Any exception leaves the adapter",
        "pip-audit and apscheduler leak the errors of their transport",
        ("EN-14", "AD-08", "AD-12", "IS-32", "DR-25", "IC-34"),
    ),
    Mistake(
        "Something runs or connects when the adapter is made, or cannot be closed twice",
        "DBOS leaves threads behind after `destroy`, and its tests disturb each other (#790)",
        ("EN-01", "EN-02", "EN-03"),
    ),
    Mistake(
        "Calls at once share something, and their answers mix",
        "none of the others calls twice at once",
        ("EN-16", "IS-28", "SS-10", "IC-40", "IH-09"),
    ),
    Mistake(
        "What was read once is remembered, and another tool is not seen",
        "none of them has a second tool",
        ("IS-25", "IL-10", "DR-01", "DR-02", "SS-07", "AD-05"),
    ),
)
