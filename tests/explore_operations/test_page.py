"""docs/explore-mutants.md tells what is found now."""

from tests.explore_operations.page import PAGE, page
from tests.explore_operations.roll import EVERY_MUTANT


def test_the_page_is_what_the_generator_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_story_is_of_the_operator_with_the_mistake() -> None:
    stories = {one.name: one.story() for one in EVERY_MUTANT}

    silent = [name for name, story in stories.items() if not _acts(story)]

    assert silent == []


def _acts(story: tuple[str, ...]) -> bool:
    return any(line.startswith("operator 1: ") for line in story)
