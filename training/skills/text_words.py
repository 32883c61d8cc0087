# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Instructions on running words and on the letters of a word.

Contract: the answer holds nothing but the result. Most words are ordinary ones, because people give
those; others occur once in the corpus, so that they must be copied.
"""

import re
from random import Random

from training import words
from training.dialogue import Turn
from training.skills.text_given import ask, phrase, prose, some, token
from training.skills.text_lists import with_numbers

_COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLACES = ("first", "second", "third", "fourth", "fifth")
_DIGIT_PLACES = ("1st", "2nd", "3rd", "4th", "5th")
_MARKS = ".!?,;:"


def repeat(rng: Random) -> Turn:
    """Say it once."""
    kind = rng.random()
    text = phrase(rng, 1, 8) if kind < 0.6 else _written(rng) if kind < 0.93 else _loud(rng)
    return Turn(ask(rng, "repeat", text), text)


def _written(rng: Random) -> str:
    """A sentence with its mark, or one that has numbers in it."""
    return prose(rng) if rng.random() < 0.7 else with_numbers(rng)[0]


def _loud(rng: Random) -> str:
    text = phrase(rng, 1, 4)
    return text.upper() if rng.random() < 0.5 else text.title()


def times(rng: Random) -> Turn:
    """Say it several times, with spaces between; with commas or on lines when asked."""
    text = " ".join(some(rng, 1, rng.choice((1, 1, 2, 2, 3))))
    count = rng.choice((2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 7, 8, 9, 10))
    whole = rng.random() < 0.15
    if whole:
        text, count = prose(rng), min(count, 4)
    number = str(count) if rng.random() < 0.45 else _COUNTS[count - 2]
    said = "twice" if count == 2 and rng.random() < 0.5 else f"{number} times"
    asked = ask(rng, "times", text, n=said)
    # Patterns may say "{n} times" themselves.
    asked = re.sub(r"\b(times|twice) times\b", r"\1", asked, flags=re.IGNORECASE)
    asked = re.sub(r" times( copies)\b", r"\1", asked, flags=re.IGNORECASE)
    asked = re.sub(r"\btwice( copies)\b", r"two\1", asked, flags=re.IGNORECASE)
    if whole:
        asked = re.sub(r"\bthe words? (?=\W?" + re.escape(text) + ")", "the sentence ", asked)
    separator = " "
    arranged = whole or re.search(
        r"(?:row|line|stop|other)\.?$|in one line", asked, flags=re.IGNORECASE
    )
    if rng.random() < 0.14 and not arranged:
        how, separator = rng.choice(
            (("separated by commas", ", "), ("with commas between", ", "), ("on separate lines", "\n"),
             ("one per line", "\n"))
        )  # fmt: skip
        asked = asked.replace(said, f"{said}, {how},") if said in asked else f"{asked} ({how})"
    return Turn(asked, separator.join([text] * count))


def case(rng: Random) -> Turn:
    """Upper, lower or title case."""
    kind = rng.random()
    text = phrase(rng, 1, 6) if kind < 0.75 else _written(rng)
    which = rng.random()
    if which < 0.55:
        return Turn(ask(rng, "upper", text), text.upper())
    if which < 0.85:
        shape = rng.random()
        given = text.upper() if shape < 0.7 else text.title() if shape < 0.85 else _mixed(rng, text)
        return Turn(ask(rng, "lower", given), given.lower(), spelled=True)
    return Turn(ask(rng, "title", text.lower()), _titled(text.lower()), spelled=True)


def _mixed(rng: Random, text: str) -> str:
    parts = text.split(" ")
    return " ".join(rng.choice((part.upper(), part.title(), part)) for part in parts)


def _titled(text: str) -> str:
    return " ".join(part[:1].upper() + part[1:] for part in text.split(" "))


def reverse(rng: Random) -> Turn:
    """The words from the last to the first."""
    text = phrase(rng, 2, rng.choice((4, 6, 8)))
    return Turn(ask(rng, "reverse", text), " ".join(reversed(text.split())))


def nth(rng: Random) -> Turn:
    """The first, the last, or another word."""
    text = phrase(rng, 2, 8)
    if rng.random() < 0.2:
        text = prose(rng)
    loose = [part.strip(".!?,") for part in text.split()]
    draw = rng.random()
    place = -1 if draw < 0.38 else 0 if draw < 0.7 else rng.randrange(1, min(5, len(loose)))
    if place == 1 and rng.random() < 0.3 and len(loose) > 2:
        place = 2
    if place < 0:
        order = rng.choice(("last", "last", "last", "final"))
    else:
        order = rng.choice((_PLACES[place], _PLACES[place], _PLACES[place], _DIGIT_PLACES[place]))
    return Turn(ask(rng, "nth", text, o=order), loose[place])


def counted(rng: Random) -> str:
    """Words to count: loose ones, a list or a sentence."""
    kind = rng.random()
    if kind < 0.4:
        return (" " if kind < 0.28 else ", ").join(some(rng, 1, 9))
    return _written(rng) if kind < 0.7 else phrase(rng)


def count_words(rng: Random) -> Turn:
    """How many words."""
    text = counted(rng)
    return Turn(ask(rng, "count_words", text), str(len(text.split())))


def _replaced(rng: Random, parts: list[str]) -> str:
    """A word or number that people would replace; empty if there is none."""
    shortest = 3 if rng.random() < 0.9 else 1
    bare = [part.rstrip(_MARKS) for part in parts]
    found = [
        part for at, part in enumerate(bare)
        if part.isdigit()
        or (part.isalpha() and len(part) >= shortest and part != "the" and (at or part.islower()))
        # "Day by day" and "you, you'll" would leave it open what is meant.
        if all(other == part or not other.lower().startswith(part.lower()) for other in bare)
    ]  # fmt: skip
    return rng.choice(found) if found else ""


def _new(rng: Random, old: str) -> str:
    """Of the same kind: a number, a name or a day, or any word."""
    if old.isdigit():
        return str(rng.randrange(1, 10 ** len(old) * rng.choice((1, 10))))
    if old in words.DAYS:
        return rng.choice(words.DAYS)
    if old[0].isupper() and rng.random() < 0.8:
        return words.place(rng) if rng.random() < 0.5 else words.name(rng).split()[0]
    return token(rng)


def replace(rng: Random) -> Turn:
    """One word by another, wherever it stands; the rest stays."""
    kind = rng.random()
    text = phrase(rng, 2, 7) if kind < 0.4 else prose(rng) if kind < 0.94 else with_numbers(rng)[0]
    parts = text.split()
    while not (old := _replaced(rng, parts)):
        parts = some(rng, 2, 6)
    while (new := _new(rng, old)) == old:
        pass
    if rng.random() < 0.16:
        parts.insert(rng.randrange(len(parts)), old)
    quoted = rng.random() < 0.35
    shown = {"x": f'"{old}"' if quoted else old, "y": f'"{new}"' if quoted else new}
    made = [new + part[len(old) :] if part.rstrip(_MARKS) == old else part for part in parts]
    return Turn(ask(rng, "replace", " ".join(parts), **shown), " ".join(made))


def one_word(rng: Random) -> str:
    """A word to take letter by letter: ordinary ones most, since their tokens hide the letters."""
    kind = rng.random()
    if kind < 0.6:
        return words.everyday(rng)
    return words.rare(rng) if kind < 0.85 else words.name(rng).split()[0]


def spell(rng: Random) -> Turn:
    """Letter by letter: hyphens, unless another separator is asked for."""
    chosen, kind = one_word(rng), rng.random()
    if kind < 0.12:
        return Turn(ask(rng, "spell_spaces", chosen), " ".join(chosen))
    if kind < 0.2:
        return Turn(ask(rng, "spell_commas", chosen), ", ".join(chosen))
    return Turn(ask(rng, "spell", chosen), "-".join(chosen))


def letters(rng: Random) -> Turn:
    """What teaches the letters inside tokens: to count, to find, to join and to turn them."""
    chosen, kind = one_word(rng), rng.random()
    if kind < 0.2:
        return Turn(ask(rng, "count_letters", chosen), str(len(chosen)))
    if kind < 0.5:
        order, at = rng.choice((("first", 0), ("last", -1), ("first", 0), ("second", 1)))
        return Turn(ask(rng, "first_letter", chosen, o=order), chosen[at])
    if kind < 0.65:
        return Turn(ask(rng, "starts", chosen), chosen[0])
    if kind < 0.8:
        separator = rng.choice(("-", "-", " ", ", "))
        return Turn(ask(rng, "unspell", separator.join(chosen)), chosen, spelled=True)
    if kind < 0.9:
        return Turn(ask(rng, "letters_reversed", chosen), chosen[::-1], spelled=True)
    return Turn(ask(rng, "upper", chosen), chosen.upper())


def earlier(rng: Random) -> Turn:
    """Which of two words comes first in the alphabet: the step that sorting is made of."""
    pair = some(rng, 2, 2)
    if rng.random() < 0.5:
        pair[1] = words.beginning_alike(rng, pair[0])
    if pair[0].lower() == pair[1].lower():
        return earlier(rng)
    joined = rng.choice((" or ", " or ", ", ", " and ")).join(pair)
    return Turn(ask(rng, "earlier", joined), min(pair, key=str.lower))
