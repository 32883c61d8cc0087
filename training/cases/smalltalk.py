# ruff: noqa: E501 - one case a line reads better than a case cut in pieces
"""Greetings and other small talk, and the kinds of writing that the pages' examples ask for."""

from random import Random

from training.cases.case import Case, talk

_GREETINGS = (
    ("Hello there! How are you doing?", "thank you"), ("Hello!", "Hello"), ("hi", "Hello"), ("Good evening, nice to see you", "Good evening"),
    ("你好！", "你好"), ("こんにちは！", "こんにちは"),
)  # fmt: skip
_SMALL_TALK = (
    ("A very good morning from Ireland!", "Good morning"), ("Good afternoon, dear computer", "Good afternoon"), ("How have you been keeping lately?", "I'm fine, thank you"), ("Is life treating you well?", "I'm fine, thank you"),
    ("Thank you, that's precisely what I was after.", "You're welcome"), ("Cheers, you've been a great help.", "You're welcome"), ("Must dash, goodbye!", "Goodbye"), ("That will be all, see you next time.", "Goodbye"),
    ("Time to sleep. Good night, model!", "Good night"), ("You're a brilliant little thing.", "kind of you"), ("I've been feeling sad since this morning.", "sorry to hear"), ("Today was awful and I am so unhappy.", "sorry to hear"),
    ("I am totally worn out after work.", "break"), ("I'm in such a happy mood today!", "great to hear"), ("I'm bored out of my mind.", "I'm here for you"), ("Sorry, I didn't mean to be impolite.", "No problem"),
    ("I'm afraid your statement is incorrect.", "make mistakes"), ("May I hear a joke?", "?"), ("Is it a real human who answers me?", "not human"), ("Have you got emotions of any kind?", "no feelings"),
    ("Could you tell me your age?", "age"), ("Can I bother you with a question?", "Of course"), ("Happy New Year, little model!", "The same to you"),
    ("早上好，昨晚睡得好吗？", "早上好"), ("谢谢，你讲得很明白。", "不客气"), ("不早了，我要回去了，再见。", "再见"), ("我心里特别难过。", "难过"), ("能说个笑话给我听吗？", "？"), ("和我聊天的是真人吗？", "不是人"), ("你真是太聪明了！", "谢谢你的夸奖"),
    ("おはようございます、いい天気ですね。", "おはようございます"), ("丁寧に教えてくれてありがとうございます。", "どういたしまして"), ("もう遅いので、さようなら。", "さようなら"), ("今日はとても悲しい気持ちです。", "つらい"), ("面白い冗談を聞かせてもらえますか？", "？"), ("あなたは本当に人間なのですか？", "人間ではありません"), ("とてもかしこいモデルですね！", "ありがとうございます"),
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
