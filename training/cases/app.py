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
    ("We're eleven in the office: one model for all of us in the same minute, feasible?", "Many users can share"),
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
    ("I left myself signed in on a borrowed tablet; cut that off.", "end one login"),
    ("How does an admin accept pending users?", "presses Approve"),
    ("Where are API keys generated?", "Make an API key"),
    # server
    ("Do you offer an HTTP interface that's compatible with OpenAI's?", "/v1"),
    ("What's the command for launching the server?", "make run"),
    ("My flatmate wants to reach it from her own laptop. What do I start it with?", "with --host 0.0.0.0"),
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
    ("能告诉我你的身份吗？", "微型模型"), ("你的出品方是谁？", "从零训练"), ("列一下你能完成的任务。", "回答关于 VinoChat 的问题"), ("用最短的话说明 VinoChat 拿来做什么。", "自己部署"),
    ("OpenVINO 主要用在什么地方？", "开源工具包"), ("运行设备在哪儿更改？", "Device"), ("自动模式 AUTO 的含义？", "最合适的设备"), ("temperature 值取大一些，效果如何？", "温度决定"),
    ("top-p 参数帮我说明一下。", "Top-p 只保留"), ("k 取得很小时 top-k 有何效果？", "k 个词中选择"), ("回答里老出现同样的字句，该调哪一项？", "重复惩罚"), ("输出被截断，如何解决？", "Max New Tokens"),
    ("哪儿能换成千问那样的大模型？", "选择一个更大的模型，然后"), ("INT8 相对 INT4 有何优劣？", "先用 INT8"), ("聊天数据存到云端了吗？", "不会发送到云端"), ("不连接互联网可否使用？", "不用联网"),
    ("Stop 键的功能是什么？", "Stop 按钮"), ("哪个按钮可以开启全新对话？", "New chat"), ("之前的聊天去哪儿查？", "Conversation 列表"), ("新用户如何取得账号？", "Create an account"),
    ("密码遗忘后如何处理？", "管理员重置"), ("管理员拥有哪些权限？", "Admin 页面"), ("生成速度怎样才能提升？", "更小的模型"), ("有没有 OpenAI 风格的接口？", "/v1"),
    ("词元的概念是？", "一小段文字"), ("使用 VinoChat 是否收费？", "免费"), ("模型的幻觉指的是啥现象？", "幻觉"), ("指令页面与聊天页面的差异？", "一次只处理一条指令"),
)  # fmt: skip
_JA = (
    ("あなたの正体を教えていただけますか？", "VinoChat に付属する小さな内蔵モデル"), ("開発元はどこなのでしょう？", "一から訓練"), ("対応できる作業を挙げてください。", "聞いたことを覚えたり"), ("VinoChat を一言でまとめると？", "自分で運用"),
    ("OpenVINO を入れると、具体的に何がうれしいのですか？", "ツールキット"), ("実行デバイスの変更はどの画面から？", "Device リスト"), ("AUTO という選択肢の意味は？", "一番よいデバイス"), ("temperature の値を大きめにした場合の効果は？", "どれだけ自由に選ぶか"),
    ("top-p パラメータの解説をお願いできますか？", "確率の合計"), ("k がとても小さいと top-k はどう働きますか？", "k 個の言葉"), ("似た表現の繰り返しを抑える設定項目は？", "繰り返しペナルティ"), ("出力が打ち切られるときの対処法は？", "Max New Tokens"),
    ("Qwen のような大型モデルに替える手順は？", "大きなモデルを選んで Load"), ("INT8 と INT4 の長所と短所は？", "まずは INT8"), ("チャットの中身はクラウドに保存されますか？", "クラウドには送られません"), ("ネット環境がない場所での利用は可能？", "インターネットは要りません"),
    ("Stop を押した場合の動作は？", "Stop ボタン"), ("まったく新しい会話を開くボタンはどれ？", "New chat"), ("過去のチャットはどこから開きますか？", "Conversation リスト"), ("新規ユーザーがアカウントを得る手順は？", "Create an account"),
    ("パスワードを失念した場合は？", "管理者にリセット"), ("管理者の権限には何がありますか？", "Admin ページ"), ("生成速度を改善する手段は？", "小さいモデル"), ("OpenAI 互換のインターフェースはありますか？", "/v1"),
    ("トークンの概念を説明してもらえますか？", "小さな単位"), ("VinoChat の使用料は？", "無料"), ("ハルシネーションとはどんな現象？", "幻覚"), ("指示ページとチャットページの相違点は？", "一つの指示だけ"),
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """English, then Chinese and Japanese."""
    english = [Case("app", talk(question), (piece,)) for question, piece in _APP]
    return english + [Case("app zh/ja", talk(question), (piece,)) for question, piece in _ZH + _JA]
