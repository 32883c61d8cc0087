"""Example texts as a row of buttons: a click fills the message box."""

from collections.abc import Sequence

import gradio as gr


def fill_on_click(texts: Sequence[str], box: gr.Textbox) -> list[gr.Button]:
    """The buttons. A button hands over its own text, so it may be given another one later."""
    with gr.Row(elem_classes="examples"):
        buttons = [gr.Button(text, size="sm", scale=0, min_width=0) for text in texts]
    for button in buttons:
        button.click(_same, button, box, queue=False, show_progress="hidden")
    return buttons


def _same(text: str) -> str:
    return text
