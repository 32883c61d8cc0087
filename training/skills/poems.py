# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Short poems in three languages from a grammar.

Contract: every line is drawn on its own, so that sampling visibly varies the poem; the asked
topic occurs in it, also when it is a word that was never seen.
"""

import tomllib
from pathlib import Path
from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import expand, fill, say, say_cjk

_ASK: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
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
    ask = say(rng.choice(_ASK["about"]), rng, t=topic)
    if rng.random() < 0.12:
        topic = rng.choice(("moon", "sea", "night", "rain", "wind"))
        ask = say(rng.choice(_ASK["any"]), rng)
    pairs = rng.sample(_PAIRS, rng.choice((1, 1, 2, 2, 3)))
    patterns = [
        rng.choice(_OPENING),
        *(line for pair in pairs for line in pair),
        rng.choice(_CLOSING),
    ]
    lines = [fill(expand(pattern, rng), {"t": topic}) for pattern in patterns]
    return Turn(ask, "\n".join(line[0].upper() + line[1:] for line in lines))


_ZH_TOPICS = words.table("zh_topics")
_ZH_ASK = (
    "(请|帮我|请你|给我|能不能|可以|麻烦你|)(写|作|来|创作|做)(一|)首(关于|描写|赞美|歌颂|以|写|)(“|){t}(”|)(的|为题的|主题的)(短|小|)诗(吧|好吗|。|！|)", "(我想|我要|想)(看|读|听|要)(一|)首(关于|写)(的|){t}的(短|小|)诗(。|)",
    "(用|以){t}(为题|为主题|做题目)(，|)(写|作|来)(一|)首(短|小|)诗(。|吧。|)", "{t}(的诗|，写首诗|，来首诗|诗一首)(。|)", "(写|来|吟|作)(几句|四句|几行)(关于|){t}(的诗|的诗句|)(吧|。|)", "(你会|你能|会不会)(写|作)(关于|){t}的诗吗？", "给{t}写(一首|首)(短|小|)诗(。|吧。|)",
)  # fmt: skip
_ZH_LINES = (
    "(轻轻的|温柔的|静静的|远远的|淡淡的|暖暖的)(风|雨|云|光|雾|歌声)(吹过|落在|走过|照亮|飘过|停在)(窗前|山坡|小河|心里|屋顶|田野)，",
    "(花儿|小鸟|树叶|孩子|蝴蝶|小草)(悄悄|慢慢|快乐地|静静|轻轻)(醒来|歌唱|跳舞|微笑|生长|入睡)，",
    "(我|我们|你)(坐在|走在|站在|停在)(树下|河边|灯下|路上|桥上|门前)(看|听|想)(着|)(天空|流水|远方|你|从前|星光)，",
    "(一片|一点|一缕|一丝)(阳光|月光|希望|温暖|清香|思念)(留在|藏在|落进|住在)(手心|梦里|心中|眼里)，",
    "(时间|岁月|日子|光阴)(慢慢|静静|轻轻|悄悄)(流走|走远|老去|开花)，",
    "(谁|远方|大地|世界)(在|正|又)(唱着一首老歌|唱着一首新歌|写下一封旧信|等着一封远方的信|守着一个约定|记着一个小小的梦)，",
    "(把|将)(烦恼|忧愁|昨天|秘密)(交给|留给|送给)(流水|清风|白云|晚霞)，",
)  # fmt: skip
_JA_TOPICS = words.table("ja_topics")
_JA_ASK = (
    "{t}(についての|の|に関する|をテーマにした|を題材にした|を歌った|にちなんだ)(短い|小さな|簡単な|きれいな|すてきな|)(詩|ポエム)を(書いてください|書いて|お願いします|一つ書いてください|作ってください|作って|読んでください|聞かせてください|ください|書いてくれますか|書いてもらえますか)(。|？|)",
    "{t}(について|を題に|をテーマに|を題材に)(、|)(短い|)(詩|ポエム)を(書いてください|書いて|作ってください|お願いします|一つお願いします)(。|)", "{t}の(詩|ポエム)が(読みたいです|聞きたいです|ほしいです|見たい)(。|)", "(短い|)(詩|ポエム)を(書いて|作って)ください。(テーマ|題)は{t}です。",
    "{t}(について|を)(数行|四行|二、三行)で(詩的に|詩にして)(書いて|表現して)(ください|)(。|)", "{t}の(詩|ポエム)(は書けますか|を書けますか|をどうぞ|)(？|)",
)  # fmt: skip
_JA_LINES = (
    "(静かな|やさしい|遠い|小さな|淡い|あたたかな)(風|雨|光|雲|歌|霧)が(窓|丘|川|心|屋根|道)に(届く|降りる|そよぐ|とどまる|触れる)、",
    "(花|鳥|木の葉|子ども|蝶|草)が(そっと|ゆっくり|楽しく|静かに)(目を覚ます|歌う|踊る|笑う|眠る|揺れる)、",
    "(私|私たち|あなた)は(木の下|川のほとり|道の上|橋の上|窓辺)で(空|流れ|遠く|昔|星)を(見る|思う|待つ|数える)、",
    "(ひとすじの|ひとひらの|ひとつの|かすかな)(光|希望|夢|香り|思い)が(手のひら|心|胸|瞳)に(残る|眠る|灯る|咲く)、",
    "(時|日々|思い出|季節)は(静かに|ゆっくり|そっと)(流れて|遠ざかって|めぐって)いく、",
    "(誰か|遠くの町|世界|大地)が(古い|小さな|新しい)(歌|手紙|約束)を(歌っている|書いている|待っている)、",
    "(悩み|昨日|ため息|秘密)を(流れ|風|雲|夕焼け)に(預ける|渡す|流す)、",
)  # fmt: skip


def chinese(rng: Random) -> Turn:
    """Four to six lines."""
    topic = rng.choice(_ZH_TOPICS)
    ask = say_cjk(rng.choice(_ZH_ASK), rng, t=topic)
    lines = [expand(line, rng) for line in rng.sample(_ZH_LINES, rng.randint(2, 4))]
    first = fill(
        expand("{t}(来了|到了|又来了|醒了|近了)，(天空|大地|世界|心)(很轻|很静|很亮|很暖)，", rng),
        {"t": topic},
    )
    last = fill(
        expand("(啊|哦|我爱你)，{t}，(请|愿你)(慢慢走|陪着我|留在这里|常在身边)。", rng),
        {"t": topic},
    )
    return Turn(ask, "\n".join([first, *lines, last]))


def japanese(rng: Random) -> Turn:
    """Four to six lines."""
    topic = rng.choice(_JA_TOPICS)
    ask = say_cjk(rng.choice(_JA_ASK), rng, t=topic)
    lines = [expand(line, rng) for line in rng.sample(_JA_LINES, rng.randint(2, 4))]
    first = fill(
        expand("{t}が(来た|来る|やってくる)、(空|世界|心)が(静かに|明るく|やわらかく)なる、", rng),
        {"t": topic},
    )
    last = fill(
        expand(
            "(ああ|おお)、{t}よ、(ずっと|もう少し|いつも)(そばにいて|ここにいて|歌っていて)。", rng
        ),
        {"t": topic},
    )
    return Turn(ask, "\n".join([first, *lines, last]))
