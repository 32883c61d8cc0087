# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""What evaluation asks: prompts in wordings, with names and numbers, that training never saw.

Contract: a `Case` is a conversation that ends with a user's message, and the pieces of text of
which the completion must contain every one (or, with `exact`, equal the only one), none of the
forbidden ones, and one of the alternatives. All wording here is written by hand, apart from the
corpus's patterns; words come from the held-out side of
`training.words`.
"""

from dataclasses import dataclass
from random import Random

from training import words
from training.corpus import DEFAULT_SYSTEM

Message = dict[str, str]
_LATIN = tuple(held for held in words.HELD_OUT[:24])
_ZH, _JA = ("晓棠", "景澜", "若溪", "俊熙"), ("結城", "健介", "美咲", "カナデ", "千尋")


@dataclass(frozen=True, slots=True)
class Case:
    skill: str
    messages: tuple[Message, ...]
    expected: tuple[str, ...]
    exact: bool = False
    forbidden: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ("",)


def _talk(*texts: str, system: str | None = None) -> tuple[Message, ...]:
    """Messages of alternating roles that begin and end with the user."""
    head = [{"role": "system", "content": system}] if system else []
    roles = ("user", "assistant")
    return (*head, *({"role": roles[at % 2], "content": text} for at, text in enumerate(texts)))


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
        made.append(Case("remember name", _talk(*texts, system=system), (name,)))
    for at, city in enumerate(words.HELD_OUT[24:30]):
        texts = (
            f"I live in {city}.",
            f"Got it, you live in {city}.",
            *_SMALL[at % 5],
            "Where do I live?",
        )
        made.append(Case("remember other", _talk(*texts), (city,)))
    for at, colour in enumerate(words.HELD_OUT[30:33]):
        texts = (
            f"My favourite colour is {colour}.",
            f"Got it, your favourite colour is {colour}.",
            *_SMALL[at],
            "Which colour do I like best?",
        )
        made.append(Case("remember other", _talk(*texts), (colour,)))
    for at in range(8):
        number = str(rng.randint(100, 9999))
        texts = (
            f"My lucky number is {number}.",
            f"I will remember that your lucky number is {number}.",
            *_SMALL[at % 5],
            "What is my lucky number?",
        )
        made.append(Case("remember other", _talk(*texts), (number,)))
        pet = _LATIN[at]
        texts = (
            f"My {('cat', 'dog')[at % 2]} is called {pet} and my name is {_LATIN[-1 - at]}.",
            "Thank you, I will remember both.",
            *_SMALL[at % 4],
            f"What is my {('cat', 'dog')[at % 2]}'s name?",
        )
        made.append(Case("remember other", _talk(*texts), (pet,)))
    return made


def _long(rng: Random) -> list[Case]:
    """A name, then talk that fills most of the context."""
    made = []
    for at, turns in enumerate((20, 30, 40, 50)):
        name = _LATIN[at * 3]
        between = [text for _ in range(turns) for text in rng.choice(_SMALL)]
        texts = (f"My name is {name}.", f"Nice to meet you, {name}!", *between, "What is my name?")
        made.append(Case("remember long", _talk(*texts), (name,)))
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
        Case("not told", _talk(*_SMALL[at], question), (answer,))
        for at, (question, answer) in enumerate(asked)
    ]
    cat = ("My cat is called Minka.", "Got it, your cat is called Minka.")
    made.append(Case("not told", _talk(*cat, "What is my name?"), ("not told me your name",)))
    made.append(Case("not told", _talk("What's my name?"), ("not told me your name",)))
    return made


def _other_languages() -> list[Case]:
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
                _talk(
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
                _talk(
                    f"私の名前は{name}です。覚えてください。",
                    f"{name}さん、覚えました。",
                    *between,
                    "私の名前は何ですか？",
                    system=DEFAULT_SYSTEM["ja"],
                ),
                (name,),
            )
        )
    app = (
        ("你究竟是什么？", "微型"), ("用中文介绍一下你自己。", "微型"), ("请问怎样才能切换设备呢？", "Device"), ("OpenVINO 到底是什么东西？", "开源工具包"),
        ("我想换一个更大的模型，怎么办？", "Models 页面"), ("温度参数到底有什么作用？", "温度"), ("我说的话会被上传吗？", "云端"), ("怎么创建一个账号？", "Create an account"),
        ("一下自己紹介をお願いします。", "内蔵モデル"), ("日本語で自己紹介してください。", "内蔵モデル"), ("デバイスの変更方法は？", "Device"), ("OpenVINO って一体何ですか？", "ツールキット"),
        ("もっと大きいモデルを使いたいです。", "Models ページ"), ("温度の意味を教えてください。", "温度"), ("私の話は外に送られますか？", "クラウド"), ("アカウントの作り方は？", "Create an account"),
    )  # fmt: skip
    return made + [Case("app zh/ja", _talk(question), (piece,)) for question, piece in app]


_APP = (
    ("so what exactly are you", "built-in model"), ("Hi, could you introduce yourself please?", "built-in model"), ("Whom am I talking to right now?", "built-in model"),
    ("What is this VinoChat thing?", "self-hosted"), ("Explain what OpenVINO is in two sentences.", "toolkit"), ("In plain words, what's OpenVINO?", "toolkit"),
    ("How can I make it run on another device?", "Device list"), ("Where do I switch from CPU to GPU?", "Device list"), ("What does the temperature setting change?", "Temperature sets"),
    ("Explain what temperature does.", "Temperature sets"), ("Could you explain nucleus sampling to a beginner?", "Top-p keeps"), ("top k, what's that?", "Top-k lets"),
    ("What's the repetition penalty good for?", "repetition penalty makes"), ("Your answer got cut off, what can I do?", "Max New Tokens"), ("Is there a way to load a bigger model?", "Models page"),
    ("I want a smarter model. How?", "Models page"), ("Is my data private here?", "stays on the computer"), ("Do you send my chats to somebody?", "stays on the computer"),
    ("What does INT8 mean exactly?", "8 bits"), ("And what is INT4?", "4 bits"), ("What is the Stop button for?", "Stop button ends"), ("How do I create an account?", "Create an account"),
    ("I need a new account, how does that work?", "Create an account"), ("Does it work without internet access?", "need no internet"), ("How do I change my password here?", "Account page"),
    ("Can I call VinoChat from my own program via an API?", "/v1"), ("Can you explain to me briefly what Python is?", "programming language"), ("what's a token anyway", "piece of text"),
    ("What are some common mistakes to avoid when writing code?", "Unclear names"), ("What's the difference between Chat and Instruct?", "one instruction at a time"),
)  # fmt: skip
_LIMITS = (
    "What is the boiling point of mercury?", "Who painted the Mona Lisa?", "How do airplanes fly?", "Write an essay about the Ottoman Empire.", "What's the tallest building in the world?",
    "Who won the match yesterday?", "Translate 'good evening' into Hungarian.", "What does the word serendipity mean?", "How do I fix a leaking tap?", "Tell me about the planet Neptune's moons.",
    "Is it going to rain on Sunday?", "Explain the rules of cricket.",
)  # fmt: skip


def _tasks() -> list[Case]:
    """Lists, counting, arithmetic, copying, and the pages' writing examples."""
    lists = (
        ("List five fruits.", 5, ("",)), ("Name three colours.", 3, ("",)), ("Can you list four animals?", 4, ("",)),
        ("Give me three tips for a good night's sleep.", 3, ("bedroom", "Go to bed", "coffee", "screens", "sport")),
    )  # fmt: skip
    made = [
        Case(
            "lists",
            _talk(question),
            (f"{count}. ",),
            forbidden=(f"{count + 1}. ",),
            one_of=subjects,
        )
        for question, count, subjects in lists
    ]
    for low, high in ((1, 20), (1, 10), (7, 19), (33, 41)):
        numbers = ", ".join(str(number) for number in range(low, high + 1))
        made.append(Case("count", _talk(f"Count from {low} to {high}."), (numbers,)))
    for question, result in (
        ("What is 7 + 5?", "12"),
        ("What is 14 + 23?", "37"),
        ("9 - 4 = ?", "5"),
        ("How much is 6 times 7?", "42"),
        ("What is 18 - 9?", "9"),
        ("What is 8 + 8?", "16"),
    ):
        made.append(Case("arithmetic", _talk(question), (f"= {result}",)))
    for text in (
        "Kestrin",
        "vermilion axolotl",
        "Balthazar river Sunniva",
        "Drummond persimmon marmoset",
    ):
        made.append(Case("repeat", _talk(f"Repeat: {text}"), (text,), exact=True))
        made.append(Case("repeat", _talk(f"Please say {text}"), (text,), exact=True))
    made.append(
        Case("upper case", _talk("Write stone river in upper case."), ("STONE RIVER",), exact=True)
    )
    made.append(
        Case(
            "upper case", _talk("Convert paper window to uppercase"), ("PAPER WINDOW",), exact=True
        )
    )
    writing = (
        ("Write a short poem about the sea.", "sea"),
        ("Write a short poem about autumn.", "autumn"),
        ("Tell me a story about a cat.", "cat"),
        ("Write a Python function that adds two numbers.", "return a + b"),
        ("写一首关于春天的短诗。", "春天"),
        ("春についての短い詩を書いてください。", "春"),
        ("The cat is ___", "The cat is"),
    )
    return made + [Case("writing", _talk(question), (piece,)) for question, piece in writing]


def _greetings() -> list[Case]:
    texts = (
        ("Hello there! How are you doing?", "thank you"),
        ("Hello!", "!"),
        ("hi", "!"),
        ("Good evening, nice to see you", "!"),
        ("你好！", "你好"),
        ("こんにちは！", "こんにちは"),
    )
    return [Case("greeting", _talk(text), (piece,)) for text, piece in texts]


def cases() -> list[Case]:
    """All of them, in an order that does not change."""
    rng = Random(20)
    return [
        *_greetings(), *_remember(rng), *_long(rng), *_untold(), *_other_languages(),
        *(Case("app", _talk(question), (piece,)) for question, piece in _APP),
        *(Case("limits", _talk(question), ("tiny built-in model",)) for question in _LIMITS),
        *_tasks(),
    ]  # fmt: skip
