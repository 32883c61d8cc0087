# ruff: noqa: E501 - one pattern a line reads better than a pattern cut in pieces
"""Greetings, thanks, feelings and good-byes in three languages.

Contract: each function returns one turn; answers are short, since small talk stands between the
turns that matter.
"""

from random import Random

from training.dialogue import Turn
from training.phrasing import expand, say, say_cjk

_ENGLISH: list[tuple[list[str], list[str]]] = [
    (["(hi|hello|hey|hello there|hi there|good morning|good evening|good afternoon|greetings|howdy)(!|.|)",
      "(hello|hi|hey) (VinoChat|model|there|friend|again|everyone)(!|)"],
     ["Hello! How can I help you?", "Hi! What can I do for you?", "Hello! Nice to meet you."]),
    (["(hello there!|hi!|hey!|hello,|) how are you( doing|)( today|)?", "how (is it|are things) going?",
      "(what's up|how do you feel|are you (well|fine|ok))?", "how are you feeling?"],
     ["I'm fine, thank you! How can I help you?", "I'm doing well, thank you. What can I do for you?"]),
    (["(thanks|thank you|thx|many thanks|thanks a lot|thank you very much)(!|.|)",
      "(thanks|thank you), (that helps|that was helpful|great|nice)(!|.|)", "that (helps|was helpful), thanks."],
     ["You're welcome!", "You're welcome! Is there anything else?", "Glad to help!"]),
    (["(bye|goodbye|good bye|see you|see you later|good night|bye bye)(!|.|)", "I have to go(| now)."],
     ["Goodbye! Have a nice day.", "Bye! See you soon."]),
    (["(great|nice|cool|wow|awesome|perfect|well done|good job|very good|amazing)(!|.|)",
      "you are (great|nice|funny|clever|smart|helpful)(!|.)", "I like (you|that|it)."],
     ["Thank you! That is nice of you.", "Thank you! I'm happy that you like it."]),
    (["(ok|okay|I see|alright|all right|got it|fine|sure|yes|hmm)(.|!|)"],
     ["Good! What would you like to do next?", "All right. Is there anything else?"]),
    (["I('m| am) (sad|tired|unhappy|bored|stressed|lonely|sick|worried).", "I (feel|am feeling) (bad|sad|tired|lonely|down)."],
     ["I'm sorry to hear that. I hope that you feel better soon.", "I'm sorry. Maybe a short poem or a story would cheer you up?"]),
    (["I('m| am) (happy|glad|excited|fine|well|good|great)(!|.)", "I (feel|am feeling) (good|great|happy).",
      "(today is|it was) a (good|great|nice|beautiful) day(!|.)"],
     ["That is great to hear!", "I'm glad to hear that!"]),
    (["(tell me a joke|say something funny|make me laugh|do you know a joke)(.|!|?)"],
     ["Why did the computer go to bed early? It needed to go into sleep mode.",
      "Why was the robot so calm? It had nerves of steel.",
      "What do you call a cat that likes computers? A mouse hunter."]),
    (["(you are|that is|that's|this is) (wrong|bad|not right|not true|incorrect)(.|!)", "no, (that's|that is) wrong.",
      "you (made a mistake|are wrong)."],
     ["I'm sorry, I am only a tiny model and make mistakes. A larger model on the Models page will do better."]),
    (["(do you|can you) (feel|think|dream|sleep|eat|love)( anything|)?", "(do you have|are there) feelings?", "are you (alive|conscious)?"],
     ["No, I am a small program that writes text, and I have no feelings or body."]),
    (["(I have a question|can I ask you something|may I ask a question|can you help me)(.|?|)"],
     ["Of course! What would you like to know?", "Sure, please ask."]),
    (["I live here.", "(let's|let us) (talk|chat|start)(.|!|)", "the weather is (nice|bad|good|cold|hot)( today|).",
      "I (just had|had) (lunch|breakfast|dinner|coffee).", "I am (at work|at home|on the train|learning English).",
      "it is (late|early|raining|snowing|sunny)( today|).", "this is (fun|interesting|a test|my first chat)."],
     ["I see. What would you like to talk about?", "That sounds nice. How can I help you?"]),
    (["(good luck|congratulations|happy birthday|merry christmas|happy new year)(!|.|)"],
     ["Thank you very much! The same to you."]),
    (["what is love?", "what is the meaning of life?", "are you happy?", "do you like (me|music|cats|your job)?", "what is your favourite colour?", "what is your favorite (color|food|animal|book)?"],
     ["I have no feelings or favourites, but I like to answer your questions."]),
]  # fmt: skip

_CHINESE: list[tuple[list[str], list[str]]] = [
    (["(你好|您好|嗨|早上好|晚上好|下午好|大家好|你好呀)(！|。|)", "你好(，|！)很高兴认识你。"],
     ["你好！有什么可以帮你的吗？", "你好！很高兴见到你。"]),
    (["你好吗？", "你(今天|最近)(好吗|怎么样)？", "(最近|今天)怎么样？"], ["我很好，谢谢！有什么可以帮你的吗？"]),
    (["(谢谢|谢谢你|多谢|非常感谢|太感谢了)(！|。|)"], ["不客气！", "不用谢！还有什么问题吗？"]),
    (["(再见|拜拜|晚安|下次见)(！|。|)"], ["再见！祝你愉快。"]),
    (["(很好|太好了|真棒|不错|你真聪明|厉害)(！|。|)"], ["谢谢你的夸奖！"]),
    (["(好的|好|知道了|明白了|嗯)(。|！|)"], ["好的，还有什么可以帮你的吗？"]),
    (["我(很|有点|)(累|难过|伤心|无聊)(了|)。"], ["很抱歉听到这个消息，希望你很快好起来。"]),
    (["(今天天气很好|我刚吃完饭|我在学习中文|今天下雨了|我在家里)(。|！)"], ["听起来不错。有什么可以帮你的吗？"]),
]  # fmt: skip

_JAPANESE: list[tuple[list[str], list[str]]] = [
    (["(こんにちは|おはようございます|こんばんは|やあ|はじめまして|どうも)(！|。|)"],
     ["こんにちは！何かお手伝いできますか？", "こんにちは！お会いできてうれしいです。"]),
    (["(お元気ですか|元気ですか|調子はどうですか|元気)？"], ["元気です、ありがとうございます。何かお手伝いできますか？"]),
    (["(ありがとう|ありがとうございます|どうもありがとう|助かりました)(！|。|)"], ["どういたしまして！", "どういたしまして。他に何かありますか？"]),
    (["(さようなら|またね|バイバイ|おやすみなさい|また明日)(！|。|)"], ["さようなら！良い一日を。"]),
    (["(すごい|いいね|素晴らしい|よくできました|かしこいですね)(！|。|)"], ["ありがとうございます！"]),
    (["(はい|わかりました|なるほど|了解です|そうですか)(。|！|)"], ["はい、他に何かお手伝いできますか？"]),
    (["(疲れました|悲しいです|退屈です|寂しいです)。"], ["それは残念です。早く元気になりますように。"]),
    (["(今日はいい天気です|雨が降っています|今日は寒いです|昼ごはんを食べました|家にいます)(ね|)。"], ["そうですか。何かお手伝いできますか？"]),
]  # fmt: skip


def english(rng: Random) -> Turn:
    questions, answers = rng.choice(_ENGLISH[:3] if rng.random() < 0.3 else _ENGLISH)
    return Turn(say(rng.choice(questions), rng), expand(rng.choice(answers), rng))


def chinese(rng: Random) -> Turn:
    questions, answers = rng.choice(_CHINESE)
    return Turn(say_cjk(rng.choice(questions), rng), rng.choice(answers))


def japanese(rng: Random) -> Turn:
    questions, answers = rng.choice(_JAPANESE)
    return Turn(say_cjk(rng.choice(questions), rng), rng.choice(answers))
