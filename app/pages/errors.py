"""How a failure reaches the person: the one place that translates exceptions for the pages."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import gradio as gr
from gradio.components import Component

from app.errors import VinoChatError

log = logging.getLogger(__name__)
C = TypeVar("C", bound=Component)

SHOWN_S = 15
BUG = "Something went wrong on the server; its log says what. Try again, or reload the page."


def refusing(component: C, remedy: str) -> C:
    """Have the component say `remedy` of a value that no page sends (null, a list, NaN).

    By itself Gradio says nothing of such a value and prints a traceback.
    """
    preprocess = component.preprocess

    def checked(payload: Any) -> Any:
        try:
            return preprocess(payload)
        except Exception as error:
            message = error.message if isinstance(error, gr.Error) else remedy
            raise gr.Error(message, duration=SHOWN_S, print_exception=False) from None

    # On the instance: a subclass would be another component to Gradio's browser side.
    component.preprocess = checked  # type: ignore[method-assign]
    return component


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
