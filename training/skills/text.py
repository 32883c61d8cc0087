"""Instructions on given text: which of them comes how often.

Contract: `english` is one turn of any of them; `drill` several in a row, and `short_drill` many of
a few kinds in the shortest wordings, the harder kinds more often in both.
"""

from random import Random

from training.dialogue import Skill, Turn, weighted
from training.skills import text_json, text_lists, text_steps, text_words
from training.skills.text_given import shortly
from training.skills.text_words import repeat

__all__ = ["drill", "english", "repeat", "short_drill"]

_ANY: list[tuple[float, Skill]] = [
    (1.6, repeat), (1.6, text_words.times), (2.6, text_words.case), (2.6, text_words.reverse),
    (1.8, text_words.nth), (2.0, text_words.count_words), (2.4, text_words.replace),
    (1.2, text_words.spell), (0.8, text_words.letters), (0.2, text_words.earlier),
    (3.4, text_lists.sort), (1.8, text_lists.sort_numbers), (1.0, text_lists.join),
    (1.6, text_lists.bullets), (3.0, text_lists.choose), (1.8, text_lists.extract),
    (1.6, text_json.json), (3.0, text_steps.two_steps),
]  # fmt: skip
_LETTERS: list[tuple[float, Skill]] = [
    (3.0, text_words.spell), (2.5, text_words.letters), (2.0, text_words.case),
    (1.5, text_words.earlier), (1.0, text_lists.sort),
]  # fmt: skip
# For drills: more of what takes many steps for each word that is written, or is often missed.
_DRILLED: list[tuple[float, Skill]] = [
    (4.0, repeat), (4.0, text_words.times), (10.0, text_words.case), (6.0, text_words.reverse),
    (2.0, text_words.nth), (6.0, text_words.count_words), (14.0, text_words.replace),
    (2.0, text_words.spell), (3.0, text_words.letters), (4.0, text_words.earlier),
    (18.0, text_lists.sort), (11.0, text_lists.sort_numbers), (2.0, text_lists.join),
    (5.0, text_lists.bullets), (16.0, text_lists.choose), (2.0, text_lists.extract),
    (8.0, text_json.json), (26.0, text_steps.two_steps),
]  # fmt: skip


def english(rng: Random) -> Turn:
    """One instruction of any kind."""
    return weighted(rng, _ANY)


def drill(rng: Random) -> list[Turn]:
    """Several in quick succession: on letters, of one kind again and again, of two steps in two
    messages, or of any."""
    kind = rng.random()
    if kind < 0.1:
        return [weighted(rng, _LETTERS) for _ in range(rng.randint(3, 8))]
    if kind < 0.58:
        skill = _some_of(rng, 1)[0]
        return [skill(rng) for _ in range(rng.randint(3, 7))]
    if kind < 0.68:
        return [turn for _ in range(rng.randint(1, 3)) for turn in text_steps.followed(rng)]
    return [english(rng) for _ in range(rng.randint(2, 5))]


def short_drill(rng: Random) -> list[Turn]:
    """Many small problems of a few kinds."""
    kinds = _some_of(rng, rng.choice((1, 1, 2, 4, 8)))
    with shortly():
        return [rng.choice(kinds)(rng) for _ in range(rng.randint(6, 16))]


def _some_of(rng: Random, count: int) -> list[Skill]:
    weights, drawn = zip(*_DRILLED, strict=True)
    return rng.choices(drawn, weights, k=count)
