# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""The text that an instruction is about, and how it stands beside the instruction.

Contract: `ask` puts an instruction and its text into one message: before or after, quoted or not,
behind a colon or on a line of its own; the text itself is never roughened. Patterns that name
`{t}` place it themselves. Inside `shortly` orders and texts are as short as can be. Wordings stand
in `text.toml`.
"""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from random import Random
from typing import Any

from training import words
from training.phrasing import expand, fill, say, usual

_ASK: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("text.toml").read_text(encoding="utf-8")
)
_SHORT: dict[str, list[str]] = _ASK.pop("short")
_short = ContextVar("short", default=False)
_IMPERATIVE = frozenset(_ASK["imperative"])
_QUOTES = ('"{}"', '"{}"', "'{}'", "“{}”", "`{}`")
_LAYOUTS = (
    (9.0, "{head}: {text}"), (2.5, "{head}:\n{text}"), (1.5, "{head}:\n\n{text}"),
    (1.5, "{head}.\n\n{text}"), (1.0, "{head}. {text}"), (1.0, "{head}\n{text}"),
    (1.5, "{text}\n\n{head}."), (1.5, "{text}\n{head}."), (0.7, "{text} - {head}"),
    (0.8, "{head}. Text: {text}"), (0.8, "Text: {text}\n{head}."), (0.7, "Here is a text: {text}\n{head}."),
    (0.6, "{head} - {text}"), (0.4, "I have this text: {text}\n\n{head}."), (0.5, "{head}\n\n{text}"),
    (0.4, "My text: {text}\n{head}."), (0.4, "Input: {text}\n{head}."), (0.4, "{head}. Input: {text}"), (0.3, "{head}, namely {text}"),
    (0.3, "This is my text: {text}\n\n{head}."), (0.3, "{head}. My text is: {text}"), (0.3, "{head}:{text}"),
)  # fmt: skip
_QUOTED_LAYOUTS = (
    (3.0, "{head}: {text}"),
    (2.0, "{head} {text}"),
    (1.0, "{text}: {head}."),
    (1.0, "{text}\n{head}."),
    (1.0, "{head}.\n{text}"),
    (0.7, "{text} - {head}"),
    (0.5, "The text is {text}. {head}."),
    (0.5, "{head}. The text: {text}"),
    (0.4, "I wrote {text}. {head}."),
    (0.4, "Take {text}. {head}."),
)  # fmt: skip


def quoted(rng: Random, text: str) -> str:
    """The text in one of the usual quotation marks."""
    return rng.choice(_QUOTES).format(text)


def ask(rng: Random, kind: str, text: str, **slots: str) -> str:
    """A message that asks for `kind` of the text; now and then it says that nothing else is wanted."""
    if _short.get():
        return fill(f"{rng.choice(_SHORT[kind])}: {text}", slots)
    return _only(rng, _worded(rng, kind, text, **slots))


@contextmanager
def shortly() -> Iterator[None]:
    """Within it, `ask` uses the shortest wordings and texts have few words: most problems in the
    fewest tokens."""
    token = _short.set(True)
    try:
        yield
    finally:
        _short.reset(token)


def _only(rng: Random, message: str) -> str:
    draw = rng.random()
    if draw < 0.03:
        return f"{rng.choice(_ASK['only'])} {message}"
    return f"{message}\n{rng.choice(_ASK['only'])}" if draw < 0.06 else message


def _worded(rng: Random, kind: str, text: str, **slots: str) -> str:
    """The instruction in one of its wordings, and the text where the wording or a layout has it."""
    if kind in _OF_LIST and ", " in text and rng.random() < 0.12:
        return _mentioned(rng, kind, text, **slots)
    patterns = _apart(kind) if "\n" in text else _ASK[kind]
    pattern = framed(rng, expand(usual(rng, patterns), rng))
    if "{t}" not in pattern:
        return lay_out(rng, pattern, text, **slots)
    # Words behind a text without quotation marks could be part of it.
    marked = 0.85 if re.search(r"\{t\}.*[a-z]", pattern) else 0.4
    shown = quoted(rng, text) if rng.random() < marked and '"' not in text else text
    if " " in text and rng.random() < 0.25:
        pattern = _named(rng, kind, pattern, quoted=shown != text)
    ends_with_text = pattern.rstrip("?.").endswith("{t}")
    while True:
        said = say(pattern, rng, **slots)
        behind = said.partition("{t}")[2]
        # A "please" right behind the text would read as a part of it.
        if not (ends_with_text and any(letter.isalpha() for letter in behind)):
            message = fill(said, {"t": shown})
            return message.replace(shown + ".", shown) if shown[-1] in ".!?" else message


_OF_LIST = (
    "sort", "sort_back", "bullets", "numbered", "choose", "choose_last", "choose_one", "of_kind",
    "of_kind_one",
)  # fmt: skip
_MENTIONS = (
    "I (need|want) to buy {t}.", "I have {t}.", "We (need|have|bought|saw) {t}.", "I like {t}.", "My list is {t}.", "On the list are {t}.",
    "The words are {t}.", "Here are my words: {t}.", "I wrote down {t}.", "For today I planned {t}.", "In the box there are {t}.",
    "They asked for {t}.", "Our team is {t}.", "I packed {t}.", "My words are {t}.", "The items are {t}.",
)  # fmt: skip


def _mentioned(rng: Random, kind: str, text: str, **slots: str) -> str:
    """The list in a sentence of its own, and what to do with it, before or behind."""
    order = expand(usual(rng, _apart(kind)), rng).rstrip(".?!: ")
    order += "?" if _QUESTION.search(order) else "."
    mention = fill(expand(rng.choice(_MENTIONS), rng), {"t": text})
    if rng.random() < 0.2:
        return f"{say(order, rng, **slots)} {mention}"
    return f"{mention} {say(order.replace('the following', 'these'), rng, **slots)}"


_QUESTION = re.compile(r"\b(?:which|what|how|can|could|would|is there|may)\b", re.IGNORECASE)


def _apart(kind: str) -> list[str]:
    """The wordings beside which the text stands by itself."""
    return [one for one in _ASK[kind] if "{t}" not in one]


_OF_NUMBERS = ("the numbers", "the numbers", "these numbers")
_OF_WORDS = ("the words", "the words", "these words", "the list")
_OF_TEXT = ("the sentence", "the text", "the phrase", "the line", "this sentence", "the words")


def _named(rng: Random, kind: str, pattern: str, *, quoted: bool) -> str:
    """The pattern with a noun before its text: "the words {t}", "the sentence {t}"."""
    before = pattern.partition("{t}")[0].rstrip()
    if not before or before.endswith(("word", "words", "phrase", "text", "name", "is", "say", ":")):
        return pattern
    of_list = kind in (*_OF_LIST, "join", "join_items", "reverse")
    nouns = _OF_NUMBERS if kind in ("sort_up", "sort_down") else _OF_WORDS if of_list else _OF_TEXT
    if nouns is _OF_TEXT and not quoted:
        return pattern
    return pattern.replace("{t}", rng.choice(nouns) + " {t}")


def framed(rng: Random, order: str) -> str:
    """An order inside a longer request, when it begins with its verb."""
    if rng.random() > 0.12 or order.split(" ")[0].lower() not in _IMPERATIVE:
        return order
    return expand(rng.choice(_ASK["frames"]), rng).replace("{h}", order[0].lower() + order[1:])


_ABOVE = re.compile(
    r"\b(?:these|this|the following) (words|names|items|numbers|things|list|sentence|text|line)\b"
    r"(?! (?:in|of|from|out|here|that|for)\b)"
)


def lay_out(rng: Random, pattern: str, text: str, **slots: str) -> str:
    """The instruction and its text, joined by one of the layouts."""
    head = say(pattern, rng, **slots).rstrip(".?!: ")
    marks = rng.random() < 0.3 and '"' not in text and "\n" not in text
    weights, layouts = zip(*(_QUOTED_LAYOUTS if marks else _LAYOUTS), strict=True)
    layout: str = rng.choices(layouts, weights)[0]
    if layout.startswith("{text}\n") and rng.random() < 0.4:
        head = _ABOVE.sub(r"the \1 above", head, count=1)
    return fill(layout, {"head": head, "text": quoted(rng, text) if marks else text})


def wording(rng: Random, kind: str) -> str:
    """One unfilled wording: for a step of several."""
    return expand(usual(rng, _ASK[kind]), rng)


def token(rng: Random) -> str:
    """One word to work on: rare, ordinary, or at times a name."""
    kind = rng.random()
    if kind < 0.74:
        return words.everyday(rng)
    return words.rare(rng) if kind < 0.93 else _first_name(rng)


_KINDS = (
    words.FRUITS, words.ANIMALS, words.COLOURS, words.VEGETABLES, words.JOBS, words.CITIES,
    words.HOBBIES, words.FIRST_NAMES, words.COUNTRIES,
)  # fmt: skip


_WORD_LISTS: dict[int, list[list[str]]] = {
    count: [made for made in words.LISTS if len(made) == count and all(map(str.isalpha, made))]
    for count in range(2, 7)
}
_THING_LISTS = [made for made in words.LISTS if any(" " in item for item in made)]


def _first_name(rng: Random) -> str:
    return words.name(rng).split()[0]


def how_many(rng: Random, low: int, high: int) -> int:
    """How many of them: within `shortly` few."""
    return rng.randint(low, min(high, low + 3) if _short.get() else high)


def some(rng: Random, low: int, high: int) -> list[str]:
    """Different words; often all ordinary ones or all of a kind, as people give them."""
    count, kind = how_many(rng, low, high), rng.random()
    if kind < 0.08:
        return rng.sample(rng.choice(_KINDS), count)
    if kind < 0.16 and (written := _WORD_LISTS.get(count)):
        return list(rng.choice(written))
    ordinary = 0.85 if _short.get() else 0.75
    draw = words.everyday if kind < ordinary else _first_name if kind < ordinary + 0.08 else token
    alike = rng.random() < 0.2  # "pen, pencil": which of the two is copied shows late
    found: dict[str, None] = {}
    while len(found) < count:
        one = draw(rng)
        if alike and found and rng.random() < 0.4:
            one = words.beginning_alike(rng, rng.choice(list(found)))
        found[one] = None
    return list(found)


def phrase(rng: Random, low: int = 1, high: int = 8) -> str:
    """Running words: loose ones, or a sentence without its mark."""
    if high > 3 and rng.random() < 0.5:
        return _everyday(rng).rstrip(".!?") if rng.random() < 0.65 else sentence(rng)
    return " ".join(some(rng, low, high))


_AT_HOME = ("cat", "dog", "cat", "dog", "bird", "horse", "rabbit")
_BRIEF = [line for line in words.SENTENCES if line.count(" ") < 5]


def _everyday(rng: Random) -> str:
    """A sentence or phrase that was written out, as it was written; within `shortly` a brief one."""
    return rng.choice(_BRIEF if _short.get() else words.SENTENCES)


def sentence(rng: Random) -> str:
    """A short plain sentence, lower case but for names, without a mark at its end."""
    made = expand(rng.choice(_ASK["sentences"]), rng)

    def drawn(listed: list[str]) -> str:
        return words.rare(rng) if rng.random() < 0.08 else rng.choice(listed)

    slots = {
        "n": drawn(words.NOUNS), "m": drawn(words.NOUNS), "a": drawn(words.ADJECTIVES), "v": drawn(words.VERBS), "u": drawn(words.VERBS),
        "w": _first_name(rng), "y": _first_name(rng), "z": rng.choice(words.ANIMALS if rng.random() < 0.5 else _AT_HOME),
        "p": rng.choice(("sits on", "sat on", "looks at", "stands near", "is under", "jumps over", "ran to", "likes", "lost")),
    }  # fmt: skip
    slots["x"] = "an" if slots["a"][0] in "aeiou" else "a"
    return fill(made, slots)


def things(rng: Random) -> list[str]:
    """Items of several words: "green tea", "call Anna", "three big boats"."""
    if rng.random() < 0.75:
        return list(rng.choice(_THING_LISTS))
    made: list[str] = []
    for _ in range(rng.randint(2, 5)):
        shape, noun = rng.random(), rng.choice(words.NOUNS)
        if shape < 0.5:
            made.append(f"{rng.choice(words.ADJECTIVES)} {noun}")
        elif shape < 0.8:
            made.append(f"{rng.choice(words.VERBS)} the {noun}")
        else:
            made.append(
                f"{words.rare(rng)} {noun}"
                if shape < 0.9
                else f"{rng.choice(words.VERBS)} {_first_name(rng)}"
            )
    return list(dict.fromkeys(made))


def _written(rng: Random) -> str:
    """A sentence with a capital and a mark."""
    made = _everyday(rng) if rng.random() < 0.65 else sentence(rng)
    return made[0].upper() + made[1:] + ("" if made[-1] in ".!?" else rng.choice("...!?"))


def prose(rng: Random) -> str:
    """A sentence as it is written: capital and full stop; at times two of them."""
    return " ".join(_written(rng) for _ in range(1 if rng.random() < 0.85 else 2))


def separated(rng: Random, items: list[str]) -> tuple[str, str]:
    """A list as people give it, and the separator that its arranged form keeps."""
    kind = rng.random()
    if kind < 0.5:
        return ", ".join(items), ", "
    if kind < 0.79 or len(items) < 2:
        return " ".join(items), " "
    if kind < 0.84:
        return "\n".join(items), "\n"
    if kind < 0.88:
        return ",".join(items), ", "
    return ", ".join(items[:-1]) + " and " + items[-1], ", "
