"""Leaves secrets out of what is put on record.

What is left out is what looks like one, whatever `[state] redact` says, and the values of variables
whose names say that they are secret. What steps leave for others, and the files that hold all they
printed, are theirs: those stay as they are, open to their owner only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tutti_core import Context

from ..keeping import Keeping

INSTEAD = "[redacted]"
SHORTEST = 8
"""Characters below which a variable's value is taken for a word that may be anywhere."""
SECRET = re.compile(r"(?i)(?:key|token|secret|passw(?:or)?d|passphrase|credentials?)s?$")
OURS = "TUTTI_"
LOOKS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bglpat-[A-Za-z0-9_-]{16,}",
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bAIza[0-9A-Za-z_-]{30,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"(?<=[Bb]earer )[A-Za-z0-9._~+/-]{16,}=*",
    r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
)
"""What keys and passwords look like: private keys, tokens of services, users in addresses."""


class Redactor:
    """Leaves secrets out of JSON values.

    Args:
        patterns: Regular expressions of what is left out.
        words: Texts that are left out wherever they are.
    """

    def __init__(self, patterns: tuple[str, ...] = LOOKS, words: tuple[str, ...] = ()) -> None:
        exact = sorted({one for one in words if len(one) >= SHORTEST}, key=len, reverse=True)
        known = ["|".join(map(re.escape, exact))] if exact else []
        self._patterns = [re.compile(one) for one in (*known, *patterns)]

    @classmethod
    def of(cls, context: Context) -> Redactor:
        """Return the one of a workspace.

        Args:
            context: The workspace.
        """
        settings = context.arrangement.table(Keeping) or Keeping()
        return cls((*settings.redact, *LOOKS), tuple(_secrets(context)))

    def clean(self, value: Any) -> Any:
        """Return a JSON value without secrets.

        Args:
            value: The value.
        """
        if isinstance(value, str):
            for pattern in self._patterns:
                value = pattern.sub(INSTEAD, value)
            return value
        if isinstance(value, Mapping):
            return {key: self.clean(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(one) for one in value]
        return value


def _secrets(context: Context) -> Iterator[str]:
    """Yield the values of variables that are named as secrets are."""
    team = context.arrangement
    given: list[Mapping[str, str]] = [os.environ, team.workspace.env]
    given += [one.env for one in team.agent]
    given += [one.env for one in team.settings.profile]
    for variables in given:
        for name, value in variables.items():
            # Where a secret lies is none.
            if SECRET.search(name) and not name.startswith(OURS) and not value.startswith("/"):
                yield value
