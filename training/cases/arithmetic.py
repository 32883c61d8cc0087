"""Sums, differences and products."""

from random import Random

from training.cases.case import Case, talk


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """A question and its result."""
    made = []
    for question, result in (
        ("What is 7 + 5?", "12"),
        ("What is 14 + 23?", "37"),
        ("9 - 4 = ?", "5"),
        ("How much is 6 times 7?", "42"),
        ("What is 18 - 9?", "9"),
        ("What is 8 + 8?", "16"),
    ):
        made.append(Case("arithmetic", talk(question), (f"= {result}",)))
    return made
