"""The two shapes that the whole corpus is made of, and the skill signature.

Contract: a `Turn` is one user message and its completion; a `Conversation` is a system prompt (or
none) and turns. A skill is a function of a `random.Random` that returns one self-contained turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Turn:
    """`spelled` completions are learned letter by letter, whatever tokens their words could be;
    `heard` ones were said by another assistant: they are there to be read, and not learned."""

    user: str
    assistant: str
    spelled: bool = False
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    system: str | None
    turns: tuple[Turn, ...]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The chat-template view, the same that the app builds from its history."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        said = ((turn.user, turn.assistant) for turn in self.turns)
        return system + [
            {"role": role, "content": content}
            for pair in said
            for role, content in zip(("user", "assistant"), pair, strict=True)
        ]


Skill = Callable[[Random], Turn]


def weighted(rng: Random, choices: list[tuple[float, Skill]]) -> Turn:
    """One turn of a skill drawn by weight."""
    weights, skills = zip(*choices, strict=True)
    skill: Skill = rng.choices(skills, weights)[0]
    return skill(rng)
