"""The plugin author's kit: a workspace to test in, conformance suites, a scripted model."""

from __future__ import annotations

from .conformance import RuntimeConformance as RuntimeConformance
from .conformance import SinkConformance as SinkConformance
from .conformance import failures as failures
from .stage import Result as Result
from .stage import Stage as Stage
from .stage import wait_for as wait_for
