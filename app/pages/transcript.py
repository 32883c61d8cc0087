"""How completions look on a page: a growing one, a finished one, and a whole conversation."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.chat import HistoryCut
from app.conversations import StoredConversation, StoredMessage
from app.inference.reasoning import Thought, split
from app.inference.types import Chunk, Finished, FinishReason, Queued, Receipt

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "$", "right": "$", "display": False},
    {"left": "\\(", "right": "\\)", "display": False},
]

Bubble = dict[str, Any]

REASONING = "Reasoning"

_CODE_OR_TAG = re.compile(
    r"^ {0,3}```.*?(?:^ {0,3}```|\Z)|(?<!\\)`[^`\n]+`|(?P<before>\\*)(?P<tag><)(?=[a-z/!?])",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)

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
    def thought(self) -> Thought:
        """The text in its two parts: what the model thought, and its answer."""
        return split(self.text, growing=self.finished is None)

    @property
    def note(self) -> str:
        """How it ended, if that needs saying."""
        if self.finished is None:
            return ""
        return self.finished.error or ending(self.finished.finish_reason, self.text)

    @property
    def line(self) -> str:
        """The Performance line; empty until the end."""
        return self.finished.receipt.line() if self.finished is not None else ""


def ending(finish_reason: str | None, text: str) -> str:
    """What is to be said of a completion that ended so; empty if nothing is."""
    note = next((note for reason, note in _NOTES.items() if reason == finish_reason), "")
    still = "The model was still reasoning." if split(text).unfinished else ""
    return " ".join(filter(None, (note, still)))


def bubbles(conversation: StoredConversation) -> list[Bubble]:
    """A stored conversation as the Chatbot shows it."""
    return [bubble for message in conversation.messages for bubble in _bubbles(message)]


def question_bubble(text: str) -> Bubble:
    """What a person wrote: Markdown, but tags stand there as they were typed. Otherwise `List<int>`
    would lose its end, and a fold could be made to look like a model's reasoning."""
    return {"role": "user", "content": _CODE_OR_TAG.sub(_as_typed, text)}


def completion_bubbles(text: str, *remarks: str, growing: bool = False) -> list[Bubble]:
    """A completion with what is to be said about it in small print under it.

    Reasoning comes first, in a bubble of its own, which is open while it grows and folded later.
    What people write never passes here, so that nobody can forge one. The small print is emphasised
    text and not HTML, so that a copied message stays readable.
    """
    thought = split(text, growing=growing)
    shown: list[Bubble] = []
    if thought.reasoning or (growing and thought.unfinished):
        status = "pending" if growing and thought.unfinished else "done"
        folded = {"title": REASONING, "status": status}
        shown.append({"role": "assistant", "content": thought.reasoning, "metadata": folded})
    small = "  \n".join(f"*{remark}*" for remark in remarks if remark)
    answer = f"{_closed(thought.answer)}\n\n{small}" if small else thought.answer
    if answer or not shown:
        shown.append({"role": "assistant", "content": answer})
    return shown


def drawn(shown: Iterable[Bubble]) -> list[Bubble]:
    """Bubbles as the browser gets them, which spares Gradio doing it to the whole conversation at
    every update; for events with `postprocess=False`."""
    return [
        {
            "role": bubble["role"],
            "metadata": bubble.get("metadata"),
            "content": [{"text": bubble["content"], "type": "text"}],
            "options": None,
        }
        for bubble in shown
    ]


def history_notice(left_out: int) -> str:
    """Says that the model no longer sees the beginning; empty if it sees everything."""
    if not left_out:
        return ""
    return (
        f"Oldest messages that are no longer sent to the model: {left_out}. "
        "The conversation has outgrown what it can be given at once."
    )


def _bubbles(message: StoredMessage) -> list[Bubble]:
    if message.role != "assistant":
        return [question_bubble(message.content)]
    # A completion whose page was closed has no end to tell of.
    reason = message.finish_reason
    note = ending(reason, message.content) if reason else "Interrupted."
    return completion_bubbles(message.content, note, _line(message.receipt))


def _as_typed(found: re.Match[str]) -> str:
    if found["tag"] is None:
        return found[0]
    # An odd number of backslashes before it has escaped it already.
    return found[0] if len(found["before"]) % 2 else f"{found['before']}\\<"


def _line(receipt: dict[str, Any] | None) -> str:
    return Receipt(**receipt).line() if receipt else ""


def _closed(text: str) -> str:
    """The text with its last code block closed, so that what follows is not shown as code."""
    fences = sum(line.lstrip().startswith("```") for line in text.splitlines())
    return f"{text}\n```" if fences % 2 else text
