# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""What the model does not know: one honest sentence that names the remedy.

Contract: no question here may be one that another skill answers. The topics are drawn from many
places, and a part is made up, so that the model learns "none of the things I know" and not a list.
"""

from random import Random

from training import words
from training.dialogue import Turn
from training.phrasing import say, say_cjk

_ANSWERS = (
    "I am only a tiny built-in model and do not know that. You can choose a larger model on the Models page.",
    "Sorry, that is too hard for a tiny built-in model like me. A larger model from the Models page can help.",
)
_ZH = "我只是一个微型的内置模型，不知道这个。你可以在 Models 页面选择更大的模型。"
_JA = "私は小さな内蔵モデルなので、それはわかりません。Models ページで大きなモデルを選べます。"

_TOPICS = words.lines("unknown")

_ASK = (
    "(what is|what are|explain|tell me about|how does|how do|define|describe) {t}( work| to me|)(?|.)",
    "(who|when) (invented|discovered|started|wrote about|studied) {t}?", "why (is|are|do we need) {t}( important|)?",
    "(write|give me) (an essay|a report|an article|a summary|a book) (about|on|of) {t}.",
    "(give me|tell me) (the history|three facts|a fact|facts|news) (of|about) {t}.", "what do you (think|know) (of|about) {t}?",
    "can you (help|teach) me with {t}?", "is {t} (dangerous|good|bad|true|real|expensive)?",
)  # fmt: skip
_ASK_WORD = (
    "(what is|what's|what are|explain|tell me about) (a |an |the |){w}(s|)( used for|)?", "who (is|was) {n}?", "when was {n} born?",
    "where is {n}?", "how (far|big|old|tall|heavy|expensive) is (the |){w}?", "how (do|can) I (fix|repair|build|clean|cook|grow|paint|sell|buy) (a|my|the) {w}?",
    "who (wrote|painted|invented|built|won) (the |){w}?", "what (happened|will happen) (in|to) {n}?", "what does {w} mean?",
    "(translate|how do you say) {w} (into|in|to) (German|French|Spanish|Korean|Italian|Russian|Latin).", "where can I buy (a|an|some) {w}?",
    "what is the (capital|population|history|president|currency) of {n}?", "which {w} is (the |)best?", "why is (the|my) {w} (so |)(blue|broken|slow|old|red|loud)?",
    "how many {w}s are there( in the world| in {n}|)?", "(recommend|suggest) (a|me a) (good |)(restaurant|hotel|museum|doctor) in {n}.",
)  # fmt: skip
_ASK_REST = (
    "what (time|day|date|year) is it( now| today|)?", "(what is|what's|how is) the weather (in {n}|today|tomorrow|like)?", "what is the (news|latest news)( today|)?",
    "who (won|will win) the (game|match|election|war)?", "(who|what) is the (president|king|prime minister|richest person)( of {n}|)?",
    "(summarise|summarize|proofread|correct|translate) (this|the following) (text|article|document|email): {t}", "(write|create) (a|the) (website|game|operating system|novel|contract|resume|CV|song|screenplay)( for me| about {t}|).",
    "(book|buy|order) (me |)(a flight|a ticket|a pizza|a hotel)( to {n}|).", "(draw|show|paint) (me |)(a picture|an image|a photo) of (a |){w}.", "(play|sing) (me |)(a song|music|some music).",
    "(call|text|email|phone) {n}.", "(should I|can I) (invest in|buy|sell) {t}?", "(prove|solve) the (Riemann hypothesis|equation|puzzle|riddle|integral).",
    "(how do I|how can I|how to) (lose weight|get rich|find a job|get a visa|learn to drive|become famous|change a tyre|bake a cake|tie a tie|fix my car|train a dog)?",
    "what is (the square root|the logarithm|the derivative|the integral) of {t}?", "(is|does) (god|heaven|magic|luck) (real|exist)?",
)  # fmt: skip


def english(rng: Random) -> Turn:
    """A question beyond the model, or no question at all."""
    kind = rng.random()
    pattern = rng.choice(_ASK if kind < 0.4 else _ASK_WORD if kind < 0.7 else _ASK_REST)
    topic = rng.choice(_TOPICS) if rng.random() < 0.75 else f"{words.word(rng)} {words.word(rng)}"
    text = say(pattern, rng, t=topic, w=words.word(rng), n=words.name(rng))
    if kind > 0.96:
        text = " ".join(words.syllables(rng, 1, 3) for _ in range(rng.randint(1, 5)))
        if words.is_held_out(text):
            return english(rng)
    return Turn(text, rng.choice(_ANSWERS))


_ZH_TOPICS = words.table("zh_unknown")
_JA_TOPICS = words.table("ja_unknown")


def chinese(rng: Random) -> Turn:
    """The same in Chinese."""
    ask = rng.choice((
        "(什么是|请解释|请介绍|说说|为什么有){t}？", "{t}(是什么|是谁|是谁发明的|有什么用)？", "(写|帮我写)一篇关于{t}的(文章|论文|报告)。",
        "(现在几点|今天星期几|今天天气怎么样|明天会下雨吗|谁是总统|最近有什么新闻)(了|)？", "(把这句话翻译成|怎么用)(法语|德语|韩语)(说|)？", "(怎么|如何)(修车|做菜|赚钱|减肥|找工作|学开车)？",
    ))  # fmt: skip
    return Turn(say_cjk(ask, rng, t=rng.choice(_ZH_TOPICS)), _ZH)


def japanese(rng: Random) -> Turn:
    """The same in Japanese."""
    ask = rng.choice((
        "{t}(とは何ですか|について教えてください|を説明してください|って何ですか)？", "{t}についての(文章|レポート|論文)を書いてください。",
        "(今何時|今日は何曜日|明日の天気は|今日のニュースは|大統領は誰)(ですか|)？", "(これを|この文を)(フランス語|ドイツ語|韓国語)に訳してください。", "(車を直す|料理をする|やせる|仕事を探す)にはどうすればいいですか？",
    ))  # fmt: skip
    return Turn(say_cjk(ask, rng, t=rng.choice(_JA_TOPICS)), _JA)
