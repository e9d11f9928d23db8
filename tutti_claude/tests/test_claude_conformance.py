"""Claude Code keeps the contract, and its screens are read right."""

from __future__ import annotations

from pathlib import Path

from tutti_claude.runtime import ClaudeCode
from tutti_testing import RuntimeConformance


class TestClaudeCode(RuntimeConformance):
    runtime = ClaudeCode()
    corpus = Path(__file__).parent / "corpus"
    version = "2.1.330"
