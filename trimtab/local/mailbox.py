"""Which emails were sent inside the embedded AWS?"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One email as its recipients would get it."""

    to: tuple[str, ...]
    subject: str
    html: str | None
    text: str
    sent_at: datetime


def read_messages(endpoint: str) -> list[Message]:
    """All emails of all accounts and regions, oldest first."""
    with urllib.request.urlopen(f"{endpoint}/_ministack/ses/messages", timeout=30) as response:
        accounts: dict[str, list[dict[str, Any]]] = json.load(response)["messages"]
    messages = [_message(entry) for entries in accounts.values() for entry in entries]
    return sorted(messages, key=lambda message: message.sent_at)


def _message(entry: dict[str, Any]) -> Message:
    return Message(
        to=tuple(entry["To"]),
        subject=entry["Subject"],
        html=entry["BodyHtml"],
        text=entry["BodyText"],
        sent_at=_moment(entry["Timestamp"]),
    )


def _moment(stamp: str | float) -> datetime:
    if isinstance(stamp, str):
        return datetime.fromisoformat(stamp)
    return datetime.fromtimestamp(stamp, UTC)
