"""The core of tutti: what plugin authors import.

Names are brought in when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cli.common import agent_argument as agent_argument
    from .cli.common import json_option as json_option
    from .cli.common import open_running as open_running
    from .cli.common import show_json as show_json
    from .cli.common import workspace_option as workspace_option
    from .cli.style import legible as legible
    from .cli.style import paint as paint
    from .cli.style import table as table
    from .config.convert import convert as convert
    from .config.find import global_path as global_path
    from .detection.evidence import gather as gather
    from .detection.judge import judge as judge
    from .detection.rulefile import compile_rules as compile_rules
    from .detection.turns import Mark as Mark
    from .detection.turns import Turns as Turns
    from .detection.turns import turns as turns
    from .errors import ConfigError as ConfigError
    from .errors import GitError as GitError
    from .errors import PluginError as PluginError
    from .errors import PolicyError as PolicyError
    from .errors import RuntimeFailure as RuntimeFailure
    from .errors import StateError as StateError
    from .errors import TuttiError as TuttiError
    from .errors import UsageError as UsageError
    from .git.moving import move_refs as move_refs
    from .git.moving import tip as tip
    from .git.repo import Git as Git
    from .git.reviving import branch_off as branch_off
    from .git.reviving import export_tree as export_tree
    from .git.reviving import planned_moves as planned_moves
    from .git.reviving import revive as revive
    from .git.snapshot import pin as pin
    from .git.worktrees import Worktrees as Worktrees
    from .markers import hookimpl as hookimpl
    from .model.arrangement import Agent as Agent
    from .model.arrangement import Arrangement as Arrangement
    from .model.arrangement import Profile as Profile
    from .model.arrangement import Workspace as Workspace
    from .model.attempt import Attempt as Attempt
    from .model.contract import Check as Check
    from .model.contract import Command as Command
    from .model.contract import CountsUnread as CountsUnread
    from .model.contract import Detector as Detector
    from .model.contract import Keys as Keys
    from .model.contract import Learns as Learns
    from .model.contract import PastesWhile as PastesWhile
    from .model.contract import PressesWhile as PressesWhile
    from .model.contract import Quotes as Quotes
    from .model.contract import Recalls as Recalls
    from .model.contract import Runtime as Runtime
    from .model.contract import Service as Service
    from .model.contract import SessionHost as SessionHost
    from .model.contract import Sink as Sink
    from .model.contract import StepType as StepType
    from .model.contract import Table as Table
    from .model.contract import Template as Template
    from .model.contract import Verb as Verb
    from .model.happening import Action as Action
    from .model.happening import Event as Event
    from .model.happening import Finding as Finding
    from .model.happening import Receipt as Receipt
    from .model.happening import Verdict as Verdict
    from .model.launch import Capabilities as Capabilities
    from .model.launch import Kept as Kept
    from .model.launch import Launch as Launch
    from .model.launch import LaunchRequest as LaunchRequest
    from .model.launch import Past as Past
    from .model.launch import Refusal as Refusal
    from .model.launch import TreePlan as TreePlan
    from .model.order import natural as natural
    from .model.reading import KINDS as KINDS
    from .model.reading import STATES as STATES
    from .model.reading import Evidence as Evidence
    from .model.reading import Observation as Observation
    from .model.reading import Option as Option
    from .model.reading import Reading as Reading
    from .model.reading import Screen as Screen
    from .model.session import Ended as Ended
    from .model.session import Session as Session
    from .model.session import SessionSpec as SessionSpec
    from .plugins import Plugins as Plugins
    from .state.files import JsonFile as JsonFile
    from .state.journal import Journal as Journal
    from .state.lock import Lock as Lock
    from .team.context import Context as Context
    from .team.conversations import forget as forget
    from .team.conversations import known as known
    from .team.conversations import newest_first as newest_first
    from .team.entry import launched_by as launched_by
    from .team.facts import publish_facts as publish_facts
    from .team.loading import load_arrangement as load_arrangement
    from .team.loading import load_global as load_global
    from .team.loading import no_runtime as no_runtime
    from .team.plan import started_by as started_by
    from .team.posted import Posted as Posted
    from .team.posted import answered as answered
    from .team.posted import posted as posted
    from .team.posted import settled as settled
    from .team.reach import root_of as root_of
    from .team.reach import target_of as target_of
    from .team.retiring import retire as retire
    from .team.retiring import unkept as unkept
    from .team.trees import exclude as exclude
    from .team.turn import Turn as Turn
    from .team.turn import Typed as Typed
    from .team.versions import version_of as version_of
    from .terminal.processes import carried as carried
    from .terminal.processes import end_marked as end_marked
    from .terminal.processes import start_time as start_time
    from .undoing.entry import FileCopy as FileCopy
    from .undoing.entry import LostTree as LostTree
    from .undoing.entry import RefChange as RefChange
    from .undoing.entry import UndoEntry as UndoEntry
    from .undoing.entry import Unkept as Unkept
    from .undoing.store import Undo as Undo

_HOMES = {
    "cli.common": "agent_argument json_option open_running show_json workspace_option",
    "cli.style": "legible paint table",
    "config.convert": "convert",
    "config.find": "global_path",
    "detection.evidence": "gather",
    "detection.judge": "judge",
    "detection.rulefile": "compile_rules",
    "detection.turns": "Mark Turns turns",
    "errors": "ConfigError GitError PluginError PolicyError RuntimeFailure StateError TuttiError "
    "UsageError",
    "git.moving": "move_refs tip",
    "git.repo": "Git",
    "git.reviving": "branch_off export_tree planned_moves revive",
    "git.snapshot": "pin",
    "git.worktrees": "Worktrees",
    "markers": "hookimpl",
    "model.arrangement": "Agent Arrangement Profile Workspace",
    "model.attempt": "Attempt",
    "model.contract": "Check Command CountsUnread Detector Keys Learns PastesWhile PressesWhile "
    "Quotes Recalls Runtime Service SessionHost Sink StepType Table Template Verb",
    "model.happening": "Action Event Finding Receipt Verdict",
    "model.launch": "Capabilities Kept Launch LaunchRequest Past Refusal TreePlan",
    "model.order": "natural",
    "model.reading": "KINDS STATES Evidence Observation Option Reading Screen",
    "model.session": "Ended Session SessionSpec",
    "plugins": "Plugins",
    "state.files": "JsonFile",
    "state.journal": "Journal",
    "state.lock": "Lock",
    "team.context": "Context",
    "team.conversations": "forget known newest_first",
    "team.entry": "launched_by",
    "team.facts": "publish_facts",
    "team.loading": "load_arrangement load_global no_runtime",
    "team.plan": "started_by",
    "team.posted": "Posted answered posted settled",
    "team.reach": "root_of target_of",
    "team.trees": "exclude",
    "team.turn": "Turn Typed",
    "team.retiring": "retire unkept",
    "team.versions": "version_of",
    "terminal.processes": "carried end_marked start_time",
    "undoing.entry": "FileCopy LostTree RefChange UndoEntry Unkept",
    "undoing.store": "Undo",
}
_WHERE = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_WHERE)  # noqa: PLE0605 -- derived, so that no name is listed twice


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
