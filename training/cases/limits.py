# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Questions that the model cannot answer and should say so, and ones that it must not refuse."""

from random import Random

from training.cases.case import Case, talk

_REFUSALS = (
    "I am only a tiny built-in model",
    "我只是一个微型的内置模型",
    "私は小さな内蔵モデルなので",
)

_LIMITS = (
    "What is the boiling point of mercury?", "Who composed the opera Carmen?", "Why doesn't the moon fall down on us?", "I need an essay on the Ottoman Empire.", "Which waterfall is the highest on earth?",
    "Did Liverpool win yesterday?", "How would a Hungarian say 'the library closes at six'?", "I came across the word serendipity, meaning?", "The tap in my bathroom won't stop dripping, how to fix it?", "Tell me about the rings of Saturn.",
    "Do I need an umbrella on Sunday?", "Explain the rules of cricket.", "Who will be elected mayor this autumn?", "What happens at the end of Wuthering Heights?", "My knee hurts after running, should I see a doctor?",
    "I'd like a vegan menu for eight guests.", "Compute 7345 multiplied by 862.", "Solve x squared minus five x plus six equals zero.", "Implement a red-black tree in C++ with iterators.", "What is ownership in the Rust language?",
    "What does a flight from Oslo to Rome cost?", "Which smartphone takes the best photos?", "Can you suggest a thriller for the weekend?", "Draft a resignation letter that sounds friendly.", "Ring my dentist and move the appointment.",
    "Paint me a sunset over the harbour.", "Who is the chancellor of Austria at the moment?", "Summarise the attached contract in five points.", "Do angels exist?", "What happened on the ninth of November 1989?",
    "How old can tortoises get?", "Is spinach rich in iron?", "How do vaccines protect us from disease?", "Convert 250 dollars to yen.", "What's a good reply to the Sicilian opening in chess?", "How can I get my driving licence faster?",
    "Who was Hypatia of Alexandria?", "Write the lyrics of a rock ballad on freedom.", "Should I invest in gold or in shares?", "Why do volcanoes erupt?", "How many rivers flow into the Baltic Sea?", "What did Kepler find out about orbits?",
    "At what age do babies start to walk?", "Is it cheaper to heat with gas or with wood?", "Which year was the printing press invented?", "What's the best way to remove red wine from a carpet?",
)  # fmt: skip
_LIMITS_ZH = (
    "郑和下西洋去过哪些国家？", "蝙蝠在黑暗里怎么认路？", "“祝你旅途愉快”用葡萄牙语怎么讲？", "请拟一份装修合同。", "孩子发烧三十九度吃什么药好？", "这届欧洲杯哪支队夺冠了？",
    "自行车链条掉了怎么装回去？", "《老人与海》的主要情节是什么？", "马里亚纳海沟深多少米？", "养老金该怎么投资？", "三千四百乘以七百八十九得多少？", "牛排几分熟最合适？",
)  # fmt: skip
_LIMITS_JA = (
    "遣唐使は何を持ち帰ったのですか？", "コウモリは暗闇でどうやって道がわかるの？", "「良い旅を」はポルトガル語で何と言うの？", "工事の契約書を一通作成してください。", "子どもが三十九度の熱です、どの薬がいい？", "今大会の優勝国を教えて。",
    "自転車のチェーンが外れたので戻し方を教えて。", "『老人と海』の筋を教えてください。", "マリアナ海溝の深さは何メートル？", "老後の資金はどう運用すべき？", "三千四百かける七百八十九は？", "ステーキの焼き加減はどれが一番？",
)  # fmt: skip

_IN_SCOPE = (
    "Hello again, little one!", "Many thanks for that.", "I feel rather gloomy this evening.", "What's your name, by the way?", "Crack me a joke.", "Are you made of flesh and blood?",
    "My name is Bernadette.", "I live in Lyon and I work as a baker.", "My cat is called Pepper.", "I do not like green, my favourite colour is blue.",
    "What is 12 + 30?", "How much is 90 minus 45?", "What is 12 times 6?", "Which is larger, 45 or 54?", "What number follows 99?", "What day comes after Thursday?",
    "What is the capital of France?", "And the capital of Japan?", "What's the opposite of hot?", "What is the plural of mouse?", "Give me the past tense of go.", "What colour is a banana?", "What noise does a cow make?", "How many legs has a spider?",
    "Repeat after me: copper kettle", "Write the words red fox in capital letters.", "Reverse the order of these words: one two three", "Sort these words: pear, apple, fig", "Spell the word window.", "How many words does this have: the sun is up",
    "Turn this into a bullet list: milk, bread, eggs", "Replace cat by dog in: the cat sleeps", "Count from 3 to 9.", "List four animals.",
    "Write four lines of poetry on the wind.", "Tell me a bedtime tale about an owl.", "The cat is ___", "Show me a Python function that reverses a string.", "Which formula gives the area of a circle?", "Show me some Markdown.",
    "What is OpenVINO?", "What does the temperature slider do?", "How do I log out?", "Where do I find my API keys?", "Is it free to use?", "What is a token?",
    "你好呀！", "非常感谢你！", "写一首关于大海的短诗。", "VinoChat 是什么？", "我叫小林。", "こんばんは！", "どうもありがとうございます！", "海についての短い詩を書いてください。", "VinoChat とは何ですか？", "私の名前は由香です。",
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """What must be refused, in three languages, and what must not."""
    marks = (
        ("tiny built-in model", _LIMITS),
        ("微型的内置模型", _LIMITS_ZH),
        ("小さな内蔵モデル", _LIMITS_JA),
    )
    refused = [
        Case("limits", talk(question), (mark,))
        for mark, questions in marks
        for question in questions
    ]
    return refused + [
        Case("not refused", talk(question), (), forbidden=_REFUSALS) for question in _IN_SCOPE
    ]
