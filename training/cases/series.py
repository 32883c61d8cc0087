# ruff: noqa: E501 - one wording a line reads better than a wording cut in pieces
"""The plainest wordings, each with many words and numbers: what single prompts do not show.

Contract: sums, differences, half of the words and all names and cities are held out of the corpus;
products and facts are drawn from all that there are; the wordings are the ones that anybody would
use, so most stand in the corpus, too. The other two sets
found neither that sums of three digits were refused nor that words that begin alike were sorted
wrongly; counting does.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random

from training import words
from training.cases.case import Case, talk
from training.skills import arithmetic, facts
from training.skills.text_json import dumped
from training.skills.text_lists import bulleted, numbered, ordered

EACH = 24  # cases of a kind of instruction or fact
_COUNTS = ("zero", "one", "two", "three", "four", "five")
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
        number = _kept(rng, "<", 20, 998, 998)[0]
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
    "colour": "What colour is {k}?", "sound": "What sound does a {k} make?",
}  # fmt: skip


def _facts(rng: Random) -> Iterator[Case]:
    for kind, asked in _FACTS.items():
        for key, value in rng.sample(list(facts.table(kind).items()), EACH):
            yield Case("facts", talk(asked.format(k=key)), (value,), fold=True)


# ---- instructions on text -------------------------------------------------------------------

_SENTENCES = (
    "The ferry leaves from the old pier.", "My cousin feeds nine goats every evening.", "We saw a heron by the pond.", "He forgot his hat at the barber.", "Snow fell on the quiet village.",
    "They sang two songs for their teacher.", "A tall fence stands behind our barn.", "She packed a sandwich for the hike.", "The nurse opened the window.", "Our train stopped near a small lake.",
)  # fmt: skip
_WITH_NUMBERS = (
    "I bought {a} apples and {b} pears.",
    "The train leaves at {a} and arrives at {b}.",
    "She has {a} books and {b} pens.",
    "Room {a} is on floor {b}.",
    "They sold {a} tickets in {b} hours.",
)


def _some(rng: Random, low: int, high: int) -> list[str]:
    """Different words, half of them held out."""
    found: dict[str, None] = {}
    count = rng.randint(low, high)
    while len(found) < count:
        found[rng.choice(words.UNSEEN) if rng.random() < 0.5 else words.ordinary(rng)] = None
    return list(found)


Asked = tuple[str, ...]  # a message and its answer, or all that would be right


def _on_words(
    wordings: tuple[str, ...], answer: Callable[[list[str]], str], *,
    given: Callable[[list[str]], str] = " ".join, low: int = 3, high: int = 5,
) -> Callable[[Random], Asked]:  # fmt: skip
    def make(rng: Random) -> Asked:
        drawn = _some(rng, low, high)
        return rng.choice(wordings).format(t=given(drawn)), answer(drawn)

    return make


def _times(rng: Random) -> Asked:
    word, count = _some(rng, 1, 1)[0], rng.randint(2, 5)
    number = str(count) if rng.random() < 0.5 else _COUNTS[count]
    asked = rng.choice(
        ("Repeat the word {t} {n} times.", "Say {t} {n} times.", 'Write "{t}" {n} times.')
    )
    return asked.format(t=word, n=number), " ".join([word] * count)


def _lower(rng: Random) -> Asked:
    text = " ".join(_some(rng, 3, 5))
    asked = rng.choice(
        ("Write in lower case: {t}", "Convert to lowercase: {t}", "Make this lower case: {t}")
    )
    return asked.format(t=text.upper()), text


def _place(rng: Random) -> Asked:
    drawn, (order, at) = _some(rng, 3, 6), rng.choice((("first", 0), ("last", -1)))
    asked = rng.choice(
        (
            "What is the {o} word of: {t}",
            'What is the {o} word in "{t}"?',
            "Give me the {o} word: {t}",
        )
    )
    return asked.format(o=order, t=" ".join(drawn)), drawn[at]


def _replaced(rng: Random) -> Asked:
    text, new = rng.choice(_SENTENCES), _some(rng, 1, 1)[0]
    parts = text.rstrip(".").split()
    old = rng.choice([part for part in parts if part.islower() and len(part) > 3])
    asked = rng.choice(
        ('Replace "{x}" with "{y}": {t}', "Replace {x} with {y} in: {t}", "Replace the word {x} by {y} in this sentence: {t}", 'In the sentence "{t}" replace {x} with {y}.')
    )  # fmt: skip
    done = " ".join(new if part == old else part for part in parts)
    return asked.format(x=old, y=new, t=text), f"{done}."


def _numbers(rng: Random) -> Asked:
    drawn, down = rng.sample(range(1, 100), rng.randint(3, 6)), rng.random() < 0.4
    asked = rng.choice(
        ("Sort from largest to smallest: {t}", "Sort these numbers in descending order: {t}") if down else
        ("Sort these numbers: {t}", "Sort from smallest to largest: {t}", "Sort these numbers in ascending order: {t}")
    )  # fmt: skip
    shown = ", ".join(map(str, drawn))
    return asked.format(t=shown), ", ".join(map(str, sorted(drawn, reverse=down)))


def _extracted(rng: Random) -> Asked:
    left, right = rng.randint(1, 300), rng.randint(1, 300)
    text = rng.choice(_WITH_NUMBERS).format(a=left, b=right)
    asked = rng.choice(
        (
            "Extract the numbers: {t}",
            "List the numbers in this text: {t}",
            "Which numbers are in this text? {t}",
        )
    )
    return asked.format(t=text), f"{left}, {right}"


def _chosen(rng: Random) -> Asked:
    drawn, count = _some(rng, 4, 6), rng.randint(1, 3)
    asked = rng.choice(
        (
            "Answer in exactly {n} from this list: {t}",
            "Choose exactly {n} from this list: {t}",
            "Pick exactly {n}: {t}",
        )
    )
    number = f"{_COUNTS[count]} word{'s' if count > 1 else ''}"
    chosen = [" ".join(some) for some in combinations(drawn, count)]
    return asked.format(n=number, t=", ".join(drawn)), *chosen


def _object(rng: Random) -> Asked:
    name, city, age = rng.choice(_NAMES), rng.choice(_CITIES), rng.randint(5, 90)
    return rng.choice(
        ((f"Write JSON with the keys name and city: {name}, {city}", dumped({"name": name, "city": city})),
         (f"Make a JSON object with keys name and age from this: {name} is {age} years old.", dumped({"name": name, "age": age})),
         (f"Create JSON with the keys name, age and city for {name}, {age}, {city}.", dumped({"name": name, "age": age, "city": city})))
    )  # fmt: skip


def _two_steps(rng: Random) -> Asked:
    drawn = _some(rng, 3, 4)
    loose, listed = " ".join(drawn), ", ".join(drawn)
    return rng.choice(
        ((f"Sort these words alphabetically and write them in upper case: {listed}", ", ".join(ordered(drawn)).upper()),
         (f"Reverse the words and write them in upper case: {loose}", " ".join(drawn[::-1]).upper()),
         (f"Write in upper case and join with commas: {loose}", ", ".join(drawn).upper()),
         (f"Sort these words alphabetically, then make a bullet list: {listed}", bulleted(ordered(drawn))))
    )  # fmt: skip


_TEXT: dict[str, Callable[[Random], Asked]] = {
    "repeat": _on_words(("Repeat: {t}", 'Say "{t}".', "Repeat after me: {t}"), " ".join),
    "repeat n times": _times,
    "upper case": _on_words(("Write in upper case: {t}", "Convert to uppercase: {t}", 'Turn "{t}" into upper case.'), lambda drawn: " ".join(drawn).upper()),
    "lower case": _lower,
    "reverse words": _on_words(("Reverse the words: {t}", "Reverse the order of the words: {t}", "Write these words in reverse order: {t}"), lambda drawn: " ".join(drawn[::-1])),
    "first, last word": _place,
    "count words": _on_words(("How many words are in: {t}", "Count the words: {t}", 'How many words does "{t}" have?'), lambda drawn: str(len(drawn)), high=8),
    "replace a word": _replaced,
    "spell": _on_words(("Spell the word {t}.", "How do you spell {t}?", 'Spell "{t}" letter by letter.'), lambda drawn: "-".join(drawn[0]), low=1, high=1),
    "sort words": _on_words(("Sort these words alphabetically: {t}", "Sort alphabetically: {t}", "Put these words in alphabetical order: {t}"), lambda drawn: ", ".join(ordered(drawn)), given=", ".join, high=6),
    "sort numbers": _numbers,
    "join with commas": _on_words(("Join these words with commas: {t}", "Join with commas: {t}", "Separate these words with commas: {t}"), ", ".join),
    "bullet list": _on_words(("Make a bullet list: {t}", "Write as a bullet list: {t}", "Turn this into a bulleted list: {t}"), bulleted, given=", ".join),
    "numbered list": _on_words(("Make a numbered list: {t}", "Write as a numbered list: {t}", "Turn this into a numbered list: {t}"), numbered, given=", ".join),
    "exactly n words": _chosen,
    "extract numbers": _extracted,
    "JSON": _object,
    "two steps": _two_steps,
}  # fmt: skip


def _text(rng: Random) -> Iterator[Case]:
    for skill, make in _TEXT.items():
        for _ in range(EACH):
            asked, *answers = make(rng)
            yield Case(skill, talk(asked), tuple(answers), exact=True)


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
    return [*_sums(rng), *_facts(rng), *_text(rng), *_memory(rng), *_system()]
