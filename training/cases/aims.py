"""What the built-in model should reach, group by group, and whether it does.

Contract: shares are of held-out cases, greedy, on int8 weights through the app's engine. An aim
with `each` also holds every one of its skills.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    name: str
    least: float
    skills: tuple[str, ...]
    each: float = 0.0

    def share(self, counts: Mapping[str, tuple[int, int]]) -> float | None:
        """Passed cases of all; None where none was asked."""
        own = [counts[skill] for skill in self.skills if skill in counts]
        asked = sum(count for _, count in own)
        return sum(passed for passed, _ in own) / asked if asked else None

    def reached(self, counts: Mapping[str, tuple[int, int]]) -> bool:
        """Whether the whole, and each skill where that is asked, is high enough."""
        share = self.share(counts)
        own = [counts[skill] for skill in self.skills if skill in counts]
        worst = min((passed / asked for passed, asked in own), default=0.0)
        return share is not None and share >= self.least and worst >= self.each


AIMS = (
    Aim(
        "remember",
        0.97,
        (
            "remember name", "remember other", "remember several", "remember anew", "not told",
            "remember zh", "remember ja", "remember long",
        ),
    ),
    Aim("app", 0.92, ("app",)),
    Aim("app zh/ja", 0.9, ("app zh/ja",)),
    Aim(
        "text",
        0.9,
        (
            "repeat", "repeat n times", "upper case", "lower case", "reverse words",
            "first, last word", "count words", "replace a word", "spell", "sort words",
            "sort numbers", "join with commas", "bullet list", "numbered list", "exactly n words",
            "extract numbers", "JSON", "two steps",
        ),
        each=0.75,
    ),
    Aim("arithmetic", 0.95, ("arithmetic",)),
    Aim("small facts", 0.95, ("facts",)),
    Aim("limits", 0.9, ("limits",)),
    Aim("not refused", 0.95, ("not refused",)),
    Aim("system prompts", 0.9, ("system prompt", "order by user")),
    Aim("small talk and writing", 0.9, ("greeting", "small talk", "writing", "lists", "count")),
)  # fmt: skip
