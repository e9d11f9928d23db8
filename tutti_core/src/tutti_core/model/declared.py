"""What a plugin can declare: tables, keys, checks, templates and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs

from .happening import Finding

if TYPE_CHECKING:
    from ..plugins import Plugins
    from ..team.context import Context
    from .arrangement import Arrangement


@attrs.frozen
class Table:
    """A TOML table that a plugin owns.

    Attributes:
        name: The table's name, such as ``permissions``.
        type: The attrs class of its content.
        scope: Which file it may stand in.
        many: Whether it is an array of tables; the value is then a tuple.
        starter: TOML text that `tt init` offers when the table is not there.
        check: Looks at the converted value and yields problems, each a path below the table and a
            message.
        across: Looks at the whole arrangement, once each of its tables is sound by itself, with the
            plugins at work; yields problems of `tutti.toml`, each a path from its top, such as
            ``workflow[0].step[2].agent``, and a message.
    """

    name: str
    type: type
    scope: Literal["workspace", "global", "both"] = "workspace"
    many: bool = False
    starter: str = ""
    check: Callable[[Any], Iterable[tuple[str, str]]] | None = None
    across: Callable[[Arrangement, Plugins], Iterable[tuple[str, str]]] | None = None


@attrs.frozen
class Keys:
    """Single keys that a plugin adds to a table of the core's.

    Attributes:
        table: The table's name, such as ``agent``.
        type: The attrs class whose fields are the keys; every field needs a default.
    """

    table: str
    type: type


@attrs.frozen
class Check:
    """One of the doctor's checks.

    Attributes:
        name: Its name; findings may have finer identifiers.
        run: Looks and yields findings; must not change anything.
    """

    name: str
    run: Callable[[Context], Iterable[Finding]]


@attrs.frozen
class Template:
    """A team to begin with.

    Attributes:
        name: Its name, for ``tt init --template``.
        version: Its version, noted in the file it makes.
        description: One line for people.
        body: The `tutti.toml` it makes; ``{{project_name}}`` and ``{{runtime}}`` are replaced.
        detect: File names, any of which in the project speaks for this template.
        detect_all: File names that must all be there.
        author: Who made it.
        roles: What each of its roles runs on, for people.
    """

    name: str
    version: str
    description: str
    body: str
    detect: tuple[str, ...] = ()
    detect_all: tuple[str, ...] = ()
    author: str = ""
    roles: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Command:
    """A command of ``tt``, by reference, so that listing it imports nothing.

    Attributes:
        name: The word after ``tt``.
        target: ``module:attribute`` of a click command.
        help: One line for the list of commands.
        hidden: Whether the list leaves it out.
    """

    name: str
    target: str
    help: str
    hidden: bool = False
