"""The command group: commands are found by name and imported only when they run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from .. import discovery
from ..config.find import find_root
from ..config.known import COMMANDS
from ..errors import PluginError, TuttiError, UsageError
from ..version import VERSION
from .missing import missing
from .report import ended, report


def run(words: Sequence[str]) -> int:
    """Run ``tt`` and return its exit code.

    Args:
        words: The arguments after ``tt``.
    """
    return ended(lambda: _dispatch(words), words)


def _dispatch(words: Sequence[str]) -> int:
    try:
        code = build().main(list(words), prog_name="tt", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _usage(error, "--json" in words)
    except click.Abort:
        return 130
    except _Unread as unread:
        raise BrokenPipeError from unread


def build() -> click.Group:
    """Return the group of all commands, the plugins' included."""
    return _Commands(
        name="tt",
        help="Your agents, all together.",
        context_settings={"help_option_names": ["-h", "--help"]},
        params=[
            click.Option(["--debug"], is_flag=True, help="Show the traceback of a bug."),
            click.Option(
                ["--completions"],
                type=click.Choice(["bash", "zsh", "fish"]),
                is_eager=True,
                expose_value=False,
                callback=_completions,
                help="Print the completion script for a shell.",
            ),
            _version_option(),
        ],
        callback=_begin,
        invoke_without_command=True,
        no_args_is_help=False,
    )


@click.pass_context
def _begin(ctx: click.Context, /, **_: bool) -> None:
    """Say what there is when no command is given, and where to begin."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        click.echo(f"\n{_where_to_begin()}")


def _where_to_begin() -> str:
    try:
        find_root()
    except TuttiError:
        return "→ tt init   begins a team in this folder"
    return "→ tt status, or tt COMMAND --help"


class _Unread(Exception):
    """Nobody reads what is printed; by another name, because click answers that itself with 1."""


class _Commands(click.Group):
    """Commands by reference, from the kept list of plugins or from the plugins themselves."""

    def make_context(self, *words: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*words, **extra)
        except BrokenPipeError as error:
            raise _Unread from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise _Unread from error
        return done

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [row["name"] for row in _table() if not row["hidden"]]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        rows = [row for row in _table() if row["name"] == cmd_name]
        if not rows:
            return None
        if len({row["target"] for row in rows}) > 1:
            owners = " and ".join(sorted({row["distribution"] for row in rows}))
            hint = "uninstall one, or name it in TUTTI_DISABLE_PLUGINS"
            raise PluginError(f"{owners} both give the command {cmd_name!r}", hint=hint)
        return _load(rows[0])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = {row["name"]: row["hidden"] for row in _table()}
        word = args[0]
        if word == "help" and word not in known:
            return self._resolve_help(ctx, args[1:])
        if word not in known and word in COMMANDS:
            raise missing(word)
        if word not in known and not word.startswith("-"):
            shown = [name for name, hidden in known.items() if not hidden]
            raise click.UsageError(f"No such command {word!r}{_nearest(word, shown)}", ctx)
        return super().resolve_command(ctx, args)

    def _resolve_help(
        self, ctx: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not words:
            click.echo(ctx.get_help())
            raise click.exceptions.Exit
        return self.resolve_command(ctx, [*words, "--help"])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(row["name"], row["help"]) for row in _table() if not row["hidden"]]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _nearest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean tt {near[0]}?" if near else ""


def _table() -> list[dict[str, Any]]:
    kept = discovery.read_cache()
    off = discovery.switched_off()
    if kept is not None and not off:
        rows: list[dict[str, Any]] = kept["commands"]
        return rows
    from ..plugins import Plugins

    return [
        {
            "name": command.name,
            "target": command.target,
            "help": command.help,
            "hidden": command.hidden,
            "distribution": distribution,
        }
        for distribution, command in Plugins.installed().commands()
    ]


def _load(row: dict[str, Any]) -> click.Command:
    module, _, attribute = row["target"].partition(":")
    try:
        command = getattr(import_module(module), attribute)
    except Exception as error:
        raise PluginError(
            f"tt {row['name']} of {row['distribution']} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint="tt doctor",
        ) from error
    assert isinstance(command, click.Command)
    return command


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            click.echo(f"tt {VERSION}")
            ctx.exit()

    return click.Option(
        ["-V", "--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the version.",
    )


def _completions(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell is None:
        return
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.command, {}, "tt", "_TT_COMPLETE").source())
    ctx.exit()


def _usage(error: click.ClickException, as_json: bool) -> int:
    """Print what is wrong with the words of a command as any other error, with how they go."""
    said = error.format_message().rstrip(".")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    hint = "tt --help"
    if ctx is not None and not isinstance(ctx.command, click.Group):
        usage = " ".join(ctx.get_usage().removeprefix("Usage: ").split())
        hint = f"{usage}; {ctx.command_path} --help says more"
    elif ctx is not None:
        hint = f"{ctx.command_path} --help lists what there is"
    told = UsageError(f"{said[:1].lower()}{said[1:]}", hint=hint)
    report(told, as_json=as_json)
    return error.exit_code
