"""The rules that agents are read by: a runtime's own, and what people put over them.

Two files may change the rules of a runtime: the user's, beside the global file, and the
workspace's, which has the last word.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..config.find import global_path
from ..errors import PluginError
from .places import Places

if TYPE_CHECKING:
    from ..detection.layers import Layered
    from ..model.contract import Runtime

FOLDER = "rules"


def files_over(name: str, root: Path | None) -> list[Path]:
    """Return where the files are that may change a runtime's rules, whether they exist or not.

    Args:
        name: The runtime's name.
        root: The workspace, or None outside of one.
    """
    folders = [global_path().parent, *([Places(root).home] if root else [])]
    return [folder / FOLDER / f"{name}.toml" for folder in folders]


def rules_of(runtime: Runtime, root: Path | None) -> Layered:
    """Return a runtime's rules with what people put over them.

    Args:
        runtime: The runtime.
        root: The workspace, or None outside of one.

    Raises:
        PluginError: If the runtime fails to give its rules.
        ConfigError: If they make no sense.
    """
    try:
        text = runtime.rules()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise PluginError(f"runtime {runtime.name!r} cannot give its rules: {said}") from error
    return layered_over(text, runtime.name, root)


def layered_over(text: str, name: str, root: Path | None) -> Layered:
    """Return rules with what people put over those of a runtime of that name.

    Args:
        text: The rule file.
        name: The runtime's name.
        root: The workspace, or None outside of one.

    Raises:
        ConfigError: If the rule file makes no sense.
    """
    from ..detection.layers import Layer, layered

    layers, unread = [], []
    for path in files_over(name, root):
        try:
            layers.append(Layer(shown(path, root), path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            unread.append(f"{shown(path, root)}: cannot be read: {reason}")
    found = layered(text, name, layers)
    return found._replace(left_out=(*unread, *found.left_out))


def shown(path: Path, root: Path | None) -> str:
    """Return a path as people write it: below the workspace, or below their home."""
    for base, word in ((root, ""), (Path.home(), "~/")):
        if base is not None and path.is_relative_to(base):
            return f"{word}{path.relative_to(base)}"
    return str(path)


def files_there(name: str, root: Path) -> list[str]:
    """Return the files that are put over a runtime's rules, as people write them.

    Args:
        name: The runtime's name.
        root: The workspace.
    """
    return [shown(path, root) for path in files_over(name, root) if path.is_file()]
