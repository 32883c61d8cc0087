# ruff: noqa: E501 - one wording a line reads better than a wording cut in pieces
"""Instructions on given text in the plainest wordings, many of each kind.

Contract: half of the words are held out of the corpus, the others are ordinary; answers are computed
here and compared exactly.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from random import Random

from training import words
from training.cases.case import Case, talk
from training.skills.text_json import dumped
from training.skills.text_lists import bulleted, numbered, ordered

EACH = 24  # cases of a kind
_COUNTS = ("zero", "one", "two", "three", "four", "five")
_NAMES, _CITIES = words.HELD_OUT[:24], words.HELD_OUT[24:30]

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


Asked = tuple[str, ...]  # a message and its answer, or several that would be right


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
    chosen = [" ".join(some) for some in permutations(drawn, count)]
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


def cases(rng: Random) -> Iterator[Case]:
    """All kinds, one after the other."""
    for skill, make in _TEXT.items():
        for _ in range(EACH):
            asked, *answers = make(rng)
            yield Case(skill, talk(asked), tuple(answers), exact=True)
