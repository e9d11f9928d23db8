"""How thorough the tests are by default: less so each day than at length."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("daily", max_examples=40)
settings.load_profile("daily")
