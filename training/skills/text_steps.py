# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Two instructions in a row on the same list or text.

Contract: `two_steps` has both in one message, and the answer is the second step's result and
nothing else; `followed` has a message and an answer for each. A second step that sets no separator
keeps the one that the list was given with.
"""

from collections.abc import Callable
from random import Random

from training.dialogue import Turn
from training.phrasing import expand, say
from training.skills import text_words
from training.skills.text_given import (
    framed,
    lay_out,
    phrase,
    separated,
    some,
    wording,
)
from training.skills.text_lists import (
    bulleted,
    numbered,
    numbers,
    ordered,
    sortable,
    with_numbers,
)

_ARRANGED: dict[str, Callable[[list[str]], list[str]]] = {
    "sort": ordered, "reverse": lambda items: items[::-1], "upper": lambda items: [item.upper() for item in items],
    "lower": lambda items: [item.lower() for item in items], "title": lambda items: [item[0].upper() + item[1:] for item in items],
    "sort_up": lambda items: sorted(items, key=int), "sort_down": lambda items: sorted(items, key=int, reverse=True),
}  # fmt: skip
_SHOWN: dict[str, Callable[[list[str]], str]] = {
    "join": ", ".join, "bullets": bulleted, "numbered": numbered, "first": lambda items: items[0], "last": lambda items: items[-1],
    "count": lambda items: str(len(items)),
}  # fmt: skip


_AFTER = {
    "sort": ("upper", "first", "last", "reverse"), "reverse": ("upper", "first", "last", "sort"),
    "upper": ("reverse", "sort"), "lower": ("reverse",), "title": ("reverse", "sort"),
}  # fmt: skip
_JOINED = (
    *["{first} and {then}"] * 5, *["{first} and then {then}"] * 4, *["{first}, then {then}"] * 3,
    "{first}, and then {then}", "{first} and after that {then}", "{first}; then {then}",
    "{first}. Then {then}", "{first}. Then {then}", "{first}. After that, {then}",
    "{first} and also {then}", "first {first}, then {then}", "first {first}, then {then}",
    "first {first} and then {then}", "first {first}. Then {then}", "first, {first}. Next, {then}",
    "step 1: {first}. Step 2: {then}", "1. {first} 2. {then}", "two steps: {first}, {then}",
    "{first}, and {then}", "{first}. Next, {then}", "{first}. Finally, {then}",
    "{first} before you {then}", "after you {first}, {then}", "{first}. With the result do this: {then}",
)  # fmt: skip


def _joined(rng: Random, first: str, then: str) -> str:
    """Both steps in one message."""
    frame: str = rng.choice(_JOINED)
    return frame.replace("{first}", first).replace("{then}", then)


_PLACES = (("first", 0), ("first", 0), ("last", -1), ("last", -1), ("second", 1))
_FIRST_WORD = (
    "(take|find|pick|get|look at|copy) the {o} word( of this| in this| of the text| here|)",
    "(what is|tell me) the {o} word( of this|)",
)
_SAID_ONE = (
    "(write|say|give|print) the {o} word( of this| of the text| in this|) {h}",
    "(write|say|give|print) {h} the {o} word( of this| of the text|)",
    "the {o} word( of this|) {h}",
    "(what is|tell me) the {o} word( of this|) {h}",
)
_ONE: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[str], str]]] = {
    "upper": (("write it in (upper case|capitals|capital letters)", "(make it|turn it into|convert it to) (upper case|uppercase)", "uppercase it", "put it in (capitals|upper case)"), ("in (upper case|capitals|capital letters|uppercase)",), str.upper),
    "spell": (("spell it( out| letter by letter|)", "write it letter by letter", "give me its letters"), ("(letter by letter|spelled out)",), "-".join),
    "twice": (("(write|say|repeat) it (twice|two times)",), ("(twice|two times)",), lambda word: f"{word} {word}"),
    "three times": (("(write|say|repeat) it (three times|3 times)",), ("(three times|3 times)",), lambda word: " ".join([word] * 3)),
    "count": (("count its letters", "(say|tell me) how many letters it has"), (), lambda word: str(len(word))),
}  # fmt: skip


def with_one(rng: Random) -> Turn:
    """A word of the text is found, and something is done with it."""
    loose = some(rng, 2, 6)
    order, place = rng.choice(_PLACES)
    then, said, act = _ONE[rng.choice(list(_ONE))]
    if said and rng.random() < 0.4:
        head = rng.choice(_SAID_ONE).replace("{h}", rng.choice(said))
    else:
        head = _joined(rng, rng.choice(_FIRST_WORD), rng.choice(then))
    return Turn(
        lay_out(rng, framed(rng, expand(head, rng)), " ".join(loose), o=order), act(loose[place])
    )


_FEW = (
    "(take|keep|choose|pick|use|get) (only |)the {o} {n} words( of this| of this list| from the list| of the list| here|)",
    "(take|keep|use) the {o} {n}( of these| of them| of these words|)",
)
_WITH_FEW = ("upper", "upper", "reverse", "join", "join", "bullets", "numbered", "sort")


def with_few(rng: Random) -> Turn:
    """The first or the last few words are taken, and something is done with them."""
    few, last, second = rng.choice((2, 2, 3)), rng.random() < 0.35, rng.choice(_WITH_FEW)
    items = some(rng, few + 1, 6)
    given, separator = separated(rng, items)
    kept = items[-few:] if last else items[:few]
    slots = {
        "o": "last" if last else "first",
        "n": rng.choice((str(few), ("two", "three")[few - 2])),
    }
    head = _joined(rng, expand(rng.choice(_FEW), rng), wording(rng, f"then_{second}"))
    return Turn(lay_out(rng, framed(rng, head), given, **slots), _second(second, kept, separator))


_HEADS = {
    "replace": "(replace {x} with|replace {x} with|replace {x} by|replace the word {x} with|change {x} to|swap {x} for|substitute {x} with|turn {x} into) {y}( in this| in the text| here|)",
    "upper": "((write|put|turn|convert|change) (this|the text|it|the sentence|the result|everything|all of it) (in|into|to) (upper case|uppercase|capitals|capital letters|all caps)|make (it|everything|the text|the result) (upper case|uppercase|all caps)|uppercase (it|everything|the result))",
    "lower": "((write|put|turn|convert|change) (this|the text|it|the sentence|the result|everything) (in|into|to) (lower case|lowercase|small letters)|make (it|everything|the text) (lower case|lowercase)|lowercase (it|everything))",
    "reverse": "((reverse|flip|turn around) the (words|word order|order of the words|order)|(write|put|say|give) the words in reverse order)",
    "times": "(repeat|write|say) (it|this|the text|the result|the sentence) (twice|two times)",
    "thrice": "(repeat|write|say) (it|this|the text|the result|the sentence) (three times|3 times)",
}  # fmt: skip
_CHAINS = (
    ("replace", "upper"),
    ("replace", "upper"),
    ("replace", "upper"),
    ("replace", "lower"),
    ("replace", "times"),
    ("replace", "thrice"),
    ("replace", "reverse"),
    ("reverse", "upper"),
    ("reverse", "upper"),
    ("reverse", "upper"),
    ("reverse", "upper"),
    ("reverse", "upper"),
    ("upper", "times"),
    ("upper", "thrice"),
    ("reverse", "lower"),
    ("upper", "reverse"),
    ("reverse", "times"),
    ("lower", "reverse"),
    ("upper", "replace"),
)


def with_text(rng: Random) -> Turn:
    """Two changes of running words, one after the other."""
    loose = phrase(rng, 2, 7).split()
    steps = rng.choice(_CHAINS)
    if "lower" in steps:
        loose = [word.upper() for word in loose]
    # "Replace the by a" would leave it open whether "The" is meant, too.
    plain = [
        one
        for one in loose
        if sum(other.lower() == one.lower() for other in loose) == loose.count(one)
    ]
    old, new = rng.choice(plain or loose), some(rng, 1, 1)[0]
    slots = {"x": old, "y": new.upper() if "lower" in steps else new}
    result = loose
    for step in steps:
        if step == "replace" and steps[0] == "upper":
            slots = {"x": old.upper(), "y": new.upper()}
        result = _changed(step, result, slots)
    head = _joined(rng, expand(_HEADS[steps[0]], rng), _HEADS[steps[1]])
    asked = lay_out(rng, framed(rng, head), " ".join(loose), **slots)
    return Turn(asked, " ".join(result), spelled="lower" in steps)


_TIMES = {"times": 2, "thrice": 3}


def _changed(step: str, loose: list[str], slots: dict[str, str]) -> list[str]:
    if step == "replace":
        return [slots["y"] if word == slots["x"] else word for word in loose]
    if step in _TIMES:
        return loose * _TIMES[step]
    return _ARRANGED[step](loose)


def two_steps(rng: Random) -> Turn:
    """First one thing with the text or the list, then another with what came of it."""
    kind = rng.random()
    if kind < 0.1:
        return with_one(rng)
    if kind < 0.18:
        return with_few(rng)
    if kind < 0.5:
        return with_text(rng)
    if kind < 0.62:
        return _two_with_numbers(rng)
    first = rng.choice(
        ("sort", "sort", "sort", "sort", "reverse", "reverse", "upper", "upper", "lower", "title")
    )
    seconds = ["join", "join", "join", "bullets", "numbered", *_AFTER[first]]
    second = rng.choice(seconds)
    items = sortable(rng, 2, 6) if "sort" in (first, second) else some(rng, 2, 6)
    items = [item.lower() for item in items] if first == "title" else items
    given, separator = separated(
        rng, items if first != "lower" else [item.upper() for item in items]
    )
    if second == "join" and rng.random() < 0.7:
        given = " ".join(items if first != "lower" else [item.upper() for item in items])
    return _composed(rng, first, second, given, items, separator)


def followed(rng: Random) -> list[Turn]:
    """A list or a text that is changed, and in the next message something else for what came of
    it."""
    if rng.random() < 0.4:
        return _followed_text(rng)
    first = rng.choice(("sort", "sort", "reverse", "upper"))
    second = rng.choice(("join", "bullets", "numbered", "count", *_AFTER[first]))
    items = sortable(rng, 2, 5)
    given, separator = separated(rng, items)
    result = _ARRANGED[first](items)
    asked = lay_out(rng, framed(rng, wording(rng, f"first_{first}")), given)
    then = say(rng.choice(_NOW).replace("{h}", wording(rng, f"then_{second}")), rng)
    return [Turn(asked, separator.join(result)), Turn(then, _second(second, result, separator))]


_TEXTS: tuple[Callable[[Random], Turn], ...] = (
    text_words.reverse, text_words.reverse, text_words.replace, text_words.case, text_words.repeat,
)  # fmt: skip
_THAT = {
    "upper": ("(write|put|turn) (that|it|the result) (in|into) (upper case|capitals|capital letters|all caps)", "(uppercase|capitalise) (that|it)", "make (that|it) (upper case|all caps)"),
    "lower": ("(write|put|turn) (that|it|the result) (in|into) (lower case|small letters)", "lowercase (that|it)", "make (that|it) lower case"),
    "reverse": ("(reverse|turn around) the words( of that| of it|)", "(write|put) the words (of that |)in reverse order", "(say|write) (that|it) backwards, word by word"),
    "times": ("(repeat|say|write) (that|it) (twice|two times)", "(that|it) (twice|two times), please"),
    "first": ("(what is|what's|tell me|give me|write) the first word( of it| of that| of the result|)", "(say|write) (only|just) the first word", "which word stands first"),
    "last": ("(what is|what's|tell me|give me|write) the last word( of it| of that| of the result|)", "(say|write) (only|just) the last word", "which word stands last"),
    "count": ("count the words( of that| in that| in it|)", "how many words (are in that|does that have|is that|are in that sentence|are there)", "(tell me|what is) the number of words( in that|)"),
}  # fmt: skip


def _followed_text(rng: Random) -> list[Turn]:
    first = rng.choice(_TEXTS)(rng)
    while True:
        loose, step = first.assistant.split(), rng.choice(list(_THAT))
        if step == "count":
            answer = str(len(loose))
        elif step in ("first", "last"):
            answer = loose[0 if step == "first" else -1].strip(".!?,")
        else:
            loose = first.assistant.rstrip(".!?").split() if step == "reverse" else loose
            answer = " ".join(_changed(step, loose, {}))
        if answer != first.assistant:
            break
    then = say(rng.choice(_NOW).replace("{h}", expand(rng.choice(_THAT[step]), rng)), rng)
    return [first, Turn(then, answer, spelled=step == "lower")]


_NOW = (
    "now {h}", "and now {h}", "now please {h}", "(good|great|thanks|OK|nice), now {h}", "next, {h}",
    "then {h}", "{h}", "{h} now",
)  # fmt: skip


def _two_with_numbers(rng: Random) -> Turn:
    if rng.random() < 0.5:
        text, items = with_numbers(rng)
        second = rng.choice(("sort_up", "sort_down", "bullets", "numbered", "reverse", "count"))
        return _composed(rng, "numbers", second, text, items, ", ")
    items = numbers(rng)
    first = rng.choice(("sort_up", "sort_up", "sort_down"))
    given, separator = separated(rng, items)
    second = rng.choice(("join", "join", "bullets", "numbered", "first", "last"))
    if second == "join" and rng.random() < 0.7:
        given = " ".join(items)
    return _composed(rng, first, second, given, items, separator)


_SORTED_AS = {
    "bullets": ("bullet list", "bulleted list", "list with bullets"),
    "numbered": ("numbered list", "list with numbers"),
}


def _composed(
    rng: Random, first: str, second: str, given: str, items: list[str], separator: str
) -> Turn:
    result = _ARRANGED[first](items) if first in _ARRANGED else items
    if first == "sort" and second in _SORTED_AS and rng.random() < 0.35:
        head = wording(rng, "sorted_as").replace("{k}", rng.choice(_SORTED_AS[second]))
    else:
        head = _joined(rng, wording(rng, f"first_{first}"), wording(rng, f"then_{second}"))
    answer = _second(second, result, separator)
    return Turn(lay_out(rng, framed(rng, head), given), answer, spelled=first in ("lower", "title"))


def _second(step: str, items: list[str], separator: str) -> str:
    """The second step's result."""
    return separator.join(_ARRANGED[step](items)) if step in _ARRANGED else _SHOWN[step](items)
