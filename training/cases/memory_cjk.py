# ruff: noqa: E501 - one case a line; full-width marks are meant
"""Facts told earlier, in Chinese and Japanese."""

from random import Random

from training.cases.case import Case, talk

_ZH_NAMES, _JA_NAMES = (
    ("晓棠", "景澜", "若溪", "乌兰", "俊熙"),
    ("結城", "健介", "美咲", "カナデ", "千尋"),
)
_ZH_BETWEEN = (
    (
        "什么是 OpenVINO？",
        "OpenVINO 是英特尔的开源工具包，用来在英特尔硬件上快速运行人工智能模型。",
    ),
    ("谢谢你！", "不客气！"),
)
_JA_BETWEEN = (
    ("ありがとう！", "どういたしまして！"),
    ("こんにちは。", "こんにちは！何かお手伝いできますか？"),
)
_ZH_NOTED, _JA_NOTED = "好的，我记住了。", "覚えました。"
_ZH = (
    ("我叫{v}，请记住。", "我叫什么名字？", _ZH_NAMES), ("你好呀，我的名字是{v}。", "还记得我叫什么吗？", _ZH_NAMES),
    ("我的猫叫{v}。", "我的猫叫什么名字？", _ZH_NAMES[:3]), ("我的幸运数字是{v}。", "我的幸运数字是多少？", ("83", "4071")),
    ("我住在{v}。", "我住在哪里？", ("西安", "杭州")), ("我今年{v}岁。", "我今年多大了？", ("27", "64")),
)  # fmt: skip
_JA = (
    ("私の名前は{v}です。覚えてください。", "私の名前は何ですか？", _JA_NAMES), ("どうも、{v}といいます。", "ねえ、私の名前を覚えていますか？", _JA_NAMES),
    ("私の犬の名前は{v}です。", "私の犬の名前は何ですか？", _JA_NAMES[:3]), ("私の番号は{v}です。", "私の番号は何ですか？", ("83", "4071")),
    ("私は{v}に住んでいます。", "私はどこに住んでいますか？", ("京都", "大阪")), ("私は{v}歳です。", "私は何歳ですか？", ("27", "64")),
)  # fmt: skip
_SYSTEM = {
    "zh": "你是一个乐于助人、诚实可靠的助手。",
    "ja": "あなたは親切で誠実なアシスタントです。",
}
_Kinds = tuple[tuple[str, str, tuple[str, ...]], ...]


def _language(
    language: str, kinds: _Kinds, between: tuple[tuple[str, str], ...], noted: str
) -> list[Case]:
    made = []
    for told, asked, values in kinds:
        for at, value in enumerate(values):
            turns = [text for pair in between[: at % 3] for text in pair]
            texts = (told.format(v=value), noted, *turns, asked)
            system = _SYSTEM[language] if at % 2 else None
            made.append(Case(f"remember {language}", talk(*texts, system=system), (value,)))
    return made


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """Names, pets, numbers, cities and ages."""
    return [
        *_language("zh", _ZH, _ZH_BETWEEN, _ZH_NOTED),
        *_language("ja", _JA, _JA_BETWEEN, _JA_NOTED),
    ]
