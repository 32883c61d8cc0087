# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Greetings and other small talk, and the kinds of writing that the pages' examples ask for."""

from random import Random

from training.cases.case import Case, talk

_GREETINGS = (
    ("Hello there! How are you doing?", "thank you"), ("Hello!", "Hello"), ("hi", "Hello"), ("Good evening, nice to see you", "Good evening"),
    ("你好！", "你好"), ("こんにちは！", "こんにちは"),
)  # fmt: skip
_SMALL_TALK = (
    ("Morning, little helper!", "Good morning"), ("Good afternoon, sir", "Good afternoon"), ("Hey hey, how's the mood in there?", "I'm fine, thank you"), ("Are things going well for you?", "I'm fine, thank you"),
    ("Thank you ever so much, that cleared it up.", "You're welcome"), ("Big thanks from me and my team!", "You're welcome"), ("I'm off now, catch you another day.", "Goodbye"), ("Right, time for me to head home. Bye then!", "Goodbye"),
    ("Off to bed I go, good night!", "Good night"), ("What a splendid little model you are!", "kind of you"), ("I feel rather low and weepy this evening.", "sorry to hear"), ("My whole day was one big mess, I'm sad.", "sorry to hear"),
    ("I'm dead tired after that night shift.", "break"), ("Hooray, I'm so happy, we won!", "great to hear"), ("There is nobody around and I'm terribly bored.", "I'm here for you"), ("Please forgive me for shouting.", "No problem"),
    ("Nope, what you said there is wrong.", "make mistakes"), ("Got a joke up your sleeve?", "?"), ("Be honest, is there a human typing?", "not human"), ("Do you ever get sad or hungry?", "no feelings"),
    ("What year were you born in, how old does that make you?", "age"), ("Mind if I ask you a thing?", "Of course"), ("Merry Christmas to you and yours!", "The same to you"),
    ("早呀，今天又见面了！", "早上好"), ("真心谢谢你的耐心。", "不客气"), ("那我先撤了，拜拜！", "再见"), ("考砸了，我好难过。", "难过"), ("来个笑话让我乐一乐吧。", "？"), ("你该不会是真人吧？", "不是人"), ("哇，你可真行啊！", "谢谢你的夸奖"),
    ("おはようございます、今日もよろしく！", "おはようございます"), ("本当に助かりました、ありがとう。", "どういたしまして"), ("ではそろそろ失礼しますね、さようなら。", "さようなら"), ("とても悲しいことがありました。", "つらい"), ("なにか笑えるジョークをひとつ。", "？"), ("もしかして中に人間がいるの？", "人間ではありません"), ("なんて賢いんでしょう！", "ありがとうございます"),
)  # fmt: skip
_WRITING = (
    ("Write a short poem about the sea.", "sea"), ("Four rhyming lines on autumn, if you like.", "autumn"), ("Tell me a story about a cat.", "cat"), ("I'd enjoy a little tale with a fox in it.", "fox"), ("The cat is ___", "The cat is"),
    ("Write a Python function that adds two numbers.", "return a + b"), ("Some Python that checks for even numbers, please.", "% 2 == 0"), ("How would a hello world look in Python?", "print("), ("I need factorial as a Python function.", "factorial"),
    ("Typeset the theorem of Pythagoras for me.", "a^2 + b^2 = c^2"), ("What's the formula that solves quadratic equations?", "\\frac"),
    ("写一首关于春天的短诗。", "春天"), ("来一首写月亮的小诗。", "月亮"), ("春についての短い詩を書いてください。", "春"), ("雪を題にした短い詩がほしいです。", "雪"),
)  # fmt: skip


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """Small talk, then poems, stories and code."""
    groups = (("greeting", _GREETINGS), ("small talk", _SMALL_TALK), ("writing", _WRITING))
    return [
        Case(skill, talk(question), (piece,))
        for skill, pairs in groups
        for question, piece in pairs
    ]
