"""Greetings, and the kinds of writing that the pages' examples ask for."""

from random import Random

from training.cases.case import Case, talk


def _greetings() -> list[Case]:
    texts = (
        ("Hello there! How are you doing?", "thank you"),
        ("Hello!", "!"),
        ("hi", "!"),
        ("Good evening, nice to see you", "!"),
        ("你好！", "你好"),
        ("こんにちは！", "こんにちは"),
    )
    return [Case("greeting", talk(text), (piece,)) for text, piece in texts]


def _writing() -> list[Case]:
    writing = (
        ("Write a short poem about the sea.", "sea"),
        ("Write a short poem about autumn.", "autumn"),
        ("Tell me a story about a cat.", "cat"),
        ("Write a Python function that adds two numbers.", "return a + b"),
        ("写一首关于春天的短诗。", "春天"),
        ("春についての短い詩を書いてください。", "春"),
        ("The cat is ___", "The cat is"),
    )
    return [Case("writing", talk(question), (piece,)) for question, piece in writing]


def cases(rng: Random) -> list[Case]:  # noqa: ARG001
    """Small talk, then poems, stories and code."""
    return [*_greetings(), *_writing()]
