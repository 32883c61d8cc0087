# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Instructions on given text: repeat, spell, change case, make a list of it.

Contract: the answer holds nothing but the result. These drills also teach the copying that
remembering names depends on, since most of their words occur only once in the corpus.
"""

from random import Random

from training import words
from training.dialogue import Turn, weighted
from training.phrasing import say


def _some(rng: Random, low: int, high: int) -> list[str]:
    return [
        words.word(rng) if rng.random() < 0.8 else words.name(rng)
        for _ in range(rng.randint(low, high))
    ]


def _quoted(rng: Random, text: str) -> str:
    """Half of all people put the text in quotation marks."""
    shape = rng.random()
    return f'"{text}"' if shape < 0.25 else f"'{text}'" if shape < 0.35 else text


def repeat(rng: Random) -> Turn:
    """Say it once, or several times."""
    text = " ".join(_some(rng, 1, 7))
    if rng.random() < 0.65:
        ask = "(repeat|repeat after me|say|say this|echo|please repeat|write|copy this)(:|) {t}"
        return Turn(say(ask, rng, t=_quoted(rng, text)), text)
    text, times = " ".join(_some(rng, 1, 2)), rng.randint(2, 6)
    number = ("two", "three", "four", "five", "six")[times - 2]
    ask = say(
        "(repeat|say|write) (the word |){t} {n} times.",
        rng,
        t=_quoted(rng, text),
        n=rng.choice((str(times), number)),
    )
    return Turn(ask, " ".join([text] * times))


def pick(rng: Random) -> Turn:
    """First or last word; how many words."""
    chosen = _some(rng, 2, 7)
    which = rng.randrange(3)
    shown = _quoted(rng, " ".join(chosen))
    if which == 2:
        return Turn(
            say("(how many words are (in|there in) this|count the words): {t}", rng, t=shown),
            str(len(chosen)),
        )
    order = ("first", "last")[which]
    ask = say(
        "(what is|tell me|give me|write|say) the {o} word (of|in)( this|): {t}",
        rng,
        o=order,
        t=shown,
    )
    return Turn(ask, chosen[0 if which == 0 else -1])


def case(rng: Random) -> Turn:
    """Upper, lower or title case."""
    text = " ".join(
        rng.choice(words.COMMON) if rng.random() < 0.8 else words.word(rng)
        for _ in range(rng.randint(1, 5))
    )
    which = rng.randrange(5)
    if which < 3:
        ask, answer = (
            "(write|put|say|convert|turn|change) {t} (in|to|into) (upper case|uppercase|capital letters|capitals).",
            text.upper(),
        )
        if rng.random() < 0.4:
            ask = "(uppercase|upper case|make uppercase|make this upper case|in upper case|capitals): {t}"
    elif which == 3:
        ask, answer = (
            "(write|put|convert|turn|change) {t} (in|to|into) (lower case|lowercase|small letters).",
            text,
        )
        text = text.upper()
    else:
        ask, answer = "(capitalise|capitalize)( each word|)( of|)( this|): {t}", text.title()
    return Turn(say(ask, rng, t=_quoted(rng, text)), answer)


def spell(rng: Random) -> Turn:
    """Letter by letter."""
    chosen = words.word(rng) if rng.random() < 0.7 else words.name(rng).split()[0]
    ask = say(
        "(spell|please spell|can you spell|how do you spell) (the word |){t}(.|?)",
        rng,
        t=_quoted(rng, chosen),
    )
    return Turn(ask, "-".join(chosen))


def arrange(rng: Random) -> Turn:
    """The given words as a list, joined, or backwards."""
    chosen = _some(rng, 2, 6)
    given = rng.choice((", ", " ", ", ")).join(chosen)
    which = rng.randrange(4)
    if which == 0:
        ask, answer = (
            "(make|write|turn into|as|give me) a (bullet|bulleted|markdown) list( of|)( these|)( words|)(:|) {t}",
            "\n".join(f"- {w}" for w in chosen),
        )
    elif which == 1:
        ask, answer = (
            "(make|write|turn into|as|give me) a numbered list( of|)( these|)( words|)(:|) {t}",
            "\n".join(f"{n}. {w}" for n, w in enumerate(chosen, 1)),
        )
    elif which == 2:
        given = " ".join(chosen)
        ask, answer = (
            "(join|connect|separate)( these words|) (with|by) commas: {t}",
            ", ".join(chosen),
        )
    else:
        given = " ".join(chosen)
        ask, answer = (
            "(reverse|turn around) the (order of the |)words( of this|)(:|) {t}",
            " ".join(reversed(chosen)),
        )
    return Turn(say(ask, rng, t=given), answer)


def english(rng: Random) -> Turn:
    """Any of the above; repeating comes most, because copying is learned from it."""
    return weighted(rng, [(4, repeat), (1.5, pick), (1.5, case), (1, spell), (2, arrange)])
