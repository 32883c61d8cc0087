# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Instructions on a given list: sort, join, bullets, numbers, choose, JSON, two in a row.

Contract: as in `text.py`.
"""

import json
from collections.abc import Callable
from random import Random

from training.cases.case import Case, talk
from training.cases.text_held import each, plain, some, word

_COUNTS = ("zero", "one", "two", "three", "four", "five", "six")

_SORT = (
    "Bring some order into these words, a first, z last: {t}", "Please list these by the alphabet: {t}", "How would these be ordered in a dictionary? {t}", "Alphabetically sorted, what does this give: {t}", "Which order is alphabetical for {t}?",
    "Rank these words A-Z: {t}", "Use alphabetical order for these: {t}", "I wrote {t}. Please sort that alphabetically.", "Do an alphabetical sort of: {t}", "Sort the words here, beginning with the one nearest to a: {t}",
)  # fmt: skip
_SORT_UP = (
    "Bring these numbers into order, little ones first: {t}",
    "What is the ascending order of {t}?",
    "Rank from lowest to highest: {t}",
    "Order {t} by size, smallest at the front.",
    "Could you line these numbers up from small to big? {t}",
    "Increasing order please: {t}",
)
_SORT_DOWN = (
    "Bring these numbers into order, big ones first: {t}",
    "What is the descending order of {t}?",
    "Rank from highest to lowest: {t}",
    "Order {t} by size, largest at the front.",
    "Could you line these numbers up from big to small? {t}",
    "Decreasing order please: {t}",
)
_JOIN = (
    "Glue these words together with commas: {t}", "Turn the spaces into commas: {t}", "Could I get these with a comma after each but the last? {t}", "Comma-join: {t}", "Separate with commas what follows: {t}",
    "As one comma-separated line, please: {t}", "I'd like commas between all of these: {t}", "Merge the words using commas as separators: {t}", "Please list these words in a row, commas in between: {t}", "Words to be separated by commas: {t}",
)  # fmt: skip
_BULLETS = (
    "Convert the items to Markdown bullets: {t}", "One dash line per item, please: {t}", "Could you show this as points with dashes? {t}", "Break this into bullets: {t}", "Show me each of these as a bullet: {t}",
    "Please bullet these: {t}", "I'd like a list with a bullet for each: {t}", "Lay these out as bullet points: {t}", "{t}\nBullet these for me.", "Output as an unordered list: {t}",
)  # fmt: skip
_NUMBERED = (
    "Convert the items to a list that is numbered: {t}", "Give each item a number, one per line: {t}", "Could you show this as a list with 1, 2, 3? {t}", "Break this into numbered points: {t}", "Show me each of these with its number: {t}",
    "Please add numbers to these: {t}", "I'd like a list numbered from 1: {t}", "Lay these out as a numbered list: {t}", "{t}\nGo through those and number each.", "Output as an enumerated list: {t}",
)  # fmt: skip
_NUMBERS = (
    "Which figures are mentioned? {t}", "Give back nothing but the numbers: {t}", "I only care about the numbers here: {t}", "Scan this for numbers: {t}", "Filter the numbers out of this sentence: {t}",
    "What numbers does this contain? {t}", "{t}\nNow write all numbers of that sentence.", "Numbers mentioned in the following: {t}", "Which numerical values do you find here? {t}", "Pick the numbers from: {t}",
)  # fmt: skip
_CHOOSE = (
    "Mention precisely {n} of these: {t}", "Your answer must have exactly {n} words, taken from here: {t}", "Here are my words: {t}. Choose just {n}, please.", "{t}\nSelect {n} of those words.", "Limit yourself to {n} words of this list: {t}",
    "Would you kindly pick {n} words? {t}", "Answer in exactly {n} words, using this list: {t}", "Make a choice of {n} words among these: {t}", "Only {n} of the words below, please:\n{t}", "Grab {n} words from the list: {t}",
)  # fmt: skip
_JSON = (
    "Represent this as JSON, keys {k}: {t}", "Please produce a JSON object whose keys are {k}. Values: {t}", "Build me some JSON. Keys: {k}. Values: {t}", "I need this as JSON with {k} as keys: {t}", "{t}\nMake that a JSON object with the keys {k}.",
    "Format as JSON using the keys {k}: {t}", "Encode {t} in JSON under the keys {k}.", "What would a JSON object with keys {k} look like for {t}?", "Fill a JSON object with keys {k} from these values: {t}", "Respond with JSON. The keys are {k}, the values {t}.",
)  # fmt: skip
_WITH_NUMBERS = (
    ("The {w} has {0} doors and {1} rooms", 2), ("My {w} ate {0} figs", 1), ("Bring {0} {w}s, {1} ropes and {2} lamps", 3), ("Bus number {0} stops at gate {1}", 2), ("She was born in {0} and moved away in {1}", 2),
    ("{w} won {0} to {1}", 2), ("Mix {0} grams of {w} with {1} grams of salt for {2} minutes", 3), ("Chapter {0} of the {w} book is {1} pages long", 2), ("Between {0} and {1} there is a {w}", 2), ("A {w} for {0} coins", 1),
)  # fmt: skip


def _numbers(rng: Random) -> list[str]:
    return [
        str(number) for number in rng.sample(range(rng.choice((20, 100, 1000))), rng.randint(3, 6))
    ]


def _listed(rng: Random) -> list[Case]:
    """Sorting, joining, lists, choosing, numbers and JSON."""

    def sort(at: int) -> tuple[dict[str, str], str]:
        separator, drawn = (", ", " ")[at % 2], some(rng, 3, 5, ties=at % 5 == 0)
        return {"t": separator.join(drawn)}, separator.join(sorted(drawn))

    def up(at: int) -> tuple[dict[str, str], str]:
        separator, drawn = (", ", " ")[at % 2], _numbers(rng)
        return {"t": separator.join(drawn)}, separator.join(sorted(drawn, key=int))

    def down(at: int) -> tuple[dict[str, str], str]:
        separator, drawn = (", ", " ")[at % 2], _numbers(rng)
        return {"t": separator.join(drawn)}, separator.join(sorted(drawn, key=int, reverse=True))

    def choose(at: int) -> tuple[dict[str, str], str]:
        drawn, count = some(rng, 5, 6), 2 + at % 3
        return {"t": ", ".join(drawn), "n": _COUNTS[count]}, " ".join(drawn[:count])

    def numbers(at: int) -> tuple[dict[str, str], str]:
        text, count = _WITH_NUMBERS[at]
        drawn = [str(rng.randrange(2, 2000)) for _ in range(count)]
        return {"t": text.format(*drawn, w=word(rng))}, ", ".join(drawn)

    def record(at: int) -> tuple[dict[str, str], str]:
        keys = (
            ("name", "age"),
            ("city",),
            ("name", "city"),
            ("animal", "colour"),
            ("title", "year"),
            ("name", "age", "city"),
            ("fruit", "price"),
            ("owner", "pet"),
            ("first", "last"),
            ("word", "count"),
        )[at]
        made: dict[str, str | int] = {
            key: rng.randint(2, 90)
            if key in ("age", "year", "price", "count")
            else word(rng).capitalize()
            for key in keys
        }
        return {
            "t": ", ".join(map(str, made.values())),
            "k": " and ".join((", ".join(keys[:-1]), keys[-1])) if len(keys) > 1 else keys[0],
        }, json.dumps(made)

    commas: Callable[[list[str]], str] = ", ".join
    return [
        *each("sort words", _SORT, sort), *each("sort numbers", _SORT_UP, up), *each("sort numbers", _SORT_DOWN, down),
        *plain(rng, "join with commas", _JOIN, 3, 6, commas),
        *plain(rng, "bullet list", _BULLETS, 3, 5, lambda drawn: "\n".join(f"- {one}" for one in drawn), commas),
        *plain(rng, "numbered list", _NUMBERED, 3, 5, lambda drawn: "\n".join(f"{at}. {one}" for at, one in enumerate(drawn, 1)), commas),
        *each("exactly n words", _CHOOSE, choose), *each("extract numbers", _NUMBERS, numbers), *each("JSON", _JSON, record),
    ]  # fmt: skip


_STEPS: tuple[tuple[str, Callable[[list[str]], str]], ...] = (
    ("Alphabetise these words, afterwards join them by commas: {t}", lambda drawn: ", ".join(sorted(drawn))),
    ("First sort these from a to z, then show them as bullets: {t}", lambda drawn: "\n".join(f"- {one}" for one in sorted(drawn))),
    ("Two things please: reverse the word order, then join with commas. {t}", lambda drawn: ", ".join(drawn[::-1])),
    ("Make everything upper case and separate the words with commas: {t}", lambda drawn: ", ".join(drawn).upper()),
    ("Sort the following alphabetically, then number the lines: {t}", lambda drawn: "\n".join(f"{at}. {one}" for at, one in enumerate(sorted(drawn), 1))),
    ("Reverse this list of words and put each behind a dash as a bullet list: {t}", lambda drawn: "\n".join(f"- {one}" for one in drawn[::-1])),
    ("Sort these words, then give them to me in capitals: {t}", lambda drawn: " ".join(sorted(drawn)).upper()),
    ("Write them in reverse order and in upper case: {t}", lambda drawn: " ".join(drawn[::-1]).upper()),
    ("Put these into alphabetical order and tell me which one is the first: {t}", lambda drawn: min(drawn)),
    ("Use capital letters and make a numbered list: {t}", lambda drawn: "\n".join(f"{at}. {one.upper()}" for at, one in enumerate(drawn, 1))),
)  # fmt: skip


def _steps(rng: Random) -> list[Case]:
    """Two instructions in a row."""
    made = []
    for wording, answer in _STEPS:
        drawn = some(rng, 3, 4, ties=False)
        made.append(
            Case(
                "two steps",
                talk(wording.replace("{t}", " ".join(drawn))),
                (answer(drawn),),
                exact=True,
            )
        )
    drawn = _numbers(rng)
    asked = (
        f"Order these numbers by size, lowest first, and join them using commas: {' '.join(drawn)}"
    )
    made.append(Case("two steps", talk(asked), (", ".join(sorted(drawn, key=int)),), exact=True))
    asked = "Find the numbers, then write them from large to small: 14 boats, 250 sails and 7 masts"
    made.append(Case("two steps", talk(asked), ("250, 14, 7",), exact=True))
    return made


def cases(rng: Random) -> list[Case]:
    """Lists of words and of numbers, then two steps."""
    return [*_listed(rng), *_steps(rng)]
