"""What a plugin can give: small protocols and frozen declarations, no base class with state."""

from __future__ import annotations

from .declared import Check, Command, Keys, Table, Template
from .host import CountsUnread, PastesWhile, PressesWhile, SessionHost
from .kinds import Detector, Learns, Quotes, Recalls, Runtime
from .work import Service, Sink, StepType, Verb

__all__ = [
    "Check",
    "Command",
    "CountsUnread",
    "Detector",
    "Keys",
    "Learns",
    "PastesWhile",
    "PressesWhile",
    "Quotes",
    "Recalls",
    "Runtime",
    "Service",
    "SessionHost",
    "Sink",
    "StepType",
    "Table",
    "Template",
    "Verb",
]
