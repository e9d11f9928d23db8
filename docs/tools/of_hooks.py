"""The hooks, from the page that declares them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from docstrings import markdown, plain, read

from tutti_core import hookspecs

_GROUP = re.compile(r"# (\S.*)\.$")


def hooks() -> str:
    """Return every hook with its exact signature, in the order and the groups of the page."""
    source = Path(hookspecs.__file__).read_text(encoding="utf-8")
    groups = {
        number: match[1]
        for number, line in enumerate(source.splitlines(), 1)
        if (match := _GROUP.match(line))
    }
    found = {one.lineno: one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)}
    parts = {number: f"## {name}" for number, name in groups.items()}
    parts |= {number: _hook(one) for number, one in found.items()}
    return "\n\n".join(parts[number] for number in sorted(parts))


def _hook(function: ast.FunctionDef) -> str:
    assert function.returns is not None
    arguments, gives = ast.unparse(function.args), ast.unparse(function.returns)
    about = read(ast.get_docstring(function))
    parts = [f"### `{function.name}({arguments}) -> {gives}`", about.summary, markdown(about.body)]
    listed = [f"- `{name}`: {text}" for name, text in about.items("Args").items()]
    parts += ["\n".join(listed)] if listed else []
    parts += [f"**Returns** {_small(plain(about.sections['Returns']))}"]
    return "\n\n".join(filter(None, parts))


def _small(text: str) -> str:
    """Begin in lower case, unless the first word is a name in code."""
    return text[:1].lower() + text[1:]
