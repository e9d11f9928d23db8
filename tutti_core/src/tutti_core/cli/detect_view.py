"""What `tt detect` shows to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .style import STATE_COLOURS, ago, legible, paint, table

SIGNALS = ("auth", "rate_limit", "provider_down", "completion")
OUTCOMES = {"spoke": "green", "matched": "cyan", "nearly": "yellow", "no": "dim"}


def reported(record: Mapping[str, Any]) -> str:
    """Return a state with everything it stands on.

    Args:
        record: What `detect` answers.
    """
    head = f"{record['workspace']} / {record['agent']} ({record['runtime'] or 'no runtime'})"
    signals = (f"{name}={record[f'{name}_match'] or '--'}" for name in SIGNALS)
    patterns = record["matched_patterns"]
    return "\n".join(
        [
            paint(legible(head), "bold"),
            f"session: {record['session']}",
            f"status: {legible(record['status'])} ({record['confidence']:.2f})",
            f"state: {_state(record)}",
            f"signals: {legible(' '.join(signals))}",
            "matches:" + ("" if patterns else " --"),
            *(f"  - {legible(one)}" for one in patterns),
            "",
            _sources(record["sources"]),
            *(["", _evidence(record["evidence"])] if record["evidence"] else []),
        ]
    )


def explained(rules: Sequence[Mapping[str, Any]]) -> str:
    """Return every rule with why it spoke or did not.

    Args:
        rules: The rules as `detect` answers them.
    """
    if not rules:
        return "\nno rules: nobody gives this runtime, or it has none"
    heads = ["OUTCOME", "SOURCE", "RULE", "STATE", "REGION", "WHY"]
    keys = ["outcome", "source", "rule", "state", "region", "why"]
    if any(one["origin"] for one in rules):
        heads.insert(3, "FROM")
        keys.insert(3, "origin")
    colours = {(number, 0): OUTCOMES[one["outcome"]] for number, one in enumerate(rules)}
    return "\n" + table(heads, [[one[key] for key in keys] for one in rules], colours)


def _state(record: Mapping[str, Any]) -> str:
    words = [record["state"], record["kind"], record["detail"]]
    first = paint(words[0], STATE_COLOURS[record["state"]])
    more = ", ".join(legible(word) for word in words[1:] if word)
    sure = "" if record["confirmed"] else ", unconfirmed"
    return f"{first}{f': {more}' if more else ''}{sure}"


def _sources(sources: Sequence[Mapping[str, Any]]) -> str:
    rows = [[one["source"], one["shows"] or "—", _age(one["age"])] for one in sources]
    return table(["SOURCE", "SHOWS", "AGE"], rows)


def _evidence(evidence: Sequence[Mapping[str, Any]]) -> str:
    heads = ["EVIDENCE", "STATE", "RULE", "CONFIDENCE", "AGE", "DETAIL"]
    rows = [
        [one["source"], one["state"], one["rule"], f"{one['confidence']:.2f}", _age(one["age"]),
         one["detail"]]
        for one in evidence
    ]  # fmt: skip
    return table(heads, rows, {(0, 1): STATE_COLOURS[evidence[0]["state"]]})


def _age(seconds: float | None) -> str:
    return "" if seconds is None else ago(seconds)
