"""Which commands run, which are asked about, which are refused."""

from __future__ import annotations

import re
import shlex

MODES = ("default", "accept", "dontask", "bypass")
RUN, ASK, DENY = "run", "ask", "deny"
_OPERATORS = {"&&", "||", "|", "|&", "&", ";", ";;", "(", ")"}
_HIDDEN = re.compile(r"\$\(|`|<\(|>\(")


class Permissions:
    """The mode the agent was started in, and its rules.

    Args:
        mode: One of `MODES`: ask, run, refuse what is not allowed, run everything.
        allow: Rules as ``Bash``, ``Bash(git status)``, ``Bash(git:*)``, ``Bash(ls *)``.
        deny: Rules of the same form; they win over everything.
    """

    def __init__(self, mode: str, allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> None:
        self.mode = mode
        self.allow = list(allow)
        self.deny = list(deny)

    def verdict(self, command: str) -> str:
        """Judge a command line.

        Every part of a compound command must be allowed for the whole to be; one denied part
        denies the whole. A command line that cannot be read is allowed by no rule and denied by
        any.

        Returns:
            `RUN`, `ASK` or `DENY`.
        """
        pieces = parts(command)
        if self.deny and (not pieces or any(self._any(self.deny, part) for part in pieces)):
            return DENY
        if self.mode in {"bypass", "accept"} or self._allowed(command, pieces):
            return RUN
        return DENY if self.mode == "dontask" else ASK

    def remember(self, command: str) -> None:
        """Allow the programs of a command from now on."""
        self.allow += [f"Bash({part.split()[0]}:*)" for part in parts(command) if part.split()]

    def _allowed(self, command: str, pieces: list[str]) -> bool:
        if "Bash" in self.allow or "Bash(*)" in self.allow:
            return True
        if not pieces or _HIDDEN.search(command):
            return False
        return all(self._any(self.allow, piece) for piece in pieces)

    def _any(self, rules: list[str], piece: str) -> bool:
        return any(self._matches(rule, piece) for rule in rules)

    @staticmethod
    def _matches(rule: str, command: str) -> bool:
        if rule == "Bash":
            return True
        found = re.fullmatch(r"Bash\((.*)\)", rule, re.DOTALL)
        if found is None:
            return False
        pattern = found.group(1)
        if pattern.endswith(":*"):
            return f"{command} ".startswith(f"{pattern[:-2]} ")
        wild = ".*".join(map(re.escape, pattern.split("*")))
        return re.fullmatch(wild, command, re.DOTALL) is not None


def parts(command: str) -> list[str]:
    """Split a command line at its operators.

    Returns:
        Simple commands, their words joined by single spaces; none when it cannot be read.
    """
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.commenters = ""
    try:
        words = [word.strip("\n") for word in lexer]
    except ValueError:
        return []
    found: list[list[str]] = [[]]
    for word in words:
        if not word or word in _OPERATORS:
            found.append([])
        else:
            found[-1].append(word)
    return [" ".join(part) for part in found if part]
