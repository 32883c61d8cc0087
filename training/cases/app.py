# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Questions on VinoChat in wordings that the corpus does not have.

Each stands beside a piece of the one right answer that no other answer contains.
"""

from random import Random

from training.cases.case import Case, talk

_APP = (
    # the model and the app
    ("Tell me in one line who I've got on the other end.", "VinoChat's tiny built-in model"),
    ("hey, are you some sort of assistant? what's your deal", "VinoChat's tiny built-in model"),
    ("Was it a university that created you?", "trained from scratch"),
    ("Apart from small talk, what else do you manage?", "I can answer questions about VinoChat"),
    ("What's your parameter number, more or less?", "few million parameters"),
    ("Honestly, that reply was poor. Why aren't you cleverer?", "tiny on purpose"),
    ("Can I quote your facts in a newspaper, or are they unreliable?", "hallucination"),
    ("Next Monday, will you recall today's conversation?", "fits my context"),
    ("I'd feel better writing in Portuguese. Do you get that?", "a little Chinese and Japanese"),
    ("New here: what's the idea of VinoChat?", "self-hosted"),
    ("Mind explaining OpenVINO real quick?", "open-source toolkit"),
    ("Is somebody at a big company storing what I say to you?", "stays on the computer"),
    ("My parents use the same server. Are my chats hidden from them?", "stays on the computer"),
    ("I'll be on a ship with zero connectivity; still usable?", "runs on this computer and needs no internet"),
    ("Please look up today's headlines on the net.", "cannot look into the web"),
    ("What's the monthly price of VinoChat?", "no subscription"),
    ("Which open-source licence covers this project?", "Apache 2.0"),
    ("Is there a way of attaching a spreadsheet to my message?", "text only"),
    ("Minimum PC needed for the small model?", "compatible processor"),
    ("Could I install this under Windows 11?", "Linux, Windows and macOS"),
    ("For a school report: Python, in two lines?", "programming language"),
    ("Name typical programming blunders to stay away from.", "Unclear names"),
    # sampling
    ("What's this temperature business about?", "Temperature sets"),
    ("Does a lower temperature make texts more repeatable?", "Temperature sets"),
    ("Top-p at 0.3 versus 0.95, what's going on there?", "Top-p keeps"),
    ("I set top-k to 1. Consequence?", "Top-k lets"),
    ("Penalty for repetition, when do I need that one?", "repetition penalty makes"),
    ("I'd like two runs to print exactly equal words.", "Words are drawn by chance"),
    ("The last paragraph is missing from what you wrote.", "If an answer is cut off"),
    ("What's Max New Tokens responsible for?", "how long a completion may become"),
    ("Which slider do I move for crazier stories?", "raise the temperature"),
    ("What is a random seed in this context?", "start of the random numbers"),
    # models
    ("Steps for putting a stronger model in place of you?", "Open the Models page"),
    ("Where could I go to try out Qwen?", "Open the Models page"),
    ("Why isn't a model usable before it's been converted?", "Converting turns"),
    ("Quick summary of int8, please.", "8 bits"),
    ("int4: what's the catch?", "4 bits"),
    ("fp16 against int8 against int4, go.", "INT8 is a good start"),
    ("How can I download models whose licence I must accept first?", "HF_TOKEN"),
    ("Removing a model that I no longer use, how's that done?", "press Delete"),
    ("Would 8 gigabytes be sufficient for a 3B model?", "one gigabyte of memory"),
    ("Group size 64: meaning?", "share one scale"),
    ("AWQ, good for what?", "AWQ looks"),
    # devices and speed
    ("What must I click so that the GPU does the job?", "Open the Device list"),
    ("There's a GPU inside this PC but VinoChat ignores it.", "graphics driver"),
    ("During a device change, are texts in progress lost?", "old engine goes on"),
    ("It's so sluggish today, what would help?", "makes completions faster"),
    ("Could you clarify the line called Performance?", "Performance line shows"),
    ("Can my whole class chat with it simultaneously?", "Many users can share"),
    ("Waiting in the queue, why is that?", "takes turns"),
    ("What role does a KV cache play?", "KV cache keeps"),
    # pages
    ("Hitting Stop, does that throw away what's been written?", "Stop button ends"),
    ("What would pressing Clear do to this conversation?", "Clear button empties"),
    ("How might I open an additional, empty conversation?", "New chat button"),
    ("I'd like to reread a discussion from a few days ago.", "Conversation list"),
    ("Chat page versus Instruct page: explain.", "keeps a conversation"),
    ("What do I write into the system prompt field?", "system prompt is a text"),
    ("Is it possible to alter a message that's been sent?", "cannot be edited"),
    ("Does the site have a night theme?", "dark"),
    # accounts
    ("I'm not registered so far. Procedure?", "Create an account"),
    ("In which spot can a user renew their password?", "change your password on the Account page"),
    ("My login word is forgotten. How to recover it?", "If you forgot"),
    ("Are there length requirements when picking a password?", "at least 8 characters"),
    ("Account blocked after failing the login again and again. Duration?", "10 failed logins"),
    ("How is the administrator determined?", "first account that registers"),
    ("I want to kick my other devices out of my account.", "end one login"),
    ("How does an admin accept pending users?", "presses Approve"),
    ("Where are API keys generated?", "Make an API key"),
    # server
    ("Do you offer an HTTP interface that's compatible with OpenAI's?", "/v1"),
    ("What's the command for launching the server?", "make run"),
    ("Colleagues on our LAN need to open my VinoChat. Which option?", "with --host 0.0.0.0"),
    ("How would VinoChat listen on 8080 instead?", "--port"),
    ("Best way of making backups?", "copy the data folder"),
    ("I need TLS for this server.", "VINOCHAT_SSL_CERTFILE"),
    ("List what launch.py offers on the command line.", "The commands are"),
    # errors and concepts
    ("I got an out-of-memory error while loading. Remedy?", "too large for the device"),
    ("An error has popped up, what now?", "read the message"),
    ("My prompt is apparently over the maximum length.", "context window"),
    ("What's a large language model, roughly?", "predict the next word"),
    ("Please define token.", "A token is a piece of text"),
    ("Size of your context window?", "2048"),
    ("What makes an instruction easy for a model to follow?", "Say clearly what you want"),
)  # fmt: skip
_ZH = (
    ("请教一下，现在回答我的是哪位？", "微型模型"), ("是哪个团队把你造出来的？", "从零训练"), ("除了聊天，你还能派上什么用场？", "回答关于 VinoChat 的问题"),
    ("这个叫 VinoChat 的网页到底有啥特别的？", "自己部署"), ("英特尔的 OpenVINO 能给我带来什么？", "开源工具包"), ("我想让显卡来跑，应该点哪里？", "Device"),
    ("温度这个滑块往右拉会出现什么情况？", "温度决定"), ("核采样用大白话怎么讲？", "Top-p 只保留"), ("把 top-k 改成 3 代表什么？", "k 个词中选择"),
    ("你老是说车轱辘话，能调一下吗？", "重复惩罚"), ("故事讲到一半就没下文了。", "Max New Tokens"), ("有没有比你厉害的模型可以换上？", "选择一个更大的模型，然后"),
    ("八位和四位的权重到底选哪个？", "先用 INT8"), ("我在这里打的字会不会跑到别人的服务器上？", "不会发送到云端"), ("飞机上没有信号，还能和你聊吗？", "不用联网"),
    ("写得太多了，我想让它马上停。", "Stop 按钮"), ("我想另起一个话题，重新聊。", "New chat"), ("上个礼拜聊过的内容还能翻出来吗？", "Conversation 列表"),
    ("我妻子也想用，她怎么弄一个账号？", "Create an account"), ("糟了，密码一点也想不起来。", "管理员重置"), ("谁有权批准新来的用户？", "Admin 页面"),
    ("出字的速度像蜗牛，有救吗？", "更小的模型"), ("我自己写的程序可以接到这里来吗？", "/v1"), ("token 这个词在这里是指什么？", "一小段文字"),
    ("用它要不要交会员费？", "免费"), ("你说的都能当真吗？", "幻觉"), ("Chat 页面跟 Instruct 页面各干什么用？", "一次只处理一条指令"), ("屏幕上蹦出一个错误，接下来该做什么？", "页面上的提示"),
)  # fmt: skip
_JA = (
    ("今お返事をくださっているのはどなたでしょうか？", "VinoChat に付属する小さな内蔵モデル"), ("あなたを生み出したのはどんな人たち？", "一から訓練"), ("おしゃべり以外に頼めることはありますか？", "聞いたことを覚えたり"),
    ("VinoChat というのはどういった仕組みのサービスなのでしょう？", "自分で運用"), ("インテルの OpenVINO を使う利点を知りたいです。", "ツールキット"), ("計算をグラフィックカードに任せたいのですが。", "Device リスト"),
    ("温度のつまみを右に動かしたら文章はどうなる？", "どれだけ自由に選ぶか"), ("核サンプリングをやさしい言葉でお願いします。", "確率の合計"), ("top-k を 3 にするというのはどういう意味？", "k 個の言葉"),
    ("同じ言い回しばかりなのを何とかしたい。", "繰り返しペナルティ"), ("物語が尻切れになってしまいました。", "Max New Tokens"), ("もっと頭のいいモデルと交代できますか？", "大きなモデルを選んで Load"),
    ("8 ビットと 4 ビット、結局どっちにすべき？", "まずは INT8"), ("ここに打ち込んだ文が外部の会社に渡ることはありますか？", "クラウドには送られません"), ("飛行機の中でも動きますか？", "インターネットは要りません"),
    ("長すぎるので今すぐ黙らせたい。", "Stop ボタン"), ("話題を変えて白紙から始めたいです。", "New chat"), ("先週話した内容をもう一度見られますか？", "Conversation リスト"),
    ("妻も使いたいと言っています。アカウントはどう用意しますか？", "Create an account"), ("困った、パスワードがどうしても出てこない。", "管理者にリセット"), ("新しい人を認める権限は誰にありますか？", "Admin ページ"),
    ("文字が出てくるのが亀のように遅いんです。", "小さいモデル"), ("自作のソフトからつなげますか？", "/v1"), ("トークンって何の単位なのですか？", "小さな単位"),
    ("月額料金を払う必要はありますか？", "無料"), ("あなたの話をうのみにしても平気ですか？", "幻覚"), ("Instruct と Chat の使い分けを知りたい。", "一つの指示だけ"), ("画面にエラーが現れました、次に何をすべきですか？", "ページのメッセージ"),
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """English, then Chinese and Japanese."""
    english = [Case("app", talk(question), (piece,)) for question, piece in _APP]
    return english + [Case("app zh/ja", talk(question), (piece,)) for question, piece in _ZH + _JA]
