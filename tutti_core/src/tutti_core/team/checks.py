"""The core's own checks for the doctor; they look and change nothing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import TuttiError
from ..model.contract import Check
from ..model.happening import Finding, Status
from . import plan
from .asking import way_for
from .machine import asked, git, need, tmux
from .rules import files_there
from .sharing import shared
from .versions import found
from .watch_check import watched

if TYPE_CHECKING:
    from ..model.arrangement import Agent, Profile
    from ..model.reading import Reading
    from .context import Context

HELD = {"hard": "by the CLIs themselves", "shim": "by shims, which is best effort"}


def core_checks() -> tuple[Check, ...]:
    """Return the core's checks, in the order of the report."""
    return (
        Check("tmux", tmux),
        Check("git", git),
        Check("sharing", _sharing),
        Check("profile", _profile),
        Check("launch policy", _policy),
        Check("runtimes", _runtimes),
        Check("rules", _rules),
        Check("tool packs", _tool_packs),
        Check("serve", _serve),
        Check("watcher", watched),
        Check("auth", _auth),
    )


def _rules(context: Context) -> Iterator[Finding]:
    """Name what people put over the rules of runtimes in use, and what of it cannot be used."""
    digest = context.digest
    for name in sorted({one["runtime"] for one in digest["agents"]} & set(digest["rules"])):
        wrong = digest["left_out"].get(name, ())
        for said in wrong:
            yield Finding(f"rules/{name}", "fail", said, "mend it; it is left out until then")
        files = files_there(name, context.root)
        if files and not wrong:
            advice = f"tt detect AGENT --explain shows what they change for {name}"
            yield Finding(f"rules/{name}", "pass", ", ".join(files), advice)


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
        detail += " fits no agent's runtime: they run on their CLIs' own logins"
        advice = "mend the profile's command, or take default_profile away"
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
        advice = 'use it in a sandbox only, else policy = "constrained" under [launch]'
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
    able = runtime.capabilities.constrain
    if able == "none":
        detail = f"{agent.name}: {runtime.title} cannot be held to a policy"
        return Finding(check, "warn", detail, "use --mode safe for it")
    return Finding(check, "pass", f"{len(rules)} rules, held {HELD[able]}")


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
    """Say for each agent whether its program is there."""
    for one, answer in asked([need(context, agent) for agent in context.arrangement.agent]):
        advice = f"install {one.runtime.title}, or set a profile's command"
        yield one.missing("fail", advice) or one.finding(answer)


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


SCHEDULER = "serve/scheduler"
"""The check that whoever gives workflows makes of their schedules."""


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
    if SCHEDULER not in context.plugins.checks(context):
        yield Finding(SCHEDULER, "skip", "workflows and their schedules come with tutti-workflow")
    yield _port(context.arrangement.settings.dashboard.port)


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        return Finding("serve/port", "warn", f"{port} is in use", "set another [dashboard] port")
    return Finding("serve/port", "pass", f"{port} is free")


def _auth(context: Context) -> Iterator[Finding]:
    """Say of each agent whether its login works, as far as it can be seen."""
    voices = context.voices()
    for voice in voices.values():
        check, reading = f"auth/{voice.agent}", voice.reading
        if voice.session is None or voice.session.dead:
            why = "does not run; nothing asks its provider for it"
            yield Finding(check, "skip", why, f"tt up {voice.agent}, then tt doctor again")
        else:
            word, advice = _login(voice.agent, reading)
            state = reading.state.replace("_", " ")
            said = f"{state}: {reading.detail}" if reading.detail else state
            yield Finding(check, word, said, advice)


def _login(agent: str, reading: Reading) -> tuple[Status, str]:
    """Return what an agent's state says of its login, and what to do about it."""
    if reading.auth_state == "failed":
        return "fail", f"tt attach {agent}, and log in there; or mend its profile's key"
    if reading.auth_state == "unknown":
        return "warn", f"tt detect {agent} --explain"
    if reading.state == "starting" or reading.kind in ("trust", "dialog"):
        return "skip", f"{way_for(agent, reading)}; nothing was asked of its provider yet"
    return "pass", ""
