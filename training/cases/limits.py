# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Questions that the model cannot answer and should say so."""

from random import Random

from training.cases.case import Case, talk

_LIMITS = (
    "What is the boiling point of mercury?", "Who painted the Mona Lisa?", "How do airplanes fly?", "Write an essay about the Ottoman Empire.", "What's the tallest building in the world?",
    "Who won the match yesterday?", "Translate 'good evening' into Hungarian.", "What does the word serendipity mean?", "How do I fix a leaking tap?", "Tell me about the planet Neptune's moons.",
    "Is it going to rain on Sunday?", "Explain the rules of cricket.",
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """What a tiny model does not know."""
    return [Case("limits", talk(question), ("tiny built-in model",)) for question in _LIMITS]
