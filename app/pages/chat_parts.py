"""What stands where on the Chat page; what it does is `chat.py`'s."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from app.chat import SYSTEM_PROMPTS
from app.pages import sampling
from app.pages.examples import fill_on_click
from app.pages.languages import LANGUAGES
from app.pages.transcript import LATEX

_PLACEHOLDER = "Say something, or click an example below."


@dataclass(frozen=True, slots=True)
class ChatParts:
    chatbot: gr.Chatbot
    notice: gr.Markdown
    message: gr.Textbox
    submit: gr.Button
    stop: gr.Button
    clear: gr.Button
    new: gr.Button
    examples: list[gr.Button]
    conversation: gr.Dropdown
    language: gr.Radio
    system_prompt: gr.Textbox
    sliders: list[gr.Slider]
    recommended: gr.Button

    @classmethod
    def build(cls, build_device: Callable[[], None]) -> "ChatParts":
        """`build_device` puts the "Device" dropdown among the settings."""
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=3):
                chatbot, notice = _conversation()
                # One line for Gradio, so that Enter submits.
                message = gr.Textbox(
                    label="Message",
                    placeholder="Enter submits, Shift+Enter starts a new line.",
                    lines=1,
                    max_lines=8,
                    elem_id="message",
                )
                with gr.Row(elem_classes="buttons"):
                    submit = gr.Button("Submit", variant="primary", min_width=80)
                    stop = gr.Button("Stop", variant="stop", min_width=80)
                    clear = gr.Button("Clear", min_width=80)
                    new = gr.Button("New chat", min_width=80)
                examples = fill_on_click(LANGUAGES["en"].examples, message)
            with gr.Column(scale=2):
                conversation = gr.Dropdown(label="Conversation", choices=[], interactive=True)
                build_device()
                language, system_prompt = _language_and_prompt()
                with gr.Accordion("Advanced Options", open=False):
                    sliders = [spec.build() for spec in sampling.CHAT]
                    recommended = sampling.recommended_button()
        return cls(
            chatbot,
            notice,
            message,
            submit,
            stop,
            clear,
            new,
            examples,
            conversation,
            language,
            system_prompt,
            sliders,
            recommended,
        )


def _conversation() -> tuple[gr.Chatbot, gr.Markdown]:
    chatbot = gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="conversation",
        height="62vh",
        min_height=320,
        placeholder=_PLACEHOLDER,
        latex_delimiters=LATEX,
        buttons=["copy", "copy_all"],
        allow_tags=False,
    )
    return chatbot, gr.Markdown(elem_id="notice", container=True)


def _language_and_prompt() -> tuple[gr.Radio, gr.Textbox]:
    choices = [(language.name, code) for code, language in LANGUAGES.items()]
    language = gr.Radio(choices, value="en", label="Language")
    prompt = gr.Textbox(SYSTEM_PROMPTS["en"], label="System prompt", lines=2, max_lines=6)
    return language, prompt
