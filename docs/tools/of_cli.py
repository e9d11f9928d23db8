"""The commands, from click."""

from __future__ import annotations

import inspect

import click
from docstrings import plain
from places import table

from tutti_core.cli.app import build


def command(*path: str) -> str:
    """Return one command: how it is written, what it does, its options.

    Args:
        path: The words after `tt`; none for `tt` itself.
    """
    found = find(path)
    usage = " ".join(["tt", *path, *_pieces(found)])
    rows = [[_names(one), _meaning(one)] for one in found.params if isinstance(one, click.Option)]
    options = [table(["option", "meaning"], rows)] if rows else []
    help_text = inspect.cleandoc(found.help or "")
    said = [plain(paragraph) for paragraph in help_text.split("\n\n")]
    return "\n\n".join([f"```text\n{usage}\n```", *said, *options])


def find(path: tuple[str, ...]) -> click.Command:
    """Return the command that words name."""
    found: click.Command = build()
    for word in path:
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None, f"there is no command {word}"
        found = inner
    return found


def _pieces(found: click.Command) -> list[str]:
    pieces = ["[OPTIONS]"] if any(isinstance(one, click.Option) for one in found.params) else []
    for one in found.params:
        if isinstance(one, click.Argument):
            name = (one.name or "").upper() + ("..." if one.nargs == -1 else "")
            pieces.append(name if one.required else f"[{name}]")
    return [*pieces, *(["[COMMAND]"] if isinstance(found, click.Group) else [])]


def _names(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    return names if option.is_flag else f"{names} {_value(option)}"


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " or ".join(f"`{choice}`" for choice in option.type.choices)
    return f"`{option.metavar or option.type.name.partition(' ')[0].upper()}`"


def _meaning(option: click.Option) -> str:
    words = [plain(option.help or "")]
    words += [f"Default: {_plain(option.default)}."] if option.show_default else []
    words += ["May be given several times."] if option.multiple else []
    return " ".join(words)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
