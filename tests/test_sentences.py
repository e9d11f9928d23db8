"""Every test says in a sentence what it holds, so that a failure can be read without its code."""

from __future__ import annotations

import ast
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


def speechless(folder: Path) -> list[str]:
    """Tests below a folder that do not begin with a sentence, as ``file:line name``."""
    return [
        f"{file.name}:{test.lineno} {test.name}"
        for file in sorted(folder.rglob("test_*.py"))
        for test in ast.walk(ast.parse(file.read_text()))
        if isinstance(test, Function) and test.name.startswith("test") and not sentence(test)
    ]


def sentence(test: Function) -> bool:
    """Whether a test's docstring begins with a line that ends as a sentence does."""
    first = (ast.get_docstring(test) or "").partition("\n\n")[0]
    return first.endswith((".", "?", "!"))


def test_here(member: Path) -> None:
    """Each test of each member has its sentence."""
    assert speechless(member / "tests") == []


def test_of_the_assembly(root: Path) -> None:
    """So has each test of the whole."""
    assert speechless(root / "tests") == []


def test_a_test_without_its_sentence_is_found(tmp_path: Path) -> None:
    """Missing and unfinished sentences are found, in classes too; helpers need none."""
    text = (
        "def test_good():\n"
        "    '''It holds.'''\n"
        "def helper(): ...\n"
        "def test_bare(): ...\n"
        "class TestThings:\n"
        "    async def test_unfinished(self):\n"
        "        '''holds something'''\n"
    )
    (tmp_path / "test_a.py").write_text(text)
    assert speechless(tmp_path) == ["test_a.py:4 test_bare", "test_a.py:6 test_unfinished"]
