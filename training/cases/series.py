# ruff: noqa: E501 - one wording a line reads better than a wording cut in pieces
"""The plainest wordings, each with many words and numbers: what single prompts do not show.

Contract: sums, differences, half of the words and all names and cities are held out of the corpus;
products and facts are drawn from all that there are; the wordings are the ones that anybody would
use, so most stand in the corpus, too. The held-out cases and the plain prompts showed neither that
sums of three digits were refused nor that words that begin alike were sorted wrongly; counting does.
"""

from collections.abc import Callable, Iterator
from random import Random

from training import words
from training.cases import series_text
from training.cases.case import Case, talk
from training.cases.series_text import EACH
from training.phrasing import fill
from training.skills import arithmetic, facts

_NAMES, _CITIES = words.HELD_OUT[:24], words.HELD_OUT[24:30]

# ---- sums -----------------------------------------------------------------------------------

_SUMS = {
    "+": ("What is {a} + {b}?", "How much is {a} plus {b}?", "{a} + {b} =", "Calculate {a} + {b}.", "Add {a} and {b}."),
    "-": ("What is {a} - {b}?", "How much is {a} minus {b}?", "{a} - {b} =", "Calculate {a} - {b}.", "Subtract {b} from {a}."),
    "x": ("What is {a} × {b}?", "How much is {a} times {b}?", "{a} * {b}", "Calculate {a} x {b}.", "Multiply {a} by {b}."),
}  # fmt: skip
_LARGER = (
    "Which is larger, {a} or {b}?",
    "Which number is bigger: {a} or {b}?",
    "Which is greater, {a} or {b}?",
)
_AFTER = (
    "What number comes after {a}?",
    "Which number comes after {a}?",
    "What comes right after {a}?",
)


def _kept(rng: Random, sign: str, low: int, high: int, top: int) -> tuple[int, int]:
    """A held-out problem, or any product; of a difference the first number is the larger."""
    while True:
        left, right = rng.randint(low, high), rng.randint(2 if sign == "x" else low, top)
        kept = sign == "x" or arithmetic.is_held_out(left, sign, right)
        if kept and left != right and (sign != "-" or left > right):
            return left, right


def _sums(rng: Random) -> Iterator[Case]:
    for sign, low, high, top in (
        ("+", 10, 99, 99),
        ("+", 100, 999, 999),
        ("-", 10, 99, 99),
        ("-", 100, 999, 999),
        ("x", 11, 99, 9),
    ):
        for _ in range(EACH):
            left, right = _kept(rng, sign, low, high, top)
            asked = rng.choice(_SUMS[sign]).format(a=left, b=right)
            yield Case(
                "arithmetic", talk(asked), (arithmetic.solved(left, sign, right),), exact=True
            )
    for _ in range(EACH):
        left, right = _kept(rng, "<", 10, 999, 999)
        said = f"{arithmetic.compared(max(left, right), min(left, right))}."
        yield Case(
            "arithmetic", talk(rng.choice(_LARGER).format(a=left, b=right)), (said,), exact=True
        )
    for _ in range(EACH):
        number = rng.randint(2, 998)
        asked = rng.choice(_AFTER).format(a=number)
        yield Case("arithmetic", talk(asked), (f"{number + 1} comes after {number}.",), exact=True)
    for asked, listed in (
        ("What day comes after {a}?", words.DAYS),
        ("What month comes after {a}?", words.MONTHS),
    ):
        for at, name in enumerate(listed):
            found = listed[(at + 1) % len(listed)]
            yield Case(
                "arithmetic",
                talk(asked.format(a=name)),
                (f"{found} comes after {name}.",),
                exact=True,
            )


# ---- facts ----------------------------------------------------------------------------------

_FACTS = {
    "capital": "What is the capital of {k}?", "opposite": "What is the opposite of {k}?",
    "plural": "What is the plural of {k}?", "past": "What is the past tense of {k}?",
    "colour": "What colour is {k}?", "sound": "What sound does {a} make?",
}  # fmt: skip


def _facts(rng: Random) -> Iterator[Case]:
    for kind, asked in _FACTS.items():
        for key, value in rng.sample(list(facts.table(kind).items()), EACH):
            fact = facts.Fact(kind, key, value)
            question = fill(asked, facts.slots(fact))
            yield Case("facts", talk(question), (fact.sentence,), exact=True)


# ---- memory ---------------------------------------------------------------------------------

_JOBS = ("nurse", "pilot", "carpenter", "lawyer", "florist", "welder")
_FOODS = ("lasagna", "sushi", "paella", "pancakes", "goulash")
_COLOURS = (*words.HELD_OUT[30:33], "green", "blue", "purple")
_TALK = (
    ("What is the capital of France?", "The capital of France is Paris."), ("How are you?", "I'm fine, thank you! How can I help you?"), ("Thank you!", "You're welcome!"), ("What is 3 + 4?", "3 + 4 = 7"),
    ("What is the opposite of hot?", "The opposite of hot is cold."), ("What color is the sky?", "The sky is blue."), ("Nice weather today.", "I hope that you enjoy it."), ("Write in upper case: river", "RIVER"),
)  # fmt: skip
Told = tuple[str, str, str]  # what is told, the question for it and the value
_TOLD: tuple[Callable[[Random], Told], ...] = (
    lambda rng: _fact("My name is {}.", "What is my name?", rng.choice(_NAMES)),
    lambda rng: _fact("My favorite color is {}.", "What is my favorite color?", rng.choice(_COLOURS)),
    lambda rng: _fact("My lucky number is {}.", "What is my lucky number?", str(rng.randint(2, 99))),
    lambda rng: _fact("I live in {}.", "Where do I live?", rng.choice(_CITIES)),
    lambda rng: _fact("I work as a {}.", "What is my job?", rng.choice(_JOBS)),
    lambda rng: _fact("My favorite food is {}.", "What is my favorite food?", rng.choice(_FOODS)),
    lambda rng: _fact("My dog is called {}.", "What is my dog called?", rng.choice(_NAMES)),
    lambda rng: _fact("My sister is named {}.", "What is my sister's name?", rng.choice(_NAMES)),
)  # fmt: skip
_UNTOLD = ("not told", "haven't told", "not know", "don't know")


def _fact(told: str, asked: str, value: str) -> Told:
    return told.format(value), asked, value


def _talked(rng: Random, most: int) -> list[str]:
    """Other questions and replies."""
    return [text for pair in rng.sample(_TALK, rng.randint(0, most)) for text in pair]


def _memory(rng: Random) -> Iterator[Case]:
    for _ in range(2 * EACH):
        told, asked, value = rng.choice(_TOLD)(rng)
        said = (told, "Got it.", *_talked(rng, 8), asked)
        yield Case("remember other", talk(*said), (value,))
    for _ in range(2 * EACH):
        first, second = (make(rng) for make in rng.sample(_TOLD, 2))
        said = (f"{first[0]} {second[0]}", "I will remember that.", *_talked(rng, 3))
        yield Case("remember several", talk(*said, first[1]), (first[2],))
        yield Case(
            "not told", talk(first[0], "Got it.", *_talked(rng, 3), second[1]), (), one_of=_UNTOLD
        )
    for _ in range(2 * EACH):
        make = rng.choice(_TOLD)
        (told, asked, old), (anew, _, new) = make(rng), make(rng)
        while new == old:
            anew, _, new = make(rng)
        again = f"{rng.choice(('Actually, ', 'Sorry, ', 'No wait, '))}{anew.replace('My', 'my', 1)}"
        said = (told, "Got it.", *_talked(rng, 2), again, "Okay, noted.", *_talked(rng, 2), asked)
        yield Case("remember anew", talk(*said), (new,), forbidden=(f" {old}.",))


# Whose name, town or job it is decides; another assistant's reply is a word or two, so that nothing
# but the telling says it.
_KIN = ("sister", "brother", "boss", "best friend", "neighbour", "mother", "wife", "uncle")
_DRY = ("Okay.", "Nice!", "Got it.", "Noted.", "Good to know.")
_OF_KIN = (
    ("My {k}'s name is {n}.", "What is my {k}'s name?", "n"), ("My {k} is called {n}.", "Who is my {k}?", "n"),
    ("My {k} lives in {c}.", "Where does my {k} live?", "c"), ("My {k} is a {j}.", "What is my {k}'s job?", "j"),
)  # fmt: skip
_HERE = (
    ("I'm {n}, a {j} from {c}.", (("What is my name?", "n"), ("What is my job?", "j"), ("Where am I from?", "c"))),
    ("Hi, I'm {n}. I live in {c} and I work as a {j}.", (("What is my name?", "n"), ("What is my job?", "j"), ("Where do I live?", "c"))),
)  # fmt: skip


def _drily(rng: Random) -> Iterator[Case]:
    for told, asked, kind in _OF_KIN * 5:
        kin, other = rng.sample(_KIN, 2)
        value = {"n": rng.choice(_NAMES), "c": rng.choice(_CITIES), "j": rng.choice(_JOBS)}
        said = (told.format(k=kin, **value), rng.choice(_DRY), *_talked(rng, 2))
        yield Case("remember other", talk(*said, asked.format(k=kin)), (value[kind],))
        yield Case("not told", talk(*said, asked.format(k=other)), (), one_of=_UNTOLD)
    for told, questions in _HERE * 5:
        value = {"n": rng.choice(_NAMES), "c": rng.choice(_CITIES), "j": rng.choice(_JOBS)}
        for asked, kind in questions:
            said = (told.format(**value), rng.choice(_DRY), *_talked(rng, 2), asked)
            yield Case("remember several", talk(*said), (value[kind],))
    for event in ("meeting", "exam", "party", "interview"):
        for told in (f"The {event} was moved to {{}}.", "It was moved to {}."):
            old, new = rng.sample(words.DAYS, 2)
            said = (
                f"The {event} is on {old}.",
                rng.choice(_DRY),
                told.format(new),
                rng.choice(_DRY),
            )
            asked = f"When is the {event}?"
            yield Case("remember anew", talk(*said, asked), (new,), forbidden=(old,))


# ---- system prompts -------------------------------------------------------------------------

_ASKED = (
    ("What is the capital of Italy?", "ROME"), ("What is the opposite of big?", "SMALL"), ("What color is grass?", "GREEN"), ("What is 5 + 6?", "11"), ("What is the plural of dog?", "DOGS"),
)  # fmt: skip
_IN_CHINESE = (
    ("What is the capital of France?", "巴黎"), ("What color is the sky?", "蓝"), ("Hello!", "你好"), ("What is the capital of Japan?", "东京"), ("What color is blood?", "红"),
)  # fmt: skip


def _system() -> Iterator[Case]:
    for order in ("Answer in upper case.", "Always answer in capital letters."):
        for asked, answer in _ASKED:
            yield Case(
                "system prompt", talk(asked, system=order), (answer,), forbidden=tuple("aeiou")
            )
    for name in ("Rex", "Luna", "Max", "Bella", "Oscar"):
        for order in (f"Your name is {name}.", f"You are {name}, a helpful assistant."):
            for asked in ("What is your name?", "Who are you?"):
                yield Case("system prompt", talk(asked, system=order), (name,))
    for order in ("Answer in Chinese.", "Always reply in Chinese."):
        for asked, answer in _IN_CHINESE:
            yield Case("system prompt", talk(asked, system=order), (answer,))


def cases() -> list[Case]:
    """All of them, skill by skill, the same ones each time."""
    rng = Random("series")
    return [
        *_sums(rng),
        *_facts(rng),
        *series_text.cases(rng),
        *_memory(rng),
        *_system(),
        *_drily(rng),
    ]
