"""What lies between an adapter and its engine, in the hands of the kit."""

from enum import StrEnum

from wfadmin.testing.verdicts import NotExercised

__all__ = ["Garbage", "Network"]


class Garbage(StrEnum):
    """What may come in place of an answer."""

    #: A page for people, in a format that the engine does not speak.
    ANOTHER_FORMAT = "another_format"
    #: Well-formed, and not what was asked for.
    ANOTHER_SHAPE = "another_shape"
    #: Nothing at all.
    EMPTY = "empty"
    #: The first half of the real answer.
    CUT_SHORT = "cut_short"
    #: More than anybody wants to keep in memory.
    TOO_LARGE = "too_large"
    #: Nested deeper than anybody can read.
    TOO_DEEP = "too_deep"
    #: The first answer again, whatever is asked: for an adapter that pages, the same page.
    REPEATED = "repeated"


class Network:
    """
    The way between an adapter and its engine: it counts, and it can be broken.

    Every trouble lasts until `mend`. A method that is not overridden raises `NotExercised`.
    """

    @property
    def requests(self) -> int:
        """How many requests the adapter has sent, whatever became of them."""
        raise NotExercised("nobody counts the requests")

    @property
    def writes(self) -> int:
        """How many of them could change the engine."""
        raise NotExercised("nobody counts the writes")

    def cut(self) -> None:
        """From now on nothing arrives, and the adapter is told so: connection refused."""
        raise NotExercised("the connection cannot be cut")

    def silence(self) -> None:
        """From now on what is sent is lost and never answered: the time limit ends it."""
        raise NotExercised("the engine cannot be silenced")

    def lose_answers(self) -> None:
        """From now on what is sent arrives and is done, and every answer is lost."""
        raise NotExercised("an answer cannot be lost")

    def reject(self) -> None:
        """
        From now on nothing is done, and everything is answered with an error of the server.

        Its text repeats whatever was sent, as some proxies do, and holds control characters.
        """
        raise NotExercised("the engine cannot be made to refuse everything")

    def garble(self, garbage: Garbage) -> None:
        """From now on everything is done, and every answer is replaced by `garbage`."""
        raise NotExercised(f"answers cannot be replaced by garbage ({garbage.value})")

    def hold(self) -> None:
        """From now on what is sent waits on the way, until `mend`."""
        raise NotExercised("a request cannot be held on its way")

    async def held(self) -> None:
        """Return as soon as a request waits on the way."""
        raise NotExercised("a request cannot be held on its way")

    def mend(self) -> None:
        """End all trouble."""
