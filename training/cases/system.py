"""System prompts that change how simple questions are answered."""

from random import Random

from training.cases.case import Case


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """None yet."""
    return []
