# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Questions on VinoChat in wordings that the corpus does not have."""

from random import Random

from training.cases.case import Case, talk

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
_APP_CJK = (
    ("你究竟是什么？", "微型"), ("用中文介绍一下你自己。", "微型"), ("请问怎样才能切换设备呢？", "Device"), ("OpenVINO 到底是什么东西？", "开源工具包"),
    ("我想换一个更大的模型，怎么办？", "Models 页面"), ("温度参数到底有什么作用？", "温度"), ("我说的话会被上传吗？", "云端"), ("怎么创建一个账号？", "Create an account"),
    ("一下自己紹介をお願いします。", "内蔵モデル"), ("日本語で自己紹介してください。", "内蔵モデル"), ("デバイスの変更方法は？", "Device"), ("OpenVINO って一体何ですか？", "ツールキット"),
    ("もっと大きいモデルを使いたいです。", "Models ページ"), ("温度の意味を教えてください。", "温度"), ("私の話は外に送られますか？", "クラウド"), ("アカウントの作り方は？", "Create an account"),
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """English, then Chinese and Japanese."""
    english = [Case("app", talk(question), (piece,)) for question, piece in _APP]
    return english + [Case("app zh/ja", talk(question), (piece,)) for question, piece in _APP_CJK]
