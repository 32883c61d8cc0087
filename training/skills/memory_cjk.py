# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Facts told and asked back in Chinese and Japanese; the slots are those of `skills.memory`.

Contract: `turns` does what the English module's does, with the wording of one language.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from training import words
from training.dialogue import Skill, Turn
from training.phrasing import fill, say_cjk
from training.skills.memory import Fact, Slot


def _pick(options: list[str]) -> Callable[[Random], str]:
    allowed = [option for option in options if not words.is_held_out(option)]
    return lambda rng: rng.choice(allowed)


def _number(rng: Random) -> str:
    return str(rng.randrange(10 ** rng.choice((1, 2, 2, 3, 4))))


def _slot(
    draw: Callable[[Random], str], tell: tuple[str, ...], noted: tuple[str, ...],
    ask: tuple[str, ...], answer: str, untold: str, keys: tuple[str, ...] = ("",),
) -> Slot:  # fmt: skip
    return Slot(draw, tell, noted, (ask,), answer, untold, keys)


_ZH_R = "(|请记住。|请你记住。|记住了吗？|别忘了。)"
ZH_SLOTS: list[tuple[float, Slot]] = [
    (5, _slot(words.zh_name,
        ("我叫{v}(，请记住|，请你记住|，记住哦|)。", "我的名字(是|叫){v}。" + _ZH_R, "我是{v}。" + _ZH_R, "(你好，|你好！)我(叫|是){v}。",
         "大家(都|)叫我{v}。", "(请|你可以)叫我{v}。", "{v}是我的名字。"),
        ("你好，{v}！我会记住你的名字。", "很高兴认识你，{v}！"),
        ("我叫什么(名字|)？", "(你还|你)记得我(的名字|叫什么|是谁)吗？", "我的名字是什么？", "我是谁？", "(请|)说出我的名字。", "你知道我叫什么吗？"),
        "你叫{v}。", "你还没有告诉我你的名字。")),
    (2, _slot(words.zh_name,
        ("我的{k}叫{v}。" + _ZH_R, "我有一(只|个){k}，(它|)叫{v}。", "我家的{k}叫{v}。", "我(养了|有)一(只|个){k}，名字(是|叫){v}。"),
        ("好的，我记住了，你的{k}叫{v}。", "{v}，真是个好名字！我记住了。"),
        ("我的{k}叫什么(名字|)？", "(你还|你)记得我的{k}叫什么吗？", "我(家|)的{k}的名字是什么？"),
        "你的{k}叫{v}。", "你还没有告诉我你的{k}叫什么。", ("猫", "狗", "兔子", "鸟", "鱼", "乌龟", "仓鼠", "朋友", "哥哥", "妹妹", "老师", "同事"))),
    (2, _slot(_pick(words.ZH_COLOURS), ("我(很|最|)喜欢{v}。" + _ZH_R, "我最喜欢的颜色是{v}。"),
        ("好的，我记住了，你喜欢{v}。",),
        ("我(最|)喜欢(的颜色是什么|什么颜色)？", "(你还|你)记得我喜欢什么颜色吗？"),
        "你喜欢{v}。", "你还没有告诉我你喜欢什么颜色。")),
    (2, _slot(_number, ("我的(幸运数字|号码)是{v}。" + _ZH_R, "{v}是我的(幸运数字|号码)。", "请记住(这个|)数字：{v}。"),
        ("好的，我记住了：{v}。",),
        ("我的(幸运数字|号码)是(什么|多少)？", "(你还|你)记得我的(幸运数字|号码)吗？", "(那个|我说的)数字是(什么|多少)？"),
        "是{v}。", "你还没有告诉我这个数字。")),
    (2, _slot(_pick(words.ZH_CITIES), ("我住在{v}。" + _ZH_R, "我(来自|是){v}(人|)。", "我家在{v}。"),
        ("好的，我记住了，你住在{v}。", "{v}是个好地方！我记住了。"),
        ("我住在哪里？", "(你还|你)记得我住在哪里吗？", "我(家在哪里|来自哪里|是哪里人)？"),
        "你住在{v}。", "你还没有告诉我你住在哪里。")),
    (1, _slot(_pick(words.ZH_FOODS), ("我最喜欢吃{v}。" + _ZH_R, "我(很|)爱吃{v}。"), ("好的，我记住了，你喜欢吃{v}。",),
        ("我(最|)喜欢吃什么？", "(你还|你)记得我(喜欢|爱)吃什么吗？"), "你喜欢吃{v}。", "你还没有告诉我你喜欢吃什么。")),
    (1, _slot(lambda rng: str(rng.randint(5, 99)), ("我(今年|){v}岁(了|)。",), ("好的，我记住了，你{v}岁。",),
        ("我(今年|)(几岁|多大)(了|)？", "(你还|你)记得我(几岁|多大)吗？"), "你{v}岁。", "你还没有告诉我你几岁。")),
]  # fmt: skip

_JA_R = "(|覚えてください。|覚えておいてください。|忘れないでください。)"
JA_SLOTS: list[tuple[float, Slot]] = [
    (5, _slot(words.ja_name,
        ("私の名前は{v}です。" + _JA_R, "(私は|僕は|){v}です。" + _JA_R, "{v}(と言います|といいます|と申します)。", "(こんにちは、|はじめまして、){v}です。",
         "{v}と呼んでください。", "名前は{v}です。" + _JA_R),
        ("{v}さん、覚えました。", "はじめまして、{v}さん！お名前を覚えました。"),
        ("私の名前は何ですか？", "私は誰ですか？", "私の名前を(覚えていますか|覚えてる|言ってください|教えてください)(？|。)", "名前を(覚えていますか|言ってください)？", "私の名前は？"),
        "あなたの名前は{v}です。", "まだお名前を聞いていません。")),
    (2, _slot(words.ja_name,
        ("(私の|うちの|){k}の名前は{v}です。" + _JA_R, "{k}がいます。名前は{v}です。", "{v}という{k}を飼っています。"),
        ("{k}の名前は{v}ですね。覚えました。",),
        ("(私の|うちの|){k}の名前は何ですか？", "(私の|うちの|){k}の名前を覚えていますか？"),
        "{k}の名前は{v}です。", "{k}の名前はまだ聞いていません。", ("猫", "犬", "うさぎ", "鳥", "魚", "亀", "友達", "兄", "妹", "先生"))),
    (2, _slot(_pick(words.JA_COLOURS), ("(私の|)好きな色は{v}です。" + _JA_R, "{v}が好きな色です。", "一番好きな色は{v}です。"),
        ("好きな色は{v}ですね。覚えました。",),
        ("(私の|)好きな色は何ですか？", "(私の|)好きな色を覚えていますか？", "私は何色が好きですか？"),
        "あなたの好きな色は{v}です。", "好きな色はまだ聞いていません。")),
    (2, _slot(_number, ("(私の|)(番号|ラッキーナンバー)は{v}です。" + _JA_R, "{v}という数字を覚えてください。"),
        ("{v}ですね。覚えました。",),
        ("(私の|)(番号|ラッキーナンバー)は(何ですか|いくつですか)？", "(番号|数字)を覚えていますか？"),
        "{v}です。", "番号はまだ聞いていません。")),
    (2, _slot(_pick(words.JA_CITIES), ("(私は|){v}に住んでいます。" + _JA_R, "{v}から来ました。", "{v}出身です。"),
        ("{v}ですね。覚えました。", "{v}はいい所ですね。覚えました。"),
        ("私はどこに住んでいますか？", "私の(町|出身)はどこですか？", "どこに住んでいるか覚えていますか？"),
        "あなたは{v}に住んでいます。", "住んでいる所はまだ聞いていません。")),
    (1, _slot(_pick(words.JA_FOODS), ("(私の|)好きな食べ物は{v}です。" + _JA_R, "{v}が大好きです。"), ("好きな食べ物は{v}ですね。覚えました。",),
        ("(私の|)好きな食べ物は何ですか？", "(私の|)好きな食べ物を覚えていますか？"),
        "あなたの好きな食べ物は{v}です。", "好きな食べ物はまだ聞いていません。")),
    (1, _slot(lambda rng: str(rng.randint(5, 99)), ("(私は|){v}歳です。" + _JA_R,), ("{v}歳ですね。覚えました。",),
        ("私は何歳ですか？", "私の(年|年齢)を覚えていますか？"), "あなたは{v}歳です。", "年齢はまだ聞いていません。")),
]  # fmt: skip

_SLOTS = {"zh": ZH_SLOTS, "ja": JA_SLOTS}
_BOTH = {
    "zh": ("好的，我都记住了。", "谢谢，我记住了。"),
    "ja": ("はい、覚えました。", "ありがとうございます。全部覚えました。"),
}
_OPENING = {
    "zh": ("其实，", "不对，", "等等，", "我说错了，", "更正一下，", "抱歉，", "不，"),
    "ja": ("実は、", "すみません、", "間違えました。", "訂正します。", "いいえ、", "違います。"),
}


def facts(rng: Random, count: int, language: str) -> list[Fact]:
    """Facts of different kinds or keys."""
    weights, slots = zip(*_SLOTS[language], strict=True)
    drawn: dict[tuple[int, str], Fact] = {}
    while len(drawn) < count:
        slot: Slot = rng.choices(slots, weights)[0]
        fact = Fact(slot, rng.choice(slot.keys), slot.draw(rng))
        drawn[id(slot), fact.key] = fact
    return list(drawn.values())


def told(rng: Random, fact: Fact) -> Turn:
    """The user tells the fact and the model takes note."""
    return Turn(_telling(rng, fact), _noted(rng, fact))


def _telling(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(fact.slot.tell), rng, v=fact.value, k=fact.key)


def _noted(rng: Random, fact: Fact) -> str:
    return fill(rng.choice(fact.slot.noted), {"v": fact.value, "k": fact.key})


def told_together(rng: Random, known: list[Fact], language: str) -> Turn:
    """Several facts in one message."""
    parts = [_telling(rng, fact) for fact in known]
    joint = rng.choice(("", "，" if language == "zh" else "、", "。"))
    if joint:
        parts = [part.rstrip("。？?") for part in parts]
    text = joint.join(part if part[-1] in "。？?" or joint else part + "。" for part in parts)
    return Turn(text.rstrip("。") + "。", rng.choice(_BOTH[language]))


def corrected(rng: Random, fact: Fact, language: str) -> tuple[Fact, Turn]:
    """The user tells a new value, which replaces the old one."""
    new = replace(fact, value=fact.slot.draw(rng))
    return new, Turn(rng.choice(_OPENING[language]) + _telling(rng, new), _noted(rng, new))


def _question(rng: Random, fact: Fact) -> str:
    return say_cjk(rng.choice(rng.choice(fact.slot.ask)), rng, v=fact.value, k=fact.key)


def recalled(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was told."""
    return Turn(_question(rng, fact), fill(fact.slot.answer, {"v": fact.value, "k": fact.key}))


def not_told(rng: Random, fact: Fact) -> Turn:
    """The user asks for a fact that was never told."""
    return Turn(_question(rng, fact), fill(fact.slot.untold, {"k": fact.key}))


def turns(rng: Random, language: str, count: int, between: int, other: Skill) -> list[Turn]:
    """So many facts told, other talk between, questions back; corrections and what was not told."""
    drawn = facts(rng, count + 1, language)
    known, unknown = drawn[:count], drawn[count]
    if count > 1 and rng.random() < 0.3:
        made = [told_together(rng, known, language)]
    else:
        made = [told(rng, fact) for fact in known]
    for _ in range(between):
        made.insert(rng.randint(1, len(made)) if made else 0, other(rng))
    if known and rng.random() < 0.22:
        at = rng.randrange(len(known))
        known[at], turn = corrected(rng, known[at], language)
        made.append(turn)
    asked = [recalled(rng, fact) for fact in rng.sample(known, len(known))]
    if not known or rng.random() < 0.35:
        asked.insert(rng.randint(0, len(asked)), not_told(rng, unknown))
    return made + asked
