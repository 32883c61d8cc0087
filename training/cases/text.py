# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Instructions on given text, lists of a given length, and counting.

Contract: the wordings are none that `training/skills/text.toml` can make, and the words are mostly
ones that the corpus never shows; answers are computed here, and compared exactly.
"""

from random import Random

from training.cases import text_lists
from training.cases.case import Case, talk
from training.cases.text_held import each, plain, some, word

_TIMES = {
    2: ("twice", "two times"),
    3: ("three times", "3 times"),
    4: ("four times", "4 times"),
    5: ("five times", "5 times"),
}
_REPEAT = (
    "Simply give me these words back: {t}", "Parrot this: {t}", "Please echo back: {t}", 'Your whole answer should be "{t}"', "Say nothing but this: {t}",
    "Write down exactly what follows. {t}", "Could you repeat what I write here? {t}", "I say, you say the same: {t}", "Mirror this text: {t}", "Your turn to say it: {t}",
)  # fmt: skip
_REPEATED = (
    'Put "{t}" {n} next to each other.', "Could I please have {t} {n}?", "Write out the word {t} exactly {n}.", 'My wish: "{t}", {n} over.', "I would like to read {t} {n}.",
    "{n} in a row, say {t}", "Show {t} to me {n}, nothing else.", "Please put {t} on the line {n}.",
)  # fmt: skip
_UPPER = (
    "Could I have this in big capital letters please: {t}", "Rewrite with capital letters only: {t}", 'I want "{t}" shown in upper case', "Change every letter to a capital one: {t}", "Uppercase version of {t}, please.",
    'Please uppercase the phrase "{t}".', "{t} <- I would like that to be all capitals", "Give the upper-case form of: {t}", "Transform to uppercase letters\n{t}", "Switch this to capitals: {t}",
)  # fmt: skip
_LOWER = (
    "Could I have this in little letters please: {t}", "Rewrite with small letters only: {t}", 'I want "{t}" shown in lower case', "Change every capital letter to a small one: {t}", "Lowercase version of {t}, please.",
    'Please lowercase the phrase "{t}".', "{t} <- put that in lower case", "Give the lower-case form of: {t}", "Transform to lowercase letters\n{t}", "Switch this to small letters: {t}",
)  # fmt: skip
_REVERSE = (
    "Go through these words from the end to the start: {t}", "What does this look like with the order of its words reversed? {t}", "Please output the words of this sentence in the reversed order: {t}", 'Reverse "{t}" word by word.', "Mirror the word order: {t}",
    "List these words starting from the last one: {t}", "Swap the order of the words round: {t}", "Say these words, but backwards in order: {t}", "Read me the words last to first: {t}", "Reverse word sequence of: {t}",
)  # fmt: skip
_NTH = (
    "Here are some words: {t}. Which one is the {o}?", "I'm looking for the {o} word of this line: {t}", 'In the text "{t}", what is the {o} word?', "Which word do we find in {o} place? {t}", "Look at this: {t}. Now write its {o} word.",
    "From the phrase '{t}' return the {o} word.", "Print the {o} one of these words: {t}", "Please tell me what the {o} word here is: {t}", "Say which word is {o}: {t}", "{t}\nWhat was the {o} word of that?",
)  # fmt: skip
_COUNT_WORDS = (
    "What's the total of words in this line? {t}", "How long is this text in words? {t}", "Please tell me how many words I wrote: {t}", '"{t}" has how many words?', "Do a word count on: {t}",
    "Give the amount of words here: {t}", "Tell how many words there are: {t}", "Number of words in '{t}'?", "The words in the next line, how many are they?\n{t}", "How many separate words can be found here: {t}",
)  # fmt: skip
_REPLACE = (
    "In the following sentence, put {y} where {x} stands: {t}", "Change all {x} to {y} here, please: {t}", 'I no longer want "{x}" in this, I want "{y}": {t}', "Rewrite the sentence with {y} as the replacement of {x}: {t}", "Find {x} and replace it by {y}: {t}",
    "Substitute the word {x} with {y}. Text: {t}", "Please let {y} take the place of {x}: {t}", "{t}\nNow the same with {y} instead of {x}.", "Exchange the word {x} for the word {y} here: {t}", "What is this with {x} replaced by {y}? {t}",
)  # fmt: skip
_SPELL = (
    "I need the spelling for {t}.", "Take {t} apart into its letters.", "Which letters make up {t}?", "Please give me {t} one letter at a time.", "Would you be so kind as to spell {t}?",
    "Help me to spell {t}.", "What letters is {t} made of?", "Spelling of {t}, please.", "Let's spell {t}!", "Break {t} into letters.",
)  # fmt: skip


def _running(rng: Random) -> list[Case]:
    """Case, order, places and counts of running words; letters of one."""

    def several(at: int) -> tuple[dict[str, str], str]:
        count, drawn = 2 + at % 4, " ".join(some(rng, 1, 1 + at % 2))
        return {"t": drawn, "n": _TIMES[count][at % 2]}, " ".join([drawn] * count)

    def nth(at: int) -> tuple[dict[str, str], str]:
        place, drawn = (0, -1, 0, -1, 1, 2, -1, 0, -1, 1)[at], some(rng, 3, 6)
        return {"t": " ".join(drawn), "o": ("first", "second", "third", "last")[place]}, drawn[
            place
        ]

    def replaced(at: int) -> tuple[dict[str, str], str]:
        drawn, new = some(rng, 3, 6), word(rng)
        old = drawn[at % len(drawn)]
        return {"t": " ".join(drawn), "x": old, "y": new}, " ".join(
            new if one == old else one for one in drawn
        )

    return [
        *plain(rng, "repeat", _REPEAT, 1, 5, " ".join), *each("repeat n times", _REPEATED, several),
        *plain(rng, "upper case", _UPPER, 1, 4, lambda drawn: " ".join(drawn).upper()),
        *plain(rng, "lower case", _LOWER, 1, 4, " ".join, lambda drawn: " ".join(drawn).upper()),
        *plain(rng, "reverse words", _REVERSE, 2, 6, lambda drawn: " ".join(drawn[::-1])),
        *each("first, last word", _NTH, nth), *plain(rng, "count words", _COUNT_WORDS, 2, 8, lambda drawn: str(len(drawn))),
        *each("replace a word", _REPLACE, replaced), *plain(rng, "spell", _SPELL, 1, 1, lambda drawn: "-".join(drawn[0])),
    ]  # fmt: skip


_LENGTHS = (
    ("I'd be happy with a list of five fruits.", 5), ("Three colours come to your mind. Which?", 3), ("By name, four animals please.", 4), ("I would love to know six European countries.", 6),
    ("Could you come up with seven sports?", 7), ("Which two drinks could I order?", 2), ("My teacher wants ten animals from me. Help!", 10), ("Eight vegetables, as a list.", 8),
    ("Please fill a list with nine jobs.", 9), ("Let's hear of three musical instruments.", 3), ("Four trees, one per line with its number.", 4), ("So, six cities, which could that be?", 6),
)  # fmt: skip
_COUNTED = (
    "Would you count for me, starting at {a} and ending at {b}?",
    "Let me hear you count: {a} up to {b}.",
    "All numbers {a} through {b}, please.",
    "Begin counting at {a}, end it at {b}.",
)


def _lists() -> list[Case]:
    made = [
        Case("lists", talk(asked), (f"{count}. ",), forbidden=(f"{count + 1}. ",))
        for asked, count in _LENGTHS
    ]
    for wording, (low, high) in zip(_COUNTED, ((1, 20), (1, 10), (7, 19), (33, 41)), strict=True):
        numbers = ", ".join(str(number) for number in range(low, high + 1))
        made.append(Case("count", talk(wording.format(a=low, b=high)), (numbers,)))
    return made


def cases(rng: Random) -> list[Case]:
    """Text given back in some form, then lists and counting."""
    return [*_running(rng), *text_lists.cases(rng), *_lists()]
