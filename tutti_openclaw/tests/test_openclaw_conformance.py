"""OpenClaw keeps the contract, and its screens are read right."""

from __future__ import annotations

from pathlib import Path

from tutti_openclaw.runtime import OpenClaw
from tutti_testing import RuntimeConformance


class TestOpenClaw(RuntimeConformance):
    runtime = OpenClaw()
    corpus = Path(__file__).parent / "corpus"
    version = "2026.9.6"
