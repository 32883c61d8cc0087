# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Facts told earlier: names, cities, colours, numbers and pets, with other talk in between."""

from random import Random

from training import words
from training.cases.case import Case, talk
from training.corpus import DEFAULT_SYSTEM

_LATIN = tuple(held for held in words.HELD_OUT[:24])
_ZH, _JA = ("晓棠", "景澜", "若溪", "俊熙"), ("結城", "健介", "美咲", "カナデ", "千尋")

_SMALL = (
    ("How are you today?", "I'm fine, thank you! How can I help you?"),
    ("What is the Stop button for?", "The Stop button ends the completion that is being written. The text that is already there is kept, and you can ask the next thing at once."),
    ("What is 3 + 4?", "3 + 4 = 7"),
    ("Who was the first person on Everest?", "I am only a tiny built-in model and do not know that. You can choose a larger model on the Models page."),
    ("List two colours.", "1. Green\n2. Blue"),
)  # fmt: skip


def _remember(rng: Random) -> list[Case]:
    """Each held-out name, told and asked in changing words, with zero to four turns between."""
    told = (
        "My name is {v}.",
        "Hi, I'm {v}.",
        "My name is {v}. Please remember it.",
        "Hello! You can call me {v}.",
        "Good morning, I am {v} and I am new here.",
    )
    asked = (
        "What is my name?",
        "What's my name?",
        "Do you remember what I am called?",
        "Could you say my name please?",
        "And now: who am I?",
    )
    made = []
    for at, name in enumerate(_LATIN):
        between = [text for pair in rng.sample(_SMALL, at % 5) for text in pair]
        noted = f"Nice to meet you, {name}! I will remember your name."
        system = DEFAULT_SYSTEM["en"] if at % 2 else None
        texts = (told[at % 5].format(v=name), noted, *between, asked[(at // 2) % 5])
        made.append(Case("remember name", talk(*texts, system=system), (name,)))
    for at, city in enumerate(words.HELD_OUT[24:30]):
        texts = (
            f"I live in {city}.",
            f"Got it, you live in {city}.",
            *_SMALL[at % 5],
            "Where do I live?",
        )
        made.append(Case("remember other", talk(*texts), (city,)))
    for at, colour in enumerate(words.HELD_OUT[30:33]):
        texts = (
            f"My favourite colour is {colour}.",
            f"Got it, your favourite colour is {colour}.",
            *_SMALL[at],
            "Which colour do I like best?",
        )
        made.append(Case("remember other", talk(*texts), (colour,)))
    for at in range(8):
        number = str(rng.randint(100, 9999))
        texts = (
            f"My lucky number is {number}.",
            f"I will remember that your lucky number is {number}.",
            *_SMALL[at % 5],
            "What is my lucky number?",
        )
        made.append(Case("remember other", talk(*texts), (number,)))
        pet = _LATIN[at]
        texts = (
            f"My {('cat', 'dog')[at % 2]} is called {pet} and my name is {_LATIN[-1 - at]}.",
            "Thank you, I will remember both.",
            *_SMALL[at % 4],
            f"What is my {('cat', 'dog')[at % 2]}'s name?",
        )
        made.append(Case("remember other", talk(*texts), (pet,)))
    return made


def _long(rng: Random) -> list[Case]:
    """A name, then talk that fills most of the context."""
    made = []
    for at, turns in enumerate((20, 30, 40, 50)):
        name = _LATIN[at * 3]
        between = [text for _ in range(turns) for text in rng.choice(_SMALL)]
        texts = (f"My name is {name}.", f"Nice to meet you, {name}!", *between, "What is my name?")
        made.append(Case("remember long", talk(*texts), (name,)))
    return made


def _untold() -> list[Case]:
    asked = (
        ("What is my name?", "not told me your name"),
        ("Where do I live?", "not told me where you live"),
        ("What is my favourite colour?", "not told me your favourite colour"),
        ("What is my dog called?", "not told me the name of your dog"),
        ("Do you know my name?", "not told me your name"),
    )
    made = [
        Case("not told", talk(*_SMALL[at], question), (answer,))
        for at, (question, answer) in enumerate(asked)
    ]
    cat = ("My cat is called Minka.", "Got it, your cat is called Minka.")
    made.append(Case("not told", talk(*cat, "What is my name?"), ("not told me your name",)))
    made.append(Case("not told", talk("What's my name?"), ("not told me your name",)))
    return made


def _other_languages() -> list[Case]:
    """Names in Chinese and Japanese, at once and after other talk."""
    made = []
    for at, name in enumerate(_ZH):
        between = (
            (
                "什么是 OpenVINO？",
                "OpenVINO 是英特尔的开源工具包，用来在英特尔硬件上快速运行人工智能模型。它为 CPU、GPU 等设备编译模型，还能压缩权重。",
            )
            if at % 2
            else ()
        )
        made.append(
            Case(
                "remember zh",
                talk(
                    f"我叫{name}，请记住。",
                    f"你好，{name}！我会记住你的名字。",
                    *between,
                    "我叫什么名字？",
                    system=DEFAULT_SYSTEM["zh"],
                ),
                (name,),
            )
        )
    for at, name in enumerate(_JA):
        between = ("ありがとう！", "どういたしまして！") if at % 2 else ()
        made.append(
            Case(
                "remember ja",
                talk(
                    f"私の名前は{name}です。覚えてください。",
                    f"{name}さん、覚えました。",
                    *between,
                    "私の名前は何ですか？",
                    system=DEFAULT_SYSTEM["ja"],
                ),
                (name,),
            )
        )
    return made


def cases(rng: Random) -> list[Case]:
    """Remembering in three languages, and saying that something was not told."""
    return [*_remember(rng), *_long(rng), *_untold(), *_other_languages()]
