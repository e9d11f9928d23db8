"""Teams to begin with: files that say what they are above a line, and what they make below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ..errors import ConfigError
from ..model.contract import Template

BELOW = "# ── config below ──"
"""The line that parts what a template says of itself from what it makes."""

TEXTS = ("name", "version", "description", "author")
LISTS = ("detect", "detect_all")
NAME = re.compile(r"[A-Za-z0-9_-]+")
VERSION = re.compile(r"[A-Za-z0-9_.+-]+")
HINT = f"above the line {BELOW!r} it needs a [template] table with name, version and description"


def core_templates() -> tuple[Template, ...]:
    """Return the core's own templates: small teams that start with whatever runtime is there."""
    folder = files("tutti_core") / "templates"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return tuple(read_template((folder / name).read_text("utf-8"), name) for name in names)


def read_template(text: str, source: str) -> Template:
    """Read a template's file.

    Args:
        text: Its text: a `[template]` table, the line, and the `tutti.toml` it makes. Without the
            line all of it is what it makes.
        source: What to call it in messages; its name, if it says none itself.

    Raises:
        ConfigError: If it does not say what it is.
    """
    head, below, body = _parted(text)
    if not below:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", source.rpartition("/")[2].removesuffix(".toml"))
        return Template(name.strip("-") or "unnamed", "0", f"from {source}", text)
    about = _about(head, source)
    return Template(
        name=about["name"],
        version=about["version"],
        description=about["description"],
        body=body,
        detect=tuple(about.get("detect", ())),
        detect_all=tuple(about.get("detect_all", ())),
        author=about.get("author", ""),
        roles={role: _role(role, told, source) for role, told in about.get("roles", {}).items()},
    )


def _parted(text: str) -> tuple[str, bool, str]:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip() == BELOW:
            return "".join(lines[:number]), True, "".join(lines[number + 1 :])
    return "", False, text


def _about(head: str, source: str) -> dict[str, Any]:
    import tomli

    try:
        about = tomli.loads(head).get("template")
    except tomli.TOMLDecodeError as error:
        raise _unusable(source, str(error)) from error
    if not isinstance(about, dict):
        raise _unusable(source, "it has no [template] table")
    unknown = set(about) - {*TEXTS, *LISTS, "roles"}
    if unknown:
        raise _unusable(source, f"[template] has no {min(unknown)!r}")
    for key in ("name", "version", "description"):
        if not about.get(key):
            raise _unusable(source, f"[template] needs a {key}")
    _check_types(about, source)
    return about


def _check_types(about: Mapping[str, Any], source: str) -> None:
    for key in TEXTS:
        if not isinstance(about.get(key, ""), str):
            raise _unusable(source, f"template.{key} must be a text")
    for key in LISTS:
        listed = about.get(key, [])
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise _unusable(source, f"template.{key} must be a list of file names")
    if not isinstance(about.get("roles", {}), dict):
        raise _unusable(source, "template.roles must be tables")
    if not NAME.fullmatch(about["name"]) or not VERSION.fullmatch(about["version"]):
        raise _unusable(source, 'a name is letters, digits, "-" and "_", a version such as 1.0.0')


def _role(role: str, told: Any, source: str) -> str:
    runtime = told.get("default_runtime") if isinstance(told, dict) else None
    if not isinstance(runtime, str) or not runtime:
        raise _unusable(source, f"template.roles.{role} needs a default_runtime")
    text = told.get("description")
    return f"{runtime} ({text})" if text else runtime


def _unusable(source: str, why: str) -> ConfigError:
    return ConfigError(f"{source} is no template: {why}", hint=HINT)
