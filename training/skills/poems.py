# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Short poems in three languages from a grammar.

Contract: every line is drawn on its own, so that sampling visibly varies the poem; the asked
topic occurs in it, also when it is a word that was never seen.
"""

from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, say, say_cjk

_ASK = (
    "(write|compose|give me|make|can you write|please write) a (short |little |small |tiny |nice |)poem about (the |){t}.",
    "(write|give me) (a few|some|four) lines about (the |){t}.", "a (short |)poem about (the |){t}, please.",
    "(I want|I would like|I'd like) a (short |)poem about (the |){t}.", "(tell|read) me a poem about (the |){t}.",
)  # fmt: skip
_ASK_ANY = (
    "(write|tell me|give me|compose) a (short |)(poem|haiku|verse)(.|)",
    "(do you know|can you write) a poem?",
)

_OPENING = (
    "The {t} is (calm|bright|soft|near|still|deep|wide) (tonight|today|again|at dawn|at last),",
    "(O|Dear|My|Old|Sweet) {t}, (you|you always|you softly) (call|sing|shine|wait|dream) (for me|to me|alone|so long),",
    "I (think|dream|sing|write) of the {t} (when|while) (evening|morning|winter|summer|the night) (comes|goes|falls),",
    "(Here|There) (comes|lies|sleeps|waits) the {t}, (so|how) (quiet|gentle|golden|silver|small) (and|but) (free|true|kind|warm),",
)  # fmt: skip
_PAIRS = (
    ("(a|one) (silver|golden|gentle|distant|quiet) (song|light|dream|whisper) in the (night|light),", "that (keeps|makes|holds) the (little|lonely|sleepy|open) (windows|gardens|rivers|roads) bright."),
    ("the (wind|rain|river|moon) is (humming|singing|telling|playing) an (old|easy|open) (tune|rune),", "and (answers|dances|travels|wanders) (softly|slowly|gladly) (under|with|to) the moon."),
    ("(we|they|I) (walk|wait|run|sit) (together|alone|quietly) (beside|along|across) the (bay|way),", "and (watch|count|greet|follow) the (colours|shadows|clouds|birds) of the day."),
    ("(so|now) (much|little) (is|was) (said|told|known) (without|before) a (single|simple) (word|sound heard),", "as (light|soft|small|free) as the (wing|dream|song) of a bird."),
    ("the (stars|leaves|waves|lamps) (turn|fall|glow|sway) (slow|low) above the (hill|mill),", "and all the (world|town|field|forest) is (warm|white|blue|dark) and still."),
    ("it (brings|gives|sends) me (peace|hope|joy|sleep) and (takes|keeps|hides) my (fear|tear|care) away,", "and (leaves|paints|writes) a (smile|light|line|star) (upon|inside|across) my day."),
    ("(every|each) (morning|evening|heart|child) (knows|finds|sings|keeps) (its|a) (part|start),", "and (carries|plants|opens) (a little|some|its) (light|spring|sun|warmth) in the heart."),
    ("(no|not a) (clock|road|word|map) can (tell|show|say) (me|us) (when|where) it will (go|flow),", "but (still|yet|oh), its (echo|shadow|secret|beauty) (begins|continues) to (grow|glow)."),
)  # fmt: skip
_CLOSING = (
    "(And|So) I (stay|smile|listen|remember), and the {t} (stays|smiles|listens|remembers) with me.",
    "(Good night|Farewell|Thank you|Come back), dear {t}, (until|till) (morning|tomorrow|spring|we meet again).",
    "(O|My) {t}, (stay|sing|shine|dream) (a little|one moment|one more hour) (longer|for me).",
)  # fmt: skip


def _topic(rng: Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(words.TOPICS)
    if rng.random() < 0.5:
        return words.word(rng)
    return rng.choice(("old ", "little ", "blue ", "silent ", "first ")) + rng.choice(words.TOPICS)


def english(rng: Random) -> Turn:
    """Four to eight lines."""
    topic = _topic(rng)
    ask = say(rng.choice(_ASK), rng, t=topic)
    if rng.random() < 0.12:
        topic = rng.choice(("moon", "sea", "night", "rain", "wind"))
        ask = say(rng.choice(_ASK_ANY), rng)
    pairs = rng.sample(_PAIRS, rng.choice((1, 1, 2, 2, 3)))
    patterns = [
        rng.choice(_OPENING),
        *(line for pair in pairs for line in pair),
        rng.choice(_CLOSING),
    ]
    lines = [fill(expand(pattern, rng), {"t": topic}) for pattern in patterns]
    return Turn(ask, "\n".join(line[0].upper() + line[1:] for line in lines))


_ZH_TOPICS = words.table("zh_topics")
_ZH_LINES = (
    "(轻轻的|温柔的|静静的|远远的)(风|雨|云|光)(吹过|落在|走过|照亮)(窗前|山坡|小河|心里)，",
    "(花儿|小鸟|树叶|孩子)(悄悄|慢慢|快乐地|静静)(醒来|歌唱|跳舞|微笑)，",
    "(我|我们)(坐在|走在|站在)(树下|河边|灯下|路上)(看|听|想)(着|)(天空|流水|远方|你)，",
    "(一片|一点|一缕)(阳光|月光|希望|温暖)(留在|藏在|落进)(手心|梦里|心中)，",
    "(时间|岁月|日子)(慢慢|静静|轻轻)(流走|走远)，",
)  # fmt: skip
_JA_TOPICS = words.table("ja_topics")
_JA_LINES = (
    "(静かな|やさしい|遠い|小さな)(風|雨|光|雲)が(窓|丘|川|心)に(届く|降りる|そよぐ)、",
    "(花|鳥|木の葉|子ども)が(そっと|ゆっくり|楽しく)(目を覚ます|歌う|踊る|笑う)、",
    "(私|私たち)は(木の下|川のほとり|道の上)で(空|流れ|遠く|あなた)を(見る|思う)、",
    "(ひとすじ|ひとひら|ひとつ)の(光|希望|夢)が(手のひら|心|胸)に(残る|眠る)、",
    "(時|日々|思い出)は(静かに|ゆっくり)(流れて|遠ざかって)いく、",
)  # fmt: skip


def chinese(rng: Random) -> Turn:
    """Four to six lines."""
    topic = rng.choice(_ZH_TOPICS)
    ask = say_cjk("(请|帮我|)(写|给我写)一首(关于|)({t}的|{t}的|{t}的)(短|小|)诗。", rng, t=topic)
    lines = [expand(line, rng) for line in rng.sample(_ZH_LINES, rng.randint(2, 4))]
    first = fill(
        expand("{t}(来了|到了|又来了|醒了)，(天空|大地|世界|心)(很轻|很静|很亮|很暖)，", rng),
        {"t": topic},
    )
    last = fill(
        expand("(啊|哦|我爱你)，{t}，(请|愿你)(慢慢走|陪着我|留在这里)。", rng), {"t": topic}
    )
    return Turn(ask, "\n".join([first, *lines, last]))


def japanese(rng: Random) -> Turn:
    """Four to six lines."""
    topic = rng.choice(_JA_TOPICS)
    ask = say_cjk(
        "{t}(についての|の)(短い|)詩を(書いてください|書いて|お願いします)。", rng, t=topic
    )
    lines = [expand(line, rng) for line in rng.sample(_JA_LINES, rng.randint(2, 4))]
    first = fill(
        expand("{t}が(来た|来る|やってくる)、(空|世界|心)が(静かに|明るく|やわらかく)なる、", rng),
        {"t": topic},
    )
    last = fill(
        expand("(ああ|おお)、{t}よ、(ずっと|もう少し|いつも)(そばにいて|ここにいて)。", rng),
        {"t": topic},
    )
    return Turn(ask, "\n".join([first, *lines, last]))
