"""What a completion goes on from: messages in the model's own format, or a prompt as it stands.

Each is encoded when its completion begins, and anew if the model was switched while it waited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.inference.prompt import PromptBuilder
from app.inference.text_cleaning import TextCleaner
from app.inference.types import Message

_CONTEXT = 8  # ids that are decoded together with the first ones of a continuation


class Asked(Protocol):
    """A prompt that some model is going to read. `parameter` is its name for who sent it.

    With `to_the_limit` no end token of the model ends the completion, but only its length.
    """

    parameter: str

    @property
    def to_the_limit(self) -> bool: ...

    def encode(self, prompts: PromptBuilder) -> tuple[int, ...]:
        """The prompt's token ids. Blocks; raises InvalidParameter."""

    def clean_up(
        self, prompts: PromptBuilder, prompt: Sequence[int], stop: Sequence[str], /
    ) -> TextCleaner:
        """What tidies the text that follows the prompt."""

    def goes_on_from(self, prompt: Sequence[int], /) -> Sequence[int]:
        """The ids that the completion's text follows without a break; none before an answer."""


@dataclass(frozen=True)
class AskedMessages:
    """A conversation or, with `instruct`, one instruction, in the model's own format."""

    messages: Sequence[Message]
    instruct: bool = False
    parameter = "messages"
    to_the_limit = False

    def encode(self, prompts: PromptBuilder) -> tuple[int, ...]:
        return prompts.encode(self.messages, instruct=self.instruct)

    def clean_up(
        self, prompts: PromptBuilder, prompt: Sequence[int], stop: Sequence[str], /
    ) -> TextCleaner:
        return prompts.clean_up(prompt, stop)

    def goes_on_from(self, _prompt: Sequence[int], /) -> Sequence[int]:
        return ()


@dataclass(frozen=True)
class AskedText:
    """A text or token ids, without any template.

    Control tokens in a text stay text; a token id means the token that it names.
    """

    prompt: str | tuple[int, ...]
    to_the_limit: bool = False
    parameter = "prompt"

    def encode(self, prompts: PromptBuilder) -> tuple[int, ...]:
        prompt = self.prompt
        return prompts.encode_text(prompt) if isinstance(prompt, str) else prompt

    def clean_up(
        self, _prompts: PromptBuilder, _prompt: Sequence[int], stop: Sequence[str], /
    ) -> TextCleaner:
        return TextCleaner(stop)

    def goes_on_from(self, prompt: Sequence[int], /) -> Sequence[int]:
        return prompt[-_CONTEXT:]
