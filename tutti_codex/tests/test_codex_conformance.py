"""Codex keeps the contract, and its screens are read right."""

from __future__ import annotations

from pathlib import Path

from tutti_codex.runtime import Codex
from tutti_testing import RuntimeConformance


class TestCodex(RuntimeConformance):
    runtime = Codex()
    corpus = Path(__file__).parent / "corpus"
    version = "0.169.0"
