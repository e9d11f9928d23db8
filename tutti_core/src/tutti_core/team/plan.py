"""From an agent and the command line to a launch request, and the refusals on the way."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import attrs

from ..errors import ConfigError, PolicyError
from ..model.arrangement import Agent, Mode, Policy, Profile
from ..model.launch import Capabilities, LaunchRequest
from .versions import version_of

if TYPE_CHECKING:
    from ..model.contract import Runtime
    from .context import Context

# One argument may take 128 KB on Linux, and the environment has to fit beside it.
ARGUMENT_BYTES = 60_000


class Way(NamedTuple):
    """How an agent may work.

    Attributes:
        mode: How much it may do without asking.
        policy: Whether a policy binds it.
    """

    mode: Mode
    policy: Policy


class Wish(NamedTuple):
    """What is wished of one start.

    Attributes:
        fresh: Whether its worktree must start from the workspace's current commit.
        keep: Whether its worktree is left as it is whatever the arrangement wishes.
        anew: Whether it begins a new conversation, though it could go on with its last.
        conversation: The conversation it must go on with; empty for its last.
        by: Who wants it, if somebody is to know his launches again.
    """

    fresh: bool = False
    keep: bool = False
    anew: bool = False
    conversation: str = ""
    by: str = ""


def settle(context: Context, mode: Mode | None, policy: Policy | None) -> Way:
    """Return the mode and the policy that count: the command line's, else the arrangement's.

    Raises:
        PolicyError: If bypass is asked for in a mode that does not allow it.
    """
    settings = context.arrangement.launch
    chosen, bound = mode or settings.mode, policy or settings.policy
    if bound == "bypass" and chosen != "unattended":
        raise PolicyError(
            f"policy bypass needs mode unattended, found mode {chosen}",
            hint="add --mode unattended, or leave out --policy bypass",
        )
    return Way(chosen, bound)


def request(
    context: Context,
    agent: Agent,
    runtime: Runtime,
    way: Way,
    *,
    ask: bool = True,
) -> LaunchRequest:
    """Return what is asked of the runtime, before any plugin has amended it.

    Args:
        context: The workspace.
        agent: The agent to start.
        runtime: Its runtime.
        way: How it may work.
        ask: Whether its program is asked for its version, which may take a while.
    """
    profile = default_profile(context, runtime)
    command = command_of(runtime, profile)
    env = environment(context, agent, profile)
    asking = runtime.capabilities.version
    return LaunchRequest(
        agent=agent,
        arrangement=context.arrangement,
        cwd=context.root,
        command=command,
        mode=way.mode,
        policy=way.policy,
        prompt=first_prompt(context.root, agent, runtime.capabilities),
        memory=memory(context.root, agent) if runtime.capabilities.memory else None,
        conversation=new_conversation(runtime.capabilities),
        version=version_of(command, env, asking=asking) if ask else None,
        profile=profile,
        env=env,
        files=context.places.launch(agent.name),
        spool=context.places.spool(agent.name),
    )


def new_conversation(able: Capabilities) -> str | None:
    """Return the id of a conversation to begin, or None if the runtime chooses it.

    Args:
        able: What the runtime says of its CLI.
    """
    return str(uuid4()) if able.resume == "chosen" else None


def prepared(context: Context, wanted: LaunchRequest) -> LaunchRequest:
    """Let the plugins amend a request, and hold it to the policy.

    Raises:
        PolicyError: If a plugin refuses, or a constrained launch has no policy.
    """
    from ..model.launch import Refusal

    answer = context.plugins.prepare(wanted)
    if isinstance(answer, Refusal):
        raise PolicyError(f"{answer.by}: {answer.reason}", hint=answer.remedy)
    if answer.constrained and answer.rules is None:
        raise PolicyError(
            "a constrained launch needs a policy, and no plugin supplies one",
            hint=_remedy(context),
        )
    return answer


def first_prompt(root: Path, agent: Agent, able: Capabilities) -> str | None:
    """Return what an agent is told first: its prompt, and before it what has no flag of its own.

    Args:
        root: Absolute path of the workspace.
        agent: The agent.
        able: What its runtime says of its CLI.
    """
    prompt = disarmed(agent.prompt, able)
    told = None if able.memory else memory(root, agent)
    if told is None:
        return prompt
    return "\n\n".join(["## Agent Memory", told, *(["---", prompt] if prompt else [])])


def short_prompt(wanted: LaunchRequest) -> tuple[LaunchRequest, str | None]:
    """Hold back a prompt that is too long for a command line.

    Returns:
        The request as the runtime gets it, and the prompt to paste once the agent is ready.
    """
    if wanted.prompt is None or len(wanted.prompt.encode()) <= ARGUMENT_BYTES:
        return wanted, None
    return attrs.evolve(wanted, prompt=None), wanted.prompt


def disarmed(prompt: str | None, able: Capabilities) -> str | None:
    """Return a prompt that the CLI will not run by itself.

    Args:
        prompt: The prompt.
        able: What the runtime says of its CLI.
    """
    runs = prompt and able.commands and re.match(able.commands, prompt)
    return f"{able.disarm}{prompt}" if runs else prompt


def default_profile(context: Context, runtime: Runtime) -> Profile | None:
    """Return the workspace's profile if it is one for this runtime."""
    name = context.arrangement.workspace.auth.default_profile
    found = context.arrangement.settings.named_profile(name) if name else None
    return found if found and fits(found, runtime) else None


def fits(profile: Profile, runtime: Runtime) -> bool:
    """Return whether a profile is one for a runtime.

    It is if its command runs the runtime's program, wherever that lies, so that `/opt/old/claude`
    still is Claude Code; or if its provider is one the runtime names, whatever its command is.
    """
    names = [Path(word).name for word in shlex.split(profile.command)]
    return Path(runtime.program).name in names or profile.provider in runtime.capabilities.providers


def command_of(runtime: Runtime, profile: Profile | None) -> tuple[str, ...]:
    """Return the program and leading arguments an agent is started by."""
    return words_of(profile) if profile else (runtime.program,)


def started_by(context: Context, agent: Agent) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the words an agent is started by, and the variables it gets.

    Args:
        context: The workspace.
        agent: The agent.
    """
    runtime = context.runtime(agent)
    profile = default_profile(context, runtime)
    return command_of(runtime, profile), environment(context, agent, profile)


def words_of(profile: Profile) -> tuple[str, ...]:
    """Return a profile's command as words, `~` in front of the program as the user's home."""
    program, *others = shlex.split(profile.command)
    return (os.path.expanduser(program), *others)


def memory(root: Path, agent: Agent) -> str | None:
    """Return the text of an agent's standing instructions, or None.

    Raises:
        ConfigError: If the file is missing, lies outside the workspace or is no text.
    """
    if not agent.memory:
        return None
    path = (root / agent.memory).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"memory of agent {agent.name!r} leads outside the workspace: {path}")
    if not path.is_file():
        raise ConfigError(
            f"memory of agent {agent.name!r} is not there: {agent.memory}",
            hint="create the file, or take memory out of tutti.toml",
        )
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"memory of agent {agent.name!r} cannot be read: {error}") from error


def environment(context: Context, agent: Agent, profile: Profile | None) -> dict[str, str]:
    """Return the variables an agent gets: the workspace's, its profile's, its own."""
    common = dict(context.arrangement.workspace.env)
    name, email = common.pop("git_name", None), common.pop("git_email", None)
    git = {"GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": name}
    git |= {"GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_EMAIL": email}
    known = {key: value for key, value in git.items() if value}
    return {**common, **known, **(profile.env if profile else {}), **agent.env}


def _remedy(context: Context) -> str:
    aside = list(context.plugins.broken.values())
    broken = f"mend {aside[0].distribution} ({aside[0].reason}); or " if aside else ""
    return (
        f"{broken}tt plugins install permissions and list commands under [permissions]; "
        "or --mode safe; or --mode unattended --policy bypass"
    )
