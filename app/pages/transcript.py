"""How completions look on a page: a growing one, a finished one, and a whole conversation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.chat import HistoryCut
from app.conversations import StoredConversation, StoredMessage
from app.inference.types import Chunk, Finished, FinishReason, Queued, Receipt

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "$", "right": "$", "display": False},
    {"left": "\\(", "right": "\\)", "display": False},
]

Bubble = dict[str, str]

_NOTES: dict[FinishReason, str] = {
    "cancelled": "Stopped.",
    "length": "Ended at the limit of Max New Tokens or of the model's context.",
    "error": "Ended early by an error.",
}


@dataclass(slots=True)
class Growing:
    """A completion while its events arrive."""

    text: str = ""
    left_out: int = 0
    position: int | None = None
    finished: Finished | None = None

    def add(self, events: Iterable[object]) -> None:
        for event in events:
            match event:
                case HistoryCut(messages):
                    self.left_out = messages
                case Queued(position):
                    self.position = position
                case Chunk(text):
                    self.text, self.position = self.text + text, None
                case Finished():
                    self.finished, self.position = event, None

    @property
    def waiting(self) -> str:
        """What the stream waits for; empty once text comes."""
        if self.text or self.finished is not None:
            return ""
        if self.position is not None:
            return f"Waiting in the queue: position {self.position}."
        return "Reading the prompt …"

    @property
    def note(self) -> str:
        """How it ended, if that needs saying."""
        if self.finished is None:
            return ""
        return self.finished.error or ending(self.finished.finish_reason)

    @property
    def line(self) -> str:
        """The Performance line; empty until the end."""
        return self.finished.receipt.line() if self.finished is not None else ""


def ending(finish_reason: str | None) -> str:
    return next((note for reason, note in _NOTES.items() if reason == finish_reason), "")


def bubbles(conversation: StoredConversation) -> list[Bubble]:
    """A stored conversation as the Chatbot shows it."""
    return [_bubble(message) for message in conversation.messages]


def completion_bubble(text: str, *remarks: str) -> Bubble:
    """A completion with what is to be said about it in small print under it.

    The small print is emphasised text and not HTML, so that a copied message stays readable.
    """
    small = "  \n".join(f"*{remark}*" for remark in remarks if remark)
    return {"role": "assistant", "content": f"{_closed(text)}\n\n{small}" if small else text}


def history_notice(left_out: int) -> str:
    """Says that the model no longer sees the beginning; empty if it sees everything."""
    if not left_out:
        return ""
    return (
        f"Oldest messages that are no longer sent to the model: {left_out}. "
        "The conversation has outgrown what it can be given at once."
    )


def _bubble(message: StoredMessage) -> Bubble:
    if message.role != "assistant":
        return {"role": message.role, "content": message.content}
    # A completion whose page was closed has no end to tell of.
    note = ending(message.finish_reason) if message.finish_reason else "Interrupted."
    return completion_bubble(message.content, note, _line(message.receipt))


def _line(receipt: dict[str, Any] | None) -> str:
    return Receipt(**receipt).line() if receipt else ""


def _closed(text: str) -> str:
    """The text with its last code block closed, so that what follows is not shown as code."""
    fences = sum(line.lstrip().startswith("```") for line in text.splitlines())
    return f"{text}\n```" if fences % 2 else text
