"""The words of states and rules, with what is said of each where they are listed."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import pairwise
from types import ModuleType

from docstrings import markdown, plain
from places import table

from tutti_core.detection import regions, rulefile
from tutti_core.model import reading


def states() -> str:
    """Return every state with its meaning and the words of the contract."""
    meaning = meanings(reading, "STATES")
    rows = [
        [f"`{state}`", meaning[state].replace("`KINDS`", "below"), *_contract(state)]
        for state in reading.STATES
    ]
    return table(["`state`", "meaning", "`activity_state`", "`auth_state`", "`status`"], rows)


def kinds() -> str:
    """Return every kind of waiting."""
    meaning = meanings(reading, "KINDS")
    rows = [[f"`{kind}`", meaning[kind]] for kind in reading.KINDS]
    return table(["`kind`", "it waits to be told"], rows)


def rules() -> str:
    """Return how a rule file is written."""
    text = inspect.cleandoc(rulefile.__doc__ or "").partition("\n\n")[2]
    return markdown(text).replace("```python\n[", "```toml rules\n[")


def parts_of_a_screen() -> str:
    """Return every region that a rule may look at."""
    found = meanings(regions, "REGIONS")
    rows = [[f"`{name}`", meaning] for name, meaning in found.items()]
    return table(["`region`", "the rule sees"], rows)


def meanings(module: ModuleType, name: str) -> dict[str, str]:
    """Return what is said of each word below a constant.

    Args:
        module: The module it stands in.
        name: The constant.
    """
    clauses = re.split(r";\s+(?=`)", plain(below(module, name)).rstrip("."))
    found = (re.match(r"`(\S+?)` (.*)", clause) for clause in clauses)
    return {match[1]: match[2] for match in found if match}


def below(module: ModuleType, name: str) -> str:
    """Return the text that stands right below a constant.

    Args:
        module: The module it stands in.
        name: The constant.
    """
    for one, following in pairwise(ast.parse(inspect.getsource(module)).body):
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            return str(following.value.value)
    raise LookupError(f"nothing is said of {name}")


def _contract(state: str) -> list[str]:
    return [f"`{word}`" for word in reading.CONTRACT_WORDS[state]]
