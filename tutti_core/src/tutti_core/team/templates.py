"""The core's own templates: small teams that start with whatever runtime is there."""

from __future__ import annotations

from importlib.resources import files

from ..model.contract import Template

NAMES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("minimal", "One agent that does everything.", ()),
    ("pair", "One implements, one reviews and tests.", ("src", "lib")),
    ("web", "A backend, a frontend and the tests.", ("package.json",)),
)


def core_templates() -> tuple[Template, ...]:
    """Return the core's templates; their bodies are files beside this module."""
    folder = files("tutti_core") / "templates"
    return tuple(
        Template(name, "0.1.0", text, (folder / f"{name}.toml").read_text("utf-8"), detect)
        for name, text, detect in NAMES
    )
