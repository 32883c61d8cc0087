# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""System prompts that change how simple questions are answered.

Contract: neither the system prompts nor the names in them stand in the corpus; the questions are
ones whose plain answers the model knows.
"""

from random import Random

from training.cases.case import Case, talk

_CASES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    # system, question, what must be in the completion, what must not
    ("Please give all of your answers in upper case letters.", "What is the capital of France?", ("PARIS",), ("Paris",)),
    ("Answer everything in capital letters only.", "What colour is grass?", ("GREEN",), ("green", "Green")),
    ("Whatever you say, say it in upper case!", "What is the opposite of hot?", ("COLD",), ("cold",)),
    ("Small letters do not exist for you, you write with capitals.", "What is the plural of mouse?", ("MICE",), ("mice",)),
    ("Reply to the user using upper case exclusively.", "Thank you!", ("!",), ("a", "e", "o", "i")),
    ("Please give all of your answers in lower case letters.", "What is the capital of Italy?", ("rome",), ("Rome", "The")),
    ("Avoid capital letters entirely.", "What colour is the sky?", ("blue",), ("The", "Blue")),
    ("Answer everything in small letters only.", "What is the capital of Japan?", ("tokyo",), ("Tokyo", "The")),
    ("Hello, your name is Rex.", "Who are you?", ("Rex",), ()),
    ("Your name is Vashti.", "What is your name?", ("Vashti",), ()),
    ("You are an assistant and you are named Tobiah.", "Tell me your name please.", ("Tobiah",), ()),
    ("In this chat your name will be Kestrin.", "Hi there! Who am I talking with?", ("Kestrin",), ()),
    ("Take the name Ottoline and help the users.", "And what are you called?", ("Ottoline",), ()),
    ("You are Hjalmar, the assistant of a small library.", "Who are you?", ("Hjalmar",), ()),
    ("Your name is Lorcan and you are polite.", "What is the capital of Spain?", ("Madrid",), ()),
    ("Your name is Quillon. Use upper case for all answers.", "Who are you?", ("QUILLON",), ()),
    ("Please write all your answers in Chinese.", "Hello!", ("你好",), ()),
    ("Give your answers in the Chinese language.", "Who are you?", ("微型",), ()),
    ("Respond to everything in Chinese.", "What is the capital of France?", ("巴黎",), ()),
    ("Your answers must always be in Chinese.", "Thank you very much!", ("不客气",), ()),
    ("The user can only read Chinese, so use it.", "What is OpenVINO?", ("工具包",), ()),
    ("Please write all your answers in Japanese.", "Hello!", ("こんにちは",), ()),
    ("Give your answers in the Japanese language.", "Who are you?", ("内蔵モデル",), ()),
    ("Respond to everything in Japanese.", "What is the capital of Japan?", ("東京",), ()),
    ("The user can only read Japanese, so use it.", "What is OpenVINO?", ("ツールキット",), ()),
    ("Please write all your answers in English.", "你好！", ("Hello",), ("你",)),
    ("Every one of your answers has to close with the word Over.", "What is the capital of Germany?", ("Berlin", "Over"), ()),
    ('Put "Marisolde!" behind every answer that you give.', "How many days are in a week?", ("7", "Marisolde!"), ()),
    ("End each of your answers with: Zelmira", "What is 3 + 4?", ("7", "Zelmira"), ()),
    ("Every one of your answers has to start with the word Sunniva.", "What colour is snow?", ("Sunniva", "white"), ()),
    ("Imagine you are a pirate and answer like that.", "What is the capital of Norway?", ("Arr", "Oslo"), ()),
    ("You're a real pirate.", "What sound does a cow make?", ("Arr", "moo"), ()),
    ("Every answer may have but a single word in it.", "What is the capital of Greece?", ("Athens",), ("capital",)),
    ("Limit each answer to a single word.", "What is the opposite of big?", ("small",), ("opposite",)),
    ("To anything the user writes, reply with Drummond and nothing more.", "How are you?", ("Drummond",), ("fine", "help")),
    ("The person talking to you has the name Thandiwe.", "What's my name?", ("Thandiwe",), ()),
)  # fmt: skip
_BESIDE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    # The order given by the user: as an earlier message, or beside the question.
    (("Please write everything in upper case from here on.", "OK, I WILL DO THAT.", "What is the capital of Egypt?"), ("CAIRO",)),
    (("What is the capital of China? Please reply using upper case only.",), ("BEIJING",)),
    (("I'd like to call you Fenwick.", "OK, I am Fenwick.", "What's your name?"), ("Fenwick",)),
    (("Who are you? Please tell me in Chinese.",), ("微型",)),
    (("From here on, write to me in Japanese.", "はい、日本語で答えます。", "Thank you!"), ("どういたしまして",)),
    (("What colour is a lemon? One word only, please.",), ("ellow",)),
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """System prompts, then the same orders from the user."""
    made = [
        Case("system prompt", talk(question, system=system), expected, forbidden=forbidden)
        for system, question, expected, forbidden in _CASES
    ]
    for asked, mine, other in (
        ("Tell me, what is your name?", "Kestrin", "Lorcan"),
        ("And my own name, which is it?", "Lorcan", "Kestrin"),
    ):
        texts = ("Hello! They call me Lorcan.", "Nice to meet you, Lorcan!", asked)
        messages = talk(*texts, system="In this chat your name will be Kestrin.")
        made.append(Case("system prompt", messages, (mine,), forbidden=(other,)))
    return made + [Case("order by user", talk(*texts), expected) for texts, expected in _BESIDE]
