"""Reads the imports out of a distribution's source, and grows small trees with faults in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One name imported in one place."""

    file: Path
    line: int
    module: str  # absolute, `tutti_core.model`
    name: str  # what `from module import name` takes, "" for `import module`
    where: str  # module, function or typing

    def __str__(self) -> str:
        what = f"{self.module}.{self.name}" if self.name else self.module
        return f"{self.file.name}:{self.line} {what}"


class Importer(ast.NodeVisitor):
    """Collects the imports of one file, and where in it each stands."""

    def __init__(self, file: Path, source: Path) -> None:
        self.file = file
        self.package = file.relative_to(source).parent.parts
        self.where = "module"
        self.found: list[Import] = []

    def visit_Import(self, node: ast.Import) -> None:
        """Take ``import a.b``."""
        self.found += [
            Import(self.file, node.lineno, alias.name, "", self.where) for alias in node.names
        ]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Take ``from a import b`` and ``from ..a import b``."""
        above = self.package[: len(self.package) - node.level + 1] if node.level else ()
        module = ".".join([*above, *([node.module] if node.module else [])])
        self.found += [
            Import(self.file, node.lineno, module, alias.name, self.where) for alias in node.names
        ]

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Look inside functions: what is imported there is imported when they run."""
        self._inside("function", node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast asks for

    def visit_If(self, node: ast.If) -> None:
        """Tell imports for type checkers from those that happen."""
        typing = ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        self._inside("typing" if typing else self.where, node.body)
        self._inside(self.where, node.orelse)

    def _inside(self, where: str, body: list[ast.stmt]) -> None:
        outside, self.where = self.where, where
        for statement in body:
            self.visit(statement)
        self.where = outside


def imports(member: Path) -> Iterator[Import]:
    """Every import in a member's source."""
    source = member / "src"
    for file in sorted(source.rglob("*.py")):
        importer = Importer(file, source)
        importer.visit(ast.parse(file.read_text()))
        yield from importer.found


def grow(root: Path, files: dict[str, str]) -> Path:
    """Write a small repository whose members declare click and the core.

    Args:
        root: Where it grows.
        files: Contents by path below a member's ``src``, ``tutti_core/errors.py``.
    """
    for member in {"tutti_core"} | {name.partition("/")[0] for name in files}:
        (root / member / "src" / member).mkdir(parents=True)
        project = '[project]\ndependencies = ["click>=8", "tutti-core~=0.1.0"]\n'
        (root / member / "pyproject.toml").write_text(project)
    for name, text in files.items():
        file = root / name.partition("/")[0] / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
