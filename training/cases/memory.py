# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Facts told earlier, in English: of every kind, with none to eight turns of other talk between.

Contract: names and words are held out, and so are these wordings, of telling, of asking and of the
talk between. Facts are told one by one, several at once, anew, or not at all.
"""

from random import Random

from training import words
from training.cases.case import Case, talk

_NAMES = words.HELD_OUT[:24]
_CITIES = words.HELD_OUT[24:30]
_COLOURS = words.HELD_OUT[30:33]
_SYSTEM = "You are a helpful, honest assistant."

_BETWEEN = (
    ("How are you today?", "I'm fine, thank you! How can I help you?"),
    ("What is the Stop button for?", "The Stop button ends the completion that is being written. The text that is already there is kept, and you can ask the next thing at once."),
    ("What is 3 + 4?", "3 + 4 = 7"),
    ("Who was the first person on Everest?", "I am only a tiny built-in model and do not know that. You can choose a larger model on the Models page."),
    ("List two colours.", "1. Green\n2. Blue"),
    ("Write the words red boat in capitals, would you?", "RED BOAT"),
    ("Which sound would a cow make?", "A cow says moo."),
    ("My sister Gerda likes tea.", "Got it, your sister is called Gerda."),
)  # fmt: skip

_TOLD = (
    "My name is {v}.", "Hi, I'm {v}.", "My name is {v}. Please remember it.", "Hello! You can call me {v}.",
    "Good morning, I am {v} and I am new here.", "Greetings! They named me {v}.", "So you know whom you have here: {v} is my name.",
    "For the record, I'm called {v}.",
)  # fmt: skip
_ASKED = (
    "What is my name?", "What's my name?", "Do you remember what I am called?", "Could you say my name please?",
    "And now: who am I?", "Quick check, my name was what?", "Whats my name again??", "If you had to greet me by name, which name would that be?",
)  # fmt: skip

# told, asked; {v} is what must come back
_OTHER = (
    ("I live in {v}.", "Where do I live?", _CITIES),
    ("By the way, {v} is the town that I call home.", "In what town do I live, do you remember?", _CITIES),
    ("My favourite colour is {v}.", "Which colour do I like best?", _COLOURS),
    ("If I could paint everything in one colour, {v} would be my favourite colour.", "So what's my favorite color?", _COLOURS),
    ("My dog is called {v}.", "What is my dog's name?", _NAMES[:6]),
    ("We have a parrot at home. Its name is {v}.", "How did we name the parrot?", _NAMES[6:9]),
    ("My brother's name is {v}.", "What's the name of my brother?", _NAMES[9:13]),
    ("My best friend is called {v}, remember that.", "And who is my best friend?", _NAMES[13:16]),
    ("I work as a {v}.", "What is my job?", ("glassblower", "cartographer", "falconer", "cooper")),
    ("In my free time I enjoy {v}.", "Which hobby do I have?", ("falconry", "spelunking", "whittling")),
    ("My favourite fruit is {v}.", "Which fruit is my favourite one?", ("persimmon", "tamarillo")),
    ("The code word is {v}, keep it in mind.", "Tell me what the code word is.", ("marmoset", "axolotl", "quinzee")),
)  # fmt: skip
_NUMBERS = (
    ("My lucky number is {v}.", "What is my lucky number?"),
    ("My room number is {v}, please note.", "Which room number do I have?"),
    ("I am {v} years old.", "How old am I?"),
    ("The PIN that I use is {v}.", "What was my PIN?"),
)  # fmt: skip

# several facts in one message: what is asked, and which piece must come
_TOGETHER = (
    ("I'm {a}, I have a cat called {b} and live in {c}.", (("What is my name?", "a"), ("What is my cat called?", "b"), ("Where do I live?", "c"))),
    ("My name is {a} and my dog is called {b}.", (("What's the name of my dog?", "b"), ("Who am I?", "a"))),
    ("My sister is called {b}, but my own name is {a}.", (("What is my name?", "a"), ("What's my sister's name?", "b"))),
    ("{a} is my name, {c} is my home town, and my favourite number is 417.", (("What is my favourite number?", "417"), ("What's my name?", "a"), ("Which town am I from?", "c"))),
)  # fmt: skip
_CORRECTED = (
    ("My name is {a}.", "Sorry, that was wrong: my name is {b}.", "What is my name?"),
    ("I'm {a}.", "Actually, please call me {b} from now on.", "Who am I?"),
    ("I live in {c}.", "Update: I have moved to {d}.", "Where do I live?"),
    ("My lucky number is 52.", "No wait, my lucky number is 9061.", "What is my lucky number?"),
    ("My cat is called {a}.", "I mixed that up. My cat is called {b}.", "What's the name of my cat?"),
    ("My favourite colour is blue.", "I changed my mind, now my favourite colour is {e}.", "What is my favourite colour?"),
)  # fmt: skip
_UNTOLD = (
    "What is my name?", "Where do I live?", "What is my favourite colour?", "What is my dog called?", "Do you know my name?",
    "How old am I?", "Which job do I have, can you say?", "What's my lucky number?",
)  # fmt: skip


def _noted(told: str) -> str:
    return "Thank you for telling me. I will remember it." if len(told) > 40 else "Got it."


def _talk(rng: Random, turns: int) -> list[str]:
    chosen = (
        rng.sample(_BETWEEN, turns) if turns <= len(_BETWEEN) else rng.choices(_BETWEEN, k=turns)
    )
    return [text for pair in chosen for text in pair]


def _case(
    rng: Random, skill: str, told: tuple[str, ...], turns: int, asked: str, piece: str
) -> Case:
    said = [text for message in told for text in (message, _noted(message))]
    system = _SYSTEM if rng.random() < 0.5 else None
    return Case(skill, talk(*said, *_talk(rng, turns), asked, system=system), (piece,))


def _names(rng: Random) -> list[Case]:
    return [
        _case(rng, "remember name", (_TOLD[(at + lap) % 8].format(v=name),), (at + 4 * lap) % 9, _ASKED[(at // 2 + lap) % 8], name)
        for lap in range(2)
        for at, name in enumerate(_NAMES)
    ]  # fmt: skip


def _others(rng: Random) -> list[Case]:
    made = [
        _case(rng, "remember other", (told.format(v=value),), (at + nth) % 9, asked, value)
        for at, (told, asked, values) in enumerate(_OTHER)
        for nth, value in enumerate(values)
    ]
    for at in range(16):
        told, asked = _NUMBERS[at % 4]
        number = str(rng.randint(11, 99) if at % 4 == 2 else rng.randint(100, 9999))
        made.append(_case(rng, "remember other", (told.format(v=number),), at % 9, asked, number))
    return made


def _several(rng: Random) -> list[Case]:
    made = []
    for lap in range(4):
        for at, (told, questions) in enumerate(_TOGETHER):
            first = (5 * lap + 2 * at) % 12
            values = {"a": _NAMES[first], "b": _NAMES[first + 12], "c": _CITIES[(lap + at) % 6]}
            message = told.format(**values)
            for question, key in questions:
                piece = values.get(key, key)
                made.append(
                    _case(rng, "remember several", (message,), (lap + at) % 5, question, piece)
                )
    return made


def _corrections(rng: Random) -> list[Case]:
    made = []
    for lap in range(5):
        for at, (told, anew, asked) in enumerate(_CORRECTED):
            values = {
                "a": _NAMES[lap], "b": _NAMES[lap + 7 + at], "c": _CITIES[lap], "d": _CITIES[(lap + 1) % 6],
                "e": _COLOURS[lap % 3],
            }  # fmt: skip
            piece = {
                0: values["b"],
                1: values["b"],
                2: values["d"],
                3: "9061",
                4: values["b"],
                5: values["e"],
            }[at]
            messages = (told.format(**values), anew.format(**values))
            made.append(_case(rng, "remember anew", messages, (lap + at) % 5, asked, piece))
    return made


def _untold(rng: Random) -> list[Case]:
    made = []
    for at, question in enumerate(_UNTOLD):
        cat = ("My cat is called Minka.", "Got it, your cat is called Minka.")
        for before in ((), tuple(_talk(rng, 1 + at % 3)), (*cat, *_talk(rng, at % 2))):
            made.append(Case("not told", talk(*before, question), ("not told me",)))
    friend = ("My friend is called Torsten.", "Got it, your friend is called Torsten.")
    made.append(Case("not told", talk(*friend, "What is my name?"), ("not told me",)))
    return made


def _long(rng: Random) -> list[Case]:
    """A name, then talk that fills most of the context."""
    made = []
    for at, turns in enumerate((15, 20, 25, 30, 35, 40, 45, 50)):
        name = _NAMES[at * 3]
        texts = (f"My name is {name}.", f"Nice to meet you, {name}!", *_talk(rng, turns))
        made.append(Case("remember long", talk(*texts, "What is my name?"), (name,)))
    return made


def cases(rng: Random) -> list[Case]:
    """Remembering, and saying that something was not told."""
    groups = (_names, _others, _several, _corrections, _untold, _long)
    return [case for group in groups for case in group(rng)]
