"""From words to a command, and from whatever happens to an exit code."""

import inspect
import io
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App, CycloptsError

from wfadmin.cli.output import CannotSpeakError, Output, Said, wants_json
from wfadmin.cli.usage import DeclinedError, MisuseError, misuse, not_understood
from wfadmin.cli.watch import Watch, watched

if TYPE_CHECKING:
    from wfadmin.wire.documents import JsonObject
    from wfadmin.wire.outcomes import Ending

__all__ = ["COMMANDS", "GROUPS", "application", "run"]

_UNEXPECTED = 1
_ABOUT = "Says what is wrong with a durable workflow engine, and what to do about it."

#: Each command with where it lives and what it does. It is imported when it runs.
COMMANDS = {
    "doctor": ("wfadmin.cli.doctor:doctor", "Say what is wrong with the engine. Reads only."),
    "inspect": ("wfadmin.cli.inspect:inspect", "Look at one workflow key. Reads only."),
    "redeploy": ("wfadmin.cli.redeploy:redeploy", "Register a service URL."),
    "cleanup": ("wfadmin.cli.cleanup:cleanup", "Remove deployments that nothing needs."),
    "recover": ("wfadmin.cli.recover:recover", "Make a failed key submittable again."),
    "apply": ("wfadmin.cli.apply:apply", "Do what a saved plan says."),
    "serve": ("wfadmin.cli.serve:serve", "Answer the operator API over HTTP."),
    "contract": (
        "wfadmin.cli.contract:contract",
        "Examine an adapter: does it keep the contract?",
    ),
    "demo": ("wfadmin.cli.demo:demo", "Show an incident on an engine in memory."),
}

#: The same for those that have verbs of their own.
GROUPS = {
    "runs": (
        "Let one run go on, stop, or end.",
        {
            "resume": ("wfadmin.cli.runs:resume", "Let a paused run go on, or move it."),
            "pause": ("wfadmin.cli.runs:pause", "Let a run stop where it is."),
            "cancel": ("wfadmin.cli.runs:cancel", "Ask a run to stop."),
        },
    ),
    "audit": (
        "See what was done from this host.",
        {
            "list": ("wfadmin.cli.audit:list_records", "List the newest records."),
            "show": ("wfadmin.cli.audit:show", "Show everything about one attempt."),
            "close": ("wfadmin.cli.audit:close", "Close a write that nobody knows the end of."),
        },
    ),
    "keys": (
        "Say who may call the operator API.",
        {
            "new": ("wfadmin.cli.keys:new", "Make a key. It is shown this once."),
            "list": ("wfadmin.cli.keys:list_keys", "List the keys, without their secrets."),
            "revoke": ("wfadmin.cli.keys:revoke", "Let nobody in with a key any more."),
        },
    ),
}
_NAMES = (*COMMANDS, *GROUPS)


def application() -> App:
    """The commands, none of them imported."""
    # Plain text: it is the same on a terminal and in a file, and costs 20 ms less to make.
    app = _app("wfadmin", _ABOUT, COMMANDS)
    app.version = _version
    for name, (about, commands) in GROUPS.items():
        app.command(_app(name, about, commands))
    return app


def _app(name: str, about: str, commands: Mapping[str, tuple[str, str]]) -> App:
    app = App(
        name=name,
        help=about,
        help_format="plaintext",
        help_formatter="plain",
        print_error=False,
        exit_on_error=False,
    )
    for command, (place, told) in commands.items():
        app.command(place, name=command, help=told)
    return app


def _version() -> str:
    from wfadmin import __version__

    return __version__


def run(words: Sequence[str]) -> int:
    """Run one command line and give its exit code. Only an exit of the process leaves here."""
    output = Output(sys.stdout, sys.stderr, json=wants_json(words))
    try:
        return _told(words, output)
    except CannotSpeakError as error:
        output.complain(f"wfadmin: The answer could not be written: {error}.")
        return _UNEXPECTED


def _told(words: Sequence[str], output: Output) -> int:
    with watched() as watch:
        try:
            return output.tell(_performed(words))
        except CannotSpeakError:
            raise
        except KeyboardInterrupt:
            return _interrupted(output, watch)
        except Exception as error:  # noqa: BLE001 - nobody is shown a stack trace
            return _failed(output, error)


def _performed(words: Sequence[str]) -> Said:
    _refuse_undecodable(words)
    app = application()
    try:
        command, bound, _ = app.parse_args(list(words))
    except CycloptsError as error:
        raise misuse(words, error, _NAMES) from None
    if inspect.iscoroutinefunction(command):
        return _awaited(partial(command, *bound.args, **bound.kwargs))
    return _about(app, command, bound)


def _refuse_undecodable(words: Sequence[str]) -> None:
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise not_understood("An argument is not valid text.") from None


def _awaited(call: Callable[[], Awaitable[Said]]) -> Said:
    from wfadmin.cli.loop import run as run_in_loop

    return run_in_loop(call)


def _about(app: App, command: Callable[..., Any], bound: inspect.BoundArguments) -> Said:
    """What `--version` and `--help` say."""
    if command.__name__ == "version_print":
        version = _version()
        return Said(lambda: {"version": version}, lambda _: (f"wfadmin {version}",))
    from rich.console import Console

    page = io.StringIO()
    app.help_print(
        *bound.args, console=Console(file=page, width=100, color_system=None, emoji=False)
    )
    text = page.getvalue().strip()
    return Said(lambda: {"help": text}, lambda _: (text,))


# --- what went wrong -----------------------------------------------------------------------------


def _interrupted(output: Output, watch: Watch) -> int:
    if watch.verb is not None:
        return _interrupted_after(output, watch, watch.verb)
    from wfadmin.wire.documents import failure_document
    from wfadmin.wire.outcomes import INTERRUPTED

    document = failure_document(
        "interrupted",
        INTERRUPTED,
        message="Interrupted.",
        why="Somebody pressed Ctrl-C before anything was written to the engine.",
        fix="Nothing has to be repaired; run it again.",
    )
    return _told_failure(output, document, INTERRUPTED)


def _interrupted_after(output: Output, watch: Watch, verb: str) -> int:
    from wfadmin.domain.errors import OutcomeUnknown

    problem = "Somebody pressed Ctrl-C after it may have been sent; doctor names it from now on"
    return _failed(output, OutcomeUnknown(verb, watch.target, problem))


def _failed(output: Output, error: Exception) -> int:
    from wfadmin.domain.errors import WfadminError
    from wfadmin.wire.documents import error_document, failure_document
    from wfadmin.wire.outcomes import DECLINED, MISUSE, UNEXPECTED, ending_of

    if isinstance(error, WfadminError):
        return _told_failure(output, error_document(error), ending_of(error))
    if isinstance(error, MisuseError):
        ending = DECLINED if isinstance(error, DeclinedError) else MISUSE
        document = failure_document(
            error.slug,
            ending,
            message=error.message,
            why=error.why,
            fix=error.fix,
        )
        return _told_failure(output, document, ending)
    document = failure_document(
        "internal_error",
        UNEXPECTED,
        message=f"wfadmin failed with {type(error).__name__} in {_place(error)}.",
        why="This is a mistake in wfadmin, not in what you typed.",
        fix="Please report this line together with the version.",
    )
    return _told_failure(output, document, UNEXPECTED)


def _told_failure(output: Output, document: "JsonObject", ending: "Ending") -> int:
    output.fail(document)
    return ending.exit_code


def _place(error: Exception) -> str:
    """Where it happened: enough for a report. Its own words may hold anything, so they stay."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{'/'.join(Path(last.filename).parts[-2:])}, line {last.lineno}"
