"""The reasoning of models that think before they answer, told apart from their answer.

It stands between two tags at the very beginning of a completion; anywhere else the tags are text
like any other. Where a model's template opens the reasoning itself, `prompt` has put the tag there.
"""

from dataclasses import dataclass

THINK, END_THINK = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Thought:
    """A completion, or a piece of one, in its two parts. `unfinished` means that it still thinks,
    or was ended while it did."""

    reasoning: str
    answer: str
    unfinished: bool = False


def split(text: str, *, growing: bool = False) -> Thought:
    """A whole completion in its two parts; of a growing one, as much as is certain."""
    return ReasoningSplitter().take(text, last=not growing)


class ReasoningSplitter:
    """Splits a completion while it grows; the pieces joined are what `split` makes of the whole."""

    def __init__(self) -> None:
        self._held = ""
        self._part = "start"  # then "reasoning" if there is any, then "answer"
        self._begun = False  # whether this part has shown anything but white space

    def take(self, text: str, *, last: bool = False) -> Thought:
        """The next piece. What may become a tag is held back until more comes or it is the last."""
        self._held += text
        if self._part == "start":
            self._start(last)
        reasoning = self._reason(last) if self._part == "reasoning" else ""
        answer = self._answer() if self._part == "answer" else ""
        return Thought(reasoning, answer, self._part == "reasoning")

    def _start(self, last: bool) -> None:
        begun = self._held.lstrip()
        if begun.startswith(THINK):
            self._part, self._held = "reasoning", begun.removeprefix(THINK)
        elif last or not THINK.startswith(begun):
            self._part, self._begun = "answer", True  # the white space is the model's

    def _reason(self, last: bool) -> str:
        reasoning, ended, rest = self._held.partition(END_THINK)
        if ended:
            self._part, self._held = "answer", rest
        elif last:
            self._held = ""
        else:
            sizes = range(len(END_THINK) - 1, 0, -1)
            keep = next((n for n in sizes if reasoning.endswith(END_THINK[:n])), 0)
            shown = reasoning[: len(reasoning) - keep].rstrip()
            reasoning, self._held = shown, reasoning[len(shown) :]
        shown = reasoning.rstrip() if self._begun else reasoning.strip()
        self._begun = bool(self._begun or shown) and not ended
        return shown

    def _answer(self) -> str:
        shown, self._held = self._held if self._begun else self._held.lstrip(), ""
        self._begun = self._begun or bool(shown)
        return shown
