"""
Asking whoever sits at the terminal before anything is sent.

Laws:

- Only a terminal is asked, and only y or yes is a yes. No variable stands for an answer.
- What is asked about is on the screen: every step, and every warning.
"""

import os
import sys
from collections.abc import Iterable

import anyio

from wfadmin.cli.output import Output
from wfadmin.cli.usage import DeclinedError, MisuseError

__all__ = ["agreed", "refuse_without_terminal"]

_YES = ("y", "yes")
_LONGEST_ANSWER = 4096


def refuse_without_terminal(*, json: bool) -> None:
    """
    Refuse where nobody can be asked.

    Raises:
        MisuseError: There is no terminal, or the answer has to be one document.
    """
    streams = (sys.stdin, sys.stderr)
    if json or not all(stream is not None and stream.isatty() for stream in streams):
        raise MisuseError(
            "confirmation_required",
            "Nobody can be asked here, so nothing was sent.",
            "Look at the plan with --dry-run, then run it again with --yes.",
        )


async def agreed(lines: Iterable[str], output: Output) -> None:
    """
    Show what will happen, and wait for a yes. The wait ends at once on Ctrl-C.

    Raises:
        DeclinedError: Anything else was answered.
    """
    for line in lines:
        output.complain(line)
    output.ask("Do this? [y/N] ")
    descriptor = sys.stdin.fileno()
    await anyio.wait_readable(descriptor)
    answer = os.read(descriptor, _LONGEST_ANSWER)
    if answer.strip().lower() not in [word.encode() for word in _YES]:
        raise DeclinedError
