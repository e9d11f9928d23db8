"""The scripted agent keeps the contract like any other."""

from __future__ import annotations

from tutti_demo.runtime import Demo
from tutti_testing import RuntimeConformance


class TestDemo(RuntimeConformance):
    runtime = Demo()
