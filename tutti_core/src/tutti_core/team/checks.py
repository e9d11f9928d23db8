"""The core's own checks for the doctor; they look and change nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from ..errors import TuttiError
from ..model.contract import Check
from ..model.happening import Finding
from . import plan
from .sharing import shared
from .versions import Answer, ask, found

if TYPE_CHECKING:
    from ..model.arrangement import Agent, Profile
    from ..model.contract import Runtime
    from .context import Context

VERSION_SECS = 5.0
"""How long the doctor waits for a program to say its version; real ones take up to a second."""


def core_checks() -> tuple[Check, ...]:
    """Return the core's checks, in the order of the report."""
    return (
        Check("tmux", _tmux),
        Check("git", _git),
        Check("sharing", _sharing),
        Check("profile", _profile),
        Check("launch policy", _policy),
        Check("runtimes", _runtimes),
        Check("tool packs", _tool_packs),
        Check("serve", _serve),
        Check("auth", _auth),
    )


def _tmux(_: Context) -> Iterator[Finding]:
    if shutil.which("tmux") is None:
        advice = "apt install tmux, or brew install tmux"
        yield Finding("tmux", "fail", "tmux is not on PATH", advice)
        return
    done = subprocess.run(["tmux", "-V"], capture_output=True, text=True, timeout=10, check=False)
    version = done.stdout.strip().removeprefix("tmux ")
    old = version[:1].isdigit() and int(version.split(".")[0]) < 3
    advice = "tt needs tmux 3.0 or newer" if old else ""
    yield Finding("tmux", "fail" if old else "pass", f"tmux {version}", advice)


def _git(context: Context) -> Iterator[Finding]:
    from ..git.repo import Git, main_root

    if shutil.which("git") is None:
        yield Finding("git", "fail", "git is not on PATH", "apt install git, or brew install git")
        return
    wants = any(context.arrangement.worktree_of(agent) for agent in context.arrangement.agent)
    top = main_root(context.root)
    if top is None:
        status, advice = ("fail", "git init, or worktree = false") if wants else ("skip", "")
        yield Finding("git", status, f"{context.root} is not in a repository", advice)  # type: ignore[arg-type]
    elif wants and not Git(top).has_commits():
        yield Finding("git", "fail", "the repository has no commits", "git commit the first one")
    else:
        yield Finding("git", "pass", f"repository at {top}")


def _sharing(context: Context) -> Iterator[Finding]:
    advice = "give each a worktree and a branch of its own, or let them take turns"
    for line in shared(context.arrangement):
        yield Finding("sharing", "warn", line, advice)


def _profile(context: Context) -> Iterator[Finding]:
    name = context.arrangement.workspace.auth.default_profile
    if name is None:
        advice = "set default_profile under [workspace.auth] if you have several accounts"
        yield Finding("auth profile", "skip", "no default profile; the CLIs' own logins", advice)
        return
    profile = context.arrangement.settings.named_profile(name)
    if profile is None:
        advice = "add the [[profile]] to the global file"
        yield Finding("auth profile", "fail", f"no profile {name!r}", advice)
        return
    yield _whose(context, profile)
    words = plan.words_of(profile)
    there = found(words, profile.env) is not None
    advice = "" if there else f"install {words[0]}, or mend the profile's command"
    yield Finding("profile command", "pass" if there else "fail", profile.command, advice)


def _whose(context: Context, profile: Profile) -> Finding:
    agents = context.arrangement.agent
    users = [one for one in agents if plan.fits(profile, context.runtime(one))]
    detail = f"{profile.name} ({profile.provider})"
    if agents and not users:
        advice = "no agent's runtime has this command: they run on their CLIs' own logins"
        return Finding("auth profile", "warn", detail, advice)
    return Finding("auth profile", "pass", detail)


def _policy(context: Context) -> Iterator[Finding]:
    settings = context.arrangement.launch
    if not context.arrangement.agent or settings.mode == "safe":
        yield Finding("launch policy", "skip", f"mode {settings.mode} asks a person")
        return
    try:
        _, policy = plan.settle(context, None, None)
    except TuttiError as error:
        yield Finding("launch policy", "fail", error.message, error.hint)
        return
    if policy == "bypass":
        advice = "use it in a sandbox only"
        yield Finding("launch policy", "warn", "policy bypass: agents may do anything", advice)
        return
    found_out = [_constrained(context, agent) for agent in context.arrangement.agent]
    bad = [one for one in found_out if one.status != "pass"]
    yield from bad or found_out[:1]
    yield from _parity(context)


def _constrained(context: Context, agent: Agent) -> Finding:
    check = "launch policy"
    try:
        runtime = context.runtime(agent)
        way = plan.settle(context, None, None)
        wanted = plan.request(context, agent, runtime, way, ask=False)
        rules = plan.prepared(context, wanted).rules or ()
    except TuttiError as error:
        return Finding(check, "fail", f"{agent.name}: {error.message}", error.hint)
    how = runtime.capabilities.constrain
    if how == "none":
        detail = f"{agent.name}: {runtime.title} cannot be held to a policy"
        return Finding(check, "warn", detail, "use --mode safe for it")
    return Finding(check, "pass", f"{len(rules)} rules; {runtime.title} is held by {how}")


def _parity(context: Context) -> Iterator[Finding]:
    """Say which agents are held to the policy less strictly than the others."""
    shims = [
        agent.name
        for agent in context.arrangement.agent
        if context.runtime(agent).capabilities.constrain == "shim"
    ]
    if shims:
        detail = f"{', '.join(shims)}: held by shims, which is best effort"
        yield Finding("launch/policy_parity", "pass", detail)


def _runtimes(context: Context) -> Iterator[Finding]:
    """Say for each agent whether its program is there; all of them are asked at once."""
    needs = [_need(context, agent) for agent in context.arrangement.agent]
    programs = {one.key: one for one in needs}
    with ThreadPoolExecutor(max(1, len(programs))) as pool:
        asked = {key: pool.submit(one.ask) for key, one in programs.items()}
    for one in needs:
        yield one.finding(asked[one.key].result())


class _Need(NamedTuple):
    """The program that an agent needs."""

    agent: str
    runtime: Runtime
    command: tuple[str, ...]
    env: dict[str, str]

    @property
    def key(self) -> object:
        return self.command, self.runtime.capabilities.version, self.env.get("PATH")

    def ask(self) -> Answer:
        asking = self.runtime.capabilities.version
        return ask(self.command, self.env, timeout=VERSION_SECS, asking=asking)

    def finding(self, answer: Answer) -> Finding:
        check, title = f"runtime/{self.agent}", self.runtime.title
        if found(self.command, self.env) is None:
            advice = f"install {title}, or set a profile's command"
            return Finding(check, "fail", f"{self.command[0]} is not on PATH", advice)
        if not answer.came:
            advice = f"try it: {' '.join([*self.command, *self.runtime.capabilities.version])}"
            return Finding(check, "warn", f"{title} does not say its version", advice)
        return Finding(check, "pass", f"{title} {answer.version or '(no version)'}")


def _need(context: Context, agent: Agent) -> _Need:
    return _Need(agent.name, context.runtime(agent), *plan.started_by(context, agent))


def _tool_packs(context: Context) -> Iterator[Finding]:
    if not context.arrangement.tool_pack:
        yield Finding("tool packs", "skip", "none configured")
    for pack in context.arrangement.tool_pack:
        base = f"tool-pack/{pack.name}"
        if not pack.required_commands and not pack.required_env:
            yield Finding(base, "warn", "asks for nothing", "add required_commands or required_env")
        for program in pack.required_commands:
            there = shutil.which(program) is not None
            advice = "" if there else f"install {program}"
            yield Finding(f"{base}/cmd", "pass" if there else "fail", program, advice)
        for variable in pack.required_env:
            there = variable in os.environ
            advice = "" if there else f"export {variable}=…"
            yield Finding(f"{base}/env", "pass" if there else "fail", variable, advice)


def _serve(context: Context) -> Iterator[Finding]:
    folder = context.places.state
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    able = os.access(nearest, os.W_OK | os.X_OK)
    advice = "" if able else f"make {nearest} writable"
    yield Finding("serve/state_dir", "pass" if able else "fail", str(folder), advice)
    events = context.places.events
    able = os.access(events, os.W_OK) if events.exists() else able
    advice = "" if able else f"make {events} writable"
    yield Finding("serve/events_log", "pass" if able else "fail", str(events), advice)
    later = "workflows and their schedules come with tutti-workflow"
    yield Finding("serve/scheduler", "skip", later)
    yield _port(context.arrangement.settings.dashboard.port)


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        return Finding("serve/port", "warn", f"{port} is in use", "set another [dashboard] port")
    return Finding("serve/port", "pass", f"{port} is free")


def _auth(context: Context) -> Iterator[Finding]:
    for voice in context.voices().values():
        if voice.session is None or voice.session.dead:
            continue
        reading = voice.reading
        word = {"ok": "pass", "failed": "fail", "unknown": "warn"}[reading.auth_state]
        advice = "" if word == "pass" else f"tt attach {voice.agent}"
        detail = f"{reading.state} {reading.detail}".strip()
        yield Finding(f"auth/{voice.agent}", word, detail, advice)  # type: ignore[arg-type]
