"""How a failure reaches the person: the one place that translates exceptions for the pages."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from app.errors import VinoChatError

log = logging.getLogger(__name__)

SHOWN_S = 15
BUG = "Something went wrong on the server; its log says what. Try again, or reload the page."


@contextmanager
def told() -> Iterator[None]:
    """Inside a handler: say our own errors in their words, and a bug in a plain sentence."""
    try:
        yield
    except VinoChatError as error:
        raise gr.Error(str(error), duration=SHOWN_S, print_exception=False) from None
    except gr.Error:
        raise
    except Exception:
        log.exception("a page's handler failed")
        raise gr.Error(BUG, duration=SHOWN_S, print_exception=False) from None
