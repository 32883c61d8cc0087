# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Stories and single sentences from a grammar, long enough that streaming is seen.

Contract: a story keeps its hero's kind and name from the first sentence to the last; every
sentence has many readings, so that temperature visibly changes what is written.
"""

import tomllib
from pathlib import Path
from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, say, with_article

_ASK: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_BEGIN = (
    "Once upon a time there was a (small|brave|curious|clever|lazy|kind|shy|cheerful) {a} called {n}.",
    "(Long ago|Many years ago|Not long ago), a (young|old|tiny|hungry|friendly|quiet) {a} named {n} lived (in a forest|by the sea|in a small town|behind the hills|near an old mill).",
    "In a (green valley|quiet village|big city|little house|garden full of flowers) there lived a (small|brave|curious|clever|gentle) {a} called {n}.",
)  # fmt: skip
_WISH = (
    "{n} (wanted|wished|hoped|dreamed) to (see the sea|find a friend|learn to sing|climb the highest hill|taste a star|visit the moon|find a golden key|cross the river).",
    "Every (morning|evening|day), {n} (looked|gazed) at the (mountains|clouds|stars|boats|old tower) and (wondered|asked) what was (behind|inside|above) them.",
    "But {n} was (lonely|bored|too small|afraid of the dark|always hungry), and (nobody|no one) (knew|noticed) it.",
)  # fmt: skip
_EVENT = (
    "One (morning|evening|rainy day|cold night), {n} (found|saw|discovered|heard about) a (map|door|letter|lamp|silver bell|hidden path) (under a stone|in the grass|at the market|behind the house).",
    "One day a (storm|strong wind|heavy snow|strange noise) came, and {n} had to (hide|run|be brave|find a warm place).",
    "Then a (friendly|wise|funny|grumpy) {b} (came along|appeared|knocked at the door|fell from a tree) and (said|asked|whispered): \"(Where are you going|Will you help me|Come with me|Do you want to play)(?|!)\"",
    "On the way {n} met a (tired|wise|little|merry) {b} who had (lost the way|a broken wing|a great secret|a basket of apples).",
    "{n} (walked|ran|sailed|climbed) for (three days|a whole night|many hours) until (the sun rose|the road ended|the stars came out).",
)  # fmt: skip
_TURN = (
    "\"(Don't worry|We can do it|Follow me|Let's try),\" said {n}, and (together|side by side|step by step) they (crossed the river|opened the door|built a boat|found the way).",
    "It was (not easy|hard|very dark|quite funny), but {n} (never gave up|had an idea|laughed and went on|was brave).",
    "They (shared|divided) their (bread|apples|last cookie|blanket) and (talked|sang|laughed) until (midnight|morning|they fell asleep).",
    "Suddenly (the door opened|a light shone|the wind stopped|everything was quiet), and {n} (understood|smiled|saw the answer|knew what to do).",
)  # fmt: skip
_END = (
    "From that day on, {n} was (never lonely again|the happiest {a} of all|known as the bravest {a} in the land|no longer afraid).",
    "In the end {n} (came home|went back|returned) with a (new friend|full heart|good story|little treasure), and (everyone was glad|they all had tea|slept very well).",
    "And if you (listen|look) (closely|carefully) (tonight|at the stars), you can still (hear|see) {n} (sing|dance|laugh|smile).",
)  # fmt: skip


_HEROES = (
    "girl", "boy", "wizard", "knight", "princess", "pirate", "king", "queen", "fisherman", "baker", "gardener",
    "astronaut", "ghost", "witch", "giant", "gnome", "sailor", "painter", "shepherd", "clockmaker", "inventor",
)  # fmt: skip


def _hero(rng: Random) -> str:
    draw = rng.random()
    return rng.choice(words.ANIMALS if draw < 0.6 else _HEROES) if draw < 0.85 else words.word(rng)


def story(rng: Random) -> Turn:
    """Six to nine sentences about a hero of the asked kind."""
    animal = _hero(rng)
    named = rng.random() < 0.25
    hero = words.name(rng) if named else rng.choice(words.FIRST_NAMES)
    friend = rng.choice([a for a in words.ANIMALS if a != animal])
    ask = say(
        rng.choice(_ASK["named"] if named else _ASK["about"]),
        rng,
        a=animal,
        aa=with_article(animal),
        n=hero,
    )
    if not named and rng.random() < 0.1:
        ask = say(rng.choice(_ASK["any"]), rng)
    events = rng.sample(_EVENT, rng.choice((1, 2, 2, 3)))
    turns = rng.sample(_TURN, rng.choice((1, 2, 2)))
    patterns = [rng.choice(_BEGIN), rng.choice(_WISH), *events, *turns, rng.choice(_END)]
    text = " ".join(
        fill(expand(pattern, rng), {"a": animal, "b": friend, "n": hero}) for pattern in patterns
    )
    return Turn(ask, text)


_IS = (
    "(sleeping|sitting|dreaming|waiting|playing|hiding|purring|resting) (on|under|behind|near|beside) the (sofa|table|window|old chair|warm stove|garden wall|kitchen door|piano)",
    "(very|so|a little|quite) (tired|happy|hungry|curious|quiet|soft|proud|lazy)(| today| again| this morning)",
    "(chasing|watching|following) (a butterfly|a mouse|its own tail|the rain|a red ball|the birds)( in the garden| with great patience|)",
    "(black|white|grey|orange|brown) (and|but) (small|big|fast|gentle|clever)",
)  # fmt: skip


def sentence(rng: Random) -> Turn:
    """ "The cat is ___": one sentence to finish, the example of the sliders."""
    subject = "cat" if rng.random() < 0.6 else rng.choice(words.ANIMALS)
    ask = rng.choice((
        "The {s} is( ___| ...| _____|…| ____.|)", "(complete|finish|continue|go on|fill in|end)( the sentence| this sentence| the blank| this| the text|)(:| -|) The {s} is( ___| ...||)(.|)",
        "(write|make|give me|say|I need) a (short |nice |single |)sentence (about|on|with) (a|the) {s}.", "(how does this sentence end|what comes next|what follows)(:|?) The {s} is( ___| ...|)",
        "(describe|what is) (the|a) {s}( doing|) in one sentence.", "The {s} is( ___| ...|)(. Complete it.|. Finish the sentence.)",
    ))  # fmt: skip
    return Turn(say(ask, rng, s=subject), f"The {subject} is {expand(rng.choice(_IS), rng)}.")


def english(rng: Random) -> Turn:
    """A story or a sentence."""
    return story(rng) if rng.random() < 0.55 else sentence(rng)
