# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Questions on VinoChat in wordings that the corpus does not have.

Each stands beside a piece of the one right answer that no other answer contains.
"""

from random import Random

from training.cases.case import Case, talk

_APP = (
    # the model and the app
    ("so tell me, what kind of creature is answering me", "VinoChat's tiny built-in model"),
    ("Before we begin, would you mind saying a few words on yourself?", "VinoChat's tiny built-in model"),
    ("Which people are behind you, and on what were you taught?", "trained from scratch"),
    ("I'd love to hear what sort of jobs I could hand over to you.", "I can answer questions about VinoChat"),
    ("Roughly how many million numbers make you up?", "few million parameters"),
    ("How come your knowledge is so limited compared to the big ones?", "tiny on purpose"),
    ("Could what you claim turn out to be untrue?", "hallucination"),
    ("If I come back tomorrow, will you still know what I told you?", "fits my context"),
    ("Would a message written in Korean make sense to you?", "a little Chinese and Japanese"),
    ("My sister sent me this link. What's VinoChat good for in general?", "self-hosted"),
    ("In which way does OpenVINO make an AI model quicker?", "open-source toolkit"),
    ("Does anything I enter ever leave the house?", "stays on the computer"),
    ("Will my manager be able to look over my shoulder and see the chats?", "stays on the computer"),
    ("We have no line to the outside in our lab; is that a showstopper?", "runs on this computer and needs no internet"),
    ("Could you check something on Wikipedia while we talk?", "cannot look into the web"),
    ("Will I get a bill at the end of the month?", "no subscription"),
    ("Am I permitted to build a product on top of VinoChat's source?", "Apache 2.0"),
    ("I have a screenshot, how would I hand it to you?", "text only"),
    ("Does my ten-year-old office machine have a chance of running you?", "compatible processor"),
    ("We only own Apple computers, is that fine?", "Linux, Windows and macOS"),
    ("Give me a very short intro to the Python language, would you?", "programming language"),
    ("What do people new to coding typically get wrong when they write code?", "Unclear names"),
    # sampling
    ("The slider called Temperature confuses me, what is it supposed to change?", "Temperature sets"),
    ("If I drag the temperature way up, what will the text be like?", "Temperature sets"),
    ("What is nucleus sampling in everyday language?", "Top-p keeps"),
    ("I moved top-k to 5, what did I just do?", "Top-k lets"),
    ("Is there a knob against you saying the same words over and over?", "repetition penalty makes"),
    ("Every time I ask, the wording is new. Can I get identical text?", "Words are drawn by chance"),
    ("The story broke off mid-sentence, how come?", "If an answer is cut off"),
    ("What's the upper bound for the size of a reply, and where do I set it?", "how long a completion may become"),
    ("Your poems are dull, I want something wilder.", "raise the temperature"),
    ("What would a seed number be good for?", "start of the random numbers"),
    # models
    ("You're cute, but I'd rather have a grown-up model. What are the steps?", "Open the Models page"),
    ("How would I go about exchanging you for something with more brains?", "Open the Models page"),
    ("What changes in a file when it goes from PyTorch to OpenVINO?", "Converting turns"),
    ("Eight-bit numbers for the weights: good idea or not?", "8 bits"),
    ("What do I lose when I go down to four bits?", "4 bits"),
    ("I can't decide among the three precisions, which one do you suggest?", "INT8 is a good start"),
    ("Meta's model demands a token from me, what's that about?", "HF_TOKEN"),
    ("An old model eats up my SSD and I don't want it any more.", "press Delete"),
    ("Could a model with seven billion parameters live in 16 gigs?", "one gigabyte of memory"),
    ("What does the group size stand for in int4 compression?", "share one scale"),
    ("Why would one bother with activation-aware quantization?", "AWQ looks"),
    # devices and speed
    ("I'd like the work to be done by my graphics chip instead of the processor.", "Open the Device list"),
    ("My Arc card doesn't turn up among the devices.", "graphics driver"),
    ("Does it hurt the others if I flip to another device right now?", "old engine goes on"),
    ("Letters drip in like honey, can I hurry it up?", "makes completions faster"),
    ("What do those figures in small print beneath a reply tell me?", "Performance line shows"),
    ("A dozen of us want in at once, does it cope?", "Many users can share"),
    ("Why does the page say I'm number four in line?", "takes turns"),
    ("What's stored in the KV cache while a text grows?", "KV cache keeps"),
    # pages
    ("Ugh, it won't shut up. Which button helps?", "Stop button ends"),
    ("If I hit Clear, what's gone afterwards?", "Clear button empties"),
    ("I'd like a blank sheet but keep what we've said so far.", "New chat button"),
    ("Where did last week's talk with you go, can I open it again?", "Conversation list"),
    ("How is Chat unlike Instruct?", "keeps a conversation"),
    ("Can I give you a fixed role that holds for the whole talk?", "system prompt is a text"),
    ("I spotted a typo after pressing Enter, can I fix the message?", "cannot be edited"),
    ("White background hurts my eyes at night.", "dark"),
    # accounts
    ("My brother wants to log in too but has no user name yet.", "Create an account"),
    ("I'd like to swap my old password for a safer one.", "change your password on the Account page"),
    ("Ouch, my password has slipped my mind completely.", "If you forgot"),
    ("It rejects every password I come up with, what does it expect?", "at least 8 characters"),
    ("After many wrong tries the door is shut. For how long?", "10 failed logins"),
    ("Who is the boss in a fresh installation?", "first account that registers"),
    ("I left myself logged in at the library, can I end that from here?", "end one login"),
    ("A newcomer waits for a green light, where do I give it?", "presses Approve"),
    ("My script wants a secret for the interface, where does it get one?", "Make an API key"),
    # server
    ("Can I talk to you from Java code over HTTP?", "/v1"),
    ("What would I type to get the whole thing going on my box?", "make run"),
    ("My wife's laptop in the next room should reach it too.", "with --host 0.0.0.0"),
    ("Another program already sits on 7860.", "--port"),
    ("Which folder should I copy so that no conversation can ever be lost?", "copy the data folder"),
    ("Is there a way to have encrypted connections?", "VINOCHAT_SSL_CERTFILE"),
    ("Which words can I type in a console instead of clicking around?", "The commands are"),
    # errors and concepts
    ("Loading died because the RAM was used up.", "too large for the device"),
    ("Somewhere it went red and told me something failed, what do I do?", "read the message"),
    ("It claims my text exceeds what the model can take.", "context window"),
    ("How would you describe an LLM to my grandpa?", "predict the next word"),
    ("And a token is exactly what?", "A token is a piece of text"),
    ("How far back can you look in our talk, counted in tokens?", "2048"),
    ("Got a few hints on how to word what I ask of a model?", "Say clearly what you want"),
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
