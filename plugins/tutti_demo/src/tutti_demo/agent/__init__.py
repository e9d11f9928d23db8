"""The scripted agent itself: ``python -m tutti_demo.agent``.

It looks and behaves like the coding agents people use, asks no model and needs no network: what
it does is written in the prompt as ``[[directives]]`` (see ``script.py``). From the ground up:
``text``, ``state``, ``script``, ``input``, ``composer``, ``permissions``, ``screen`` and
``painter`` are pure; ``home``, ``transcript``, ``memory``, ``work`` and ``terminal`` touch the
world; ``desk``, ``talk``, ``tools``, ``trouble`` and ``turn`` are what a turn does; ``tasks``,
``session``, ``keyboard`` and ``app`` hold it together. ``driver`` runs the whole program in a
pseudo-terminal and reads its screen with ``emulator``, for tests and recordings.
"""

from __future__ import annotations

VERSION = "0.1.0"
