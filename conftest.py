"""How thorough the tests are by default: less so each day than at length."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The same examples every day, at whatever speed: what fails was broken by whoever changed it.
settings.register_profile(
    "daily",
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("daily")
