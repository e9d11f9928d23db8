"""The version of the core; a test holds it equal to the distribution's."""

from __future__ import annotations

VERSION = "0.1.0"
