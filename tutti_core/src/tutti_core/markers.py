"""The two decorators by which hooks are declared and implemented."""

from __future__ import annotations

import pluggy

PROJECT = "tutti"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
