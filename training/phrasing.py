"""How one meaning is worded in many ways.

Contract: `usual` picks a pattern, `expand` one reading of it; `say` also roughens it as people do
(politeness, casing, missing punctuation, typos) and fills its `{slots}` afterwards, so that a
slot's value is never damaged. All draw only from the caller's `random.Random`.

Patterns: `(a|b|)` chooses one alternative, groups nest, `{slot}` is filled.
"""

import re
from collections.abc import Sequence
from random import Random

_GROUP = re.compile(r"\(([^()]*\|[^()]*)\)")
_SLOT = re.compile(r"(\{\w+\})")

_BEFORE = (
    "Please ", "Hey, ", "Hi! ", "Hello, ", "OK, ", "So, ", "Now, ", "Well, ", "Thanks. ", "Cool. ",
    "Quick question: ", "I have a question: ", "Sorry, ", "Hmm, ", "And ", "Great. ", "Good. ",
    "By the way, ", "One more thing: ", "One last question: ", "Let me ask: ", "Next: ",
    "Alright, ", "Ok so ",
)  # fmt: skip
_AFTER = (" please", ", please", " thanks", "? Thanks!", " for me", " pls", " again", " then")
# The same for messages that tell a value and ask for nothing.
_BEFORE_TOLD = (
    "Hey, ",
    "Hi! ",
    "Hello, ",
    "OK, ",
    "So, ",
    "Well, ",
    "By the way, ",
    "Ok so ",
    "Oh, ",
)
_AFTER_TOLD = (" btw", " by the way", ", just so you know", " haha", " :)")
_KEYS = "abcdefghijklmnopqrstuvwxyz"


def usual(rng: Random, patterns: Sequence[str]) -> str:
    """One of the patterns, of which the plainest stand first: people use few wordings often and
    most of them seldom, so half of what is drawn is from the first eighth."""
    return patterns[int(len(patterns) * rng.random() ** 3)]


def expand(pattern: str, rng: Random) -> str:
    """One reading of the pattern, slots left alone. Parentheses without a bar stay as text."""
    while match := _GROUP.search(pattern):
        choice = rng.choice(match[1].split("|"))
        pattern = pattern[: match.start()] + choice + pattern[match.end() :]
    return re.sub(r"  +", " ", pattern).strip(" ")


def _typo(text: str, rng: Random) -> str:
    at = rng.randrange(len(text))
    # A space that changed places with a letter would take the letter into a slot beside it.
    if not text[at : at + 2].isalpha() or not text[at].isascii():
        return text
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + rng.choice(_KEYS) + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def _roughen(text: str, rng: Random) -> str:
    """Typos, small letters and at times capitals, outside the slots."""
    parts = _SLOT.split(text)
    case, typos = rng.random(), rng.random() < 0.08
    for index in range(0, len(parts), 2):
        if case < 0.25:
            parts[index] = parts[index].lower()
        elif case > 0.99:
            parts[index] = parts[index].upper()
        if typos and len(parts[index]) > 5:
            parts[index] = _typo(parts[index], rng)
    return "".join(parts)


def _dress(text: str, rng: Random, *, tells: bool) -> str:
    """Politeness and punctuation, as English speakers vary them."""
    if rng.random() < 0.12:
        before = rng.choice(_BEFORE_TOLD if tells else _BEFORE)
        # "I" and "GPU" keep their capitals behind a comma; other first words lose theirs.
        keep = text.startswith(("I ", "I'", "{", "VinoChat", "OpenVINO")) or text[1:2].isupper()
        low = text if keep or before.endswith(("! ", ". ", ": ")) else text[0].lower() + text[1:]
        text = before + low
    if rng.random() < 0.06:
        text = text.rstrip(".?!") + rng.choice(_AFTER_TOLD if tells else _AFTER)
    if rng.random() < 0.2:
        text = text.rstrip(".?!")
    return text


def say(pattern: str, rng: Random, *, tells: bool = False, **slots: str) -> str:
    """One roughened English reading of the pattern with its slots filled; one that `tells` asks for
    nothing and is not dressed as if it did."""
    text = expand(pattern, rng)
    text = text[0].upper() + text[1:] if text[0] != "{" else text
    return fill(_roughen(_dress(text, rng, tells=tells), rng), slots)


def say_cjk(pattern: str, rng: Random, **slots: str) -> str:
    """The same for Chinese and Japanese, where only the closing mark varies."""
    text = expand(pattern, rng)
    if rng.random() < 0.25:
        text = text.rstrip("。？！?!")
    elif rng.random() < 0.1:
        text = text.replace("？", "?").replace("，", ",")
    return fill(text, slots)


def fill(text: str, slots: dict[str, str]) -> str:
    """Replace each `{slot}`; other braces stay (code and LaTeX contain them)."""
    for slot, value in slots.items():
        text = text.replace("{" + slot + "}", value)
    return text


def with_article(word: str) -> str:
    """ "a lamp", "an apple": by the first letter, but for "a uniform" and "an hour"."""
    low = word.lower()
    vowel = low[:1] in tuple("aeiou") and not low.startswith(("uni", "use", "eu", "one"))
    return f"{'an' if vowel or low.startswith(('hour', 'honest')) else 'a'} {word}"
