"""Aider keeps the contract, and its screens are read right."""

from __future__ import annotations

from pathlib import Path

from tutti_aider.runtime import Aider
from tutti_testing import RuntimeConformance


class TestAider(RuntimeConformance):
    runtime = Aider()
    corpus = Path(__file__).parent / "corpus"
    version = "0.86.2"
