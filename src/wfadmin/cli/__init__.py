"""
The command line: translates in, translates out, decides nothing.

Laws:

- Data goes to stdout, everything else to stderr. With ``-o json`` stdout gets exactly one
  document, whatever happens.
- Nobody is shown a stack trace, a password of a URL or a token.
- Nothing is read or imported before it is needed: ``--help`` is what people wait for most often.
"""

import sys
from collections.abc import Sequence

__all__ = ["main"]

# As the shell counts an interrupt.
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Args:
        arguments: What follows the name of the program; that of this process, if not given.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        from wfadmin.cli.app import run

        return run(words)
    except ModuleNotFoundError as error:
        if error.name != "cyclopts":
            raise
        return _without_extra(words)
    except KeyboardInterrupt:
        # Before anything was done, or a second time while the first was told: say no more.
        return _INTERRUPTED


def _without_extra(words: Sequence[str]) -> int:
    from wfadmin.cli.output import Output, wants_json
    from wfadmin.domain.errors import MissingDependency
    from wfadmin.wire.documents import error_document
    from wfadmin.wire.outcomes import ending_of

    error = MissingDependency("The command line", "it is not installed", "cli")
    Output(sys.stdout, sys.stderr, json=wants_json(words)).fail(error_document(error))
    return ending_of(error).exit_code
