"""The languages of the Chat page: their names and example messages. Prompts are `app.chat`'s."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    name: str
    examples: tuple[str, ...]


LANGUAGES = {
    "en": Language(
        "English",
        (
            "Hello there! How are you doing?",
            "What is OpenVINO?",
            "Who are you?",
            "Can you explain to me briefly what Python is?",
            "My name is Ada. Please remember it.",
            "Write a short poem about autumn.",
            "What are some common mistakes to avoid when writing code?",
        ),
    ),
    "zh": Language(
        "中文",
        (
            "你好！",
            "你是谁？",
            "什么是 OpenVINO？",
            "请介绍一下 VinoChat。",
            "我叫小明，请记住。",
            "写一首关于春天的短诗。",
            "如何切换设备？",
        ),
    ),
    "ja": Language(
        "日本語",
        (
            "こんにちは！",
            "あなたは誰ですか？",
            "OpenVINO とは何ですか？",
            "VinoChat について教えてください。",
            "私の名前は太郎です。覚えてください。",
            "春についての短い詩を書いてください。",
            "デバイスを切り替えるにはどうすればいいですか？",
        ),
    ),
}
