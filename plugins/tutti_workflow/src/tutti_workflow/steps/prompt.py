"""The step `prompt`: an agent is given a prompt, once, and what it leaves is collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from tutti_core import Arrangement, Attempt, Context

from ..model import Common
from .files import Injected
from .posting import fate_of
from .talking import Talk

NAME = r"[A-Za-z0-9_-]+"


def _filled(_: Any, field: Any, value: Any) -> None:
    if value is not None and not value.strip():
        raise ValueError(f"{field.name} is blank")


def _positive(_: Any, field: Any, value: float | None) -> None:
    if value is not None and value <= 0:
        raise ValueError(f"{field.name} must be more than 0")


@attrs.frozen
class PromptKeys:
    """The keys of a step of type `prompt`.

    Attributes:
        agent: The agent; it is started if it does not run.
        text: What it is told.
        inject_files: Files that are copied to where it works, before: paths in the workspace, or
            `{src, dest}`.
        output_json: File that it is to write, relative to where it works: one JSON value.
        reprompt: How often it is told again to write that, if it did not.
        wait_for_idle: Whether to wait until it is through with the prompt.
        wait_timeout_secs: Seconds to wait for that, or for its files; 900 if it is not said.
        startup_grace_secs: Seconds it has to begin where nothing proves that it took the prompt;
            30 if it is not said.
        artifact_glob: Where it leaves an artifact: a pattern relative to where it works; `~`,
            `{workspace}`, `{agent}` and `{slug}` are filled in.
        artifact_name: What later steps call the artifact.
        raw: Whether a leading `/` or `!` is meant as the CLI's own command.
        allow_outside: Whether files may come from, or be left, outside of the workspace.
    """

    agent: str = attrs.field(validator=_filled)
    text: str = attrs.field(validator=_filled)
    inject_files: tuple[str | Injected, ...] = ()
    output_json: str | None = attrs.field(default=None, validator=_filled)
    reprompt: int = attrs.field(
        default=1, validator=[attrs.validators.ge(0), attrs.validators.le(5)]
    )
    wait_for_idle: bool = False
    wait_timeout_secs: float | None = attrs.field(default=None, validator=_positive)
    startup_grace_secs: float | None = attrs.field(default=None, validator=_positive)
    artifact_glob: str | None = attrs.field(default=None, validator=_filled)
    artifact_name: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.matches_re(NAME))
    )
    raw: bool = False
    allow_outside: bool = False

    def __attrs_post_init__(self) -> None:
        """Hold that what goes together is there together."""
        if (self.artifact_glob is None) != (self.artifact_name is None):
            raise ValueError("artifact_glob and artifact_name go together")

    @property
    def waits(self) -> bool:
        """Whether it is over only once the agent has done something."""
        return bool(self.wait_for_idle or self.output_json or self.artifact_glob)


class Prompt:
    """Gives an agent a prompt."""

    name = "prompt"
    schema = PromptKeys
    fail_mode = "closed"
    on_resume = "ask"
    holds_agent = True
    retries = False
    untrusted = True

    def check(
        self, step: PromptKeys, common: Common, arrangement: Arrangement
    ) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with it in its workflow."""
        if not step.waits:
            for key in ("wait_timeout_secs", "startup_grace_secs"):
                if getattr(step, key) is not None:
                    yield f".{key}", "goes with wait_for_idle, output_json or artifact_glob"
        if common.id is None:
            for key in ("output_json", "artifact_glob"):
                if getattr(step, key) is not None:
                    yield f".{key}", "needs an id, by which later steps name it"
        for number, one in enumerate(step.inject_files):
            source = one.src if isinstance(one, Injected) else one
            if not source.strip():
                yield f".inject_files[{number}]", "is blank"
            elif source.startswith("/") and not step.allow_outside:
                yield f".inject_files[{number}]", "must be relative to the workspace"

    def leaves(self, step: PromptKeys, common: Common) -> tuple[str, ...]:
        """Name what it leaves for later steps."""
        own = (str(common.id),) if step.output_json is not None else ()
        return (*own, step.artifact_name) if step.artifact_name is not None else own

    def intent(self, context: Context, step: PromptKeys) -> Mapping[str, Any]:
        """Say what the contract's intent has of it beside its keys."""
        return {"session_name": f"tutti-{context.name}-{step.agent}", "text_chars": len(step.text)}

    def plan(self, context: Context, step: PromptKeys) -> Mapping[str, Any]:
        """Say what would be told to whom, and what is waited for."""
        told = {
            "agent": context.agent(step.agent).name,
            "summary": step.text,
            "inject_files": len(step.inject_files),
            "starts": [step.agent],
            "wait_for_idle": step.wait_for_idle,
        }
        for key in ("artifact_glob", "artifact_name", "output_json"):
            if getattr(step, key) is not None:
                told[key] = getattr(step, key)
        return told

    def run(self, context: Context, step: PromptKeys, attempt: Attempt) -> Mapping[str, Any]:
        """Give it the prompt, or go on waiting for one that was sent, and collect what it left."""
        attempt.check()
        return Talk(context, step, attempt).run()

    def recover(
        self, context: Context, step: PromptKeys, record: Mapping[str, Any]
    ) -> Literal["redo", "continue", "unknown"]:
        """Look what became of the prompt that was sent last."""
        return fate_of(context, step, record)
