"""What was measured, against what, and whether it is within its budget; as a table or as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

HEAD = ("what", "measured", "compared", "budget", "met")
PLACES = {"ms": 1, "MB": 0, "KB": 0, "%": 1, "requests": 0, "calls": 0}


@dataclass(frozen=True)
class Figure:
    """
    One line of the table.

    `judged` is the number that `limit` bounds; without a limit the line is there to compare with.
    """

    part: str
    what: str
    value: float
    unit: str = "ms"
    compared: str = ""
    judged: float | None = None
    limit: float | None = None
    budget: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.judged is None or self.limit is None:
            return None
        # As it is printed: x1.152 is x1.15.
        return round(self.judged, 2) <= self.limit

    def cells(self) -> tuple[str, ...]:
        places = 2 if self.unit == "ms" and self.value < 10 else PLACES[self.unit]  # noqa: PLR2004
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        value = f"{self.value:.{places}f} {self.unit}"
        return (self.what, value, self.compared, self.budget, met)

    def document(self) -> dict[str, object]:
        return asdict(self) | {"met": self.is_met}


def table(figures: Sequence[Figure]) -> str:
    """Write the figures as a table in Markdown, one for each part."""
    parts = dict.fromkeys(each.part for each in figures)
    rows = [(part, [each.cells() for each in figures if each.part == part]) for part in parts]
    every = [HEAD, *(cells for _, group in rows for cells in group)]
    widths = [max(len(cells[index]) for cells in every) for index in range(len(HEAD))]
    line = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    written: list[str] = []
    for part, group in rows:
        written += [f"**{part}**", "", _line(HEAD, widths), line]
        written += [*(_line(cells, widths) for cells in group), ""]
    return "\n".join(written).rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f" {cell:<{width}} " for cell, width in zip(cells, widths, strict=True))
    return "|" + "|".join(padded) + "|"
