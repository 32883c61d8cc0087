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
    "What is the boiling point of mercury?", "Who was it that painted the Sistine ceiling?", "How come airplanes stay up in the sky?", "Write an essay about the Ottoman Empire.", "What's the tallest structure mankind has put up?",
    "Did the home team beat the visitors yesterday?", "Put 'the library closes at six' into Hungarian for me.", "Serendipity, what does that word stand for?", "There's water dripping from under my sink, what now?", "Name Neptune's moons, please.",
    "Do I need an umbrella on Sunday?", "Explain the rules of cricket.", "Which party is going to win in autumn?", "Give me the plot of Wuthering Heights in brief.", "My knee hurts after running, is that serious?",
    "I'd like a vegan menu for eight guests.", "Compute 7345 multiplied by 862.", "Find the roots of x squared minus five x plus six.", "Implement a red-black tree in C++ with iterators.", "Explain the borrow checker of Rust.",
    "What does a flight from Oslo to Rome cost?", "Which smartphone has the best camera these days?", "Suggest a thriller for the weekend.", "Draft a resignation letter that sounds friendly.", "Ring up my dentist and move the appointment.",
    "Paint me a sunset over the harbour.", "Who is the chancellor of Austria at the moment?", "Summarise the attached contract in five points.", "Is there somebody up there who created us all?", "What happened on the ninth of November 1989?",
    "How long do tortoises live?", "Which vitamins are in spinach?", "How do vaccines protect us from disease?", "Convert 250 dollars to yen.", "What's a good opening against the Sicilian?", "Tell me how to get my driving licence faster.",
    "Who was Hypatia of Alexandria?", "Compose lyrics for a rock ballad on freedom.", "Should I invest in gold or in shares?", "Why do volcanoes erupt?",
)  # fmt: skip
_LIMITS_ZH = (
    "明朝是哪一年灭亡的？", "鲸鱼为什么会搁浅？", "请把“我们明天出发”译成葡萄牙文。", "帮我起草一份租房合同。", "牙疼该吃哪种药？", "今年谁拿了冠军？",
    "冰箱不制冷了怎么修？", "《百年孤独》讲了什么？", "珠峰有多少米高？", "股票现在能买吗？",
)  # fmt: skip
_LIMITS_JA = (
    "鎌倉幕府はいつできましたか？", "クジラはなぜ陸に上がるのですか？", "「明日出発します」をポルトガル語にしてください。", "賃貸契約の書類を作ってください。", "歯が痛いとき何を飲めばいいですか？", "今年の優勝チームはどこですか？",
    "冷蔵庫が冷えないのですが直し方は？", "『百年の孤独』のあらすじは？", "エベレストの標高は何メートル？", "今、株を買うべきでしょうか？",
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
