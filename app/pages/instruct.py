"""The Instruct page: one instruction, one completion, nothing kept."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

import gradio as gr

from app.errors import InvalidParameter
from app.inference.types import Message, SamplingParams
from app.pages import sampling
from app.pages.errors import told
from app.pages.examples import fill_on_click
from app.pages.serving import Frame, plain
from app.pages.streams import TabStreams, batches, update_interval
from app.pages.switching import DeviceControl
from app.pages.transcript import LATEX, REASONING, Growing
from app.pages.visitor import visitor
from app.services import Services

EXAMPLES = (
    "Write a short poem about the sea.",
    "Explain what OpenVINO is in two sentences.",
    "List five fruits.",
    "Write a Python function that adds two numbers.",
    "Explain what temperature does.",
    "Tell me a story about a cat.",
    "Count from 1 to 20.",
    "Give me three tips for a good night's sleep.",
    "用中文介绍一下你自己。",
    "日本語で自己紹介してください。",
)


Update = tuple[object, ...]

_REPEATED_S = 4.0  # a browser on a busy machine needs a second or two to draw a fold
_NO_REASONING = (gr.update(visible=False, open=False), "")
_UNCHANGED = (gr.skip(), gr.skip(), gr.skip(), gr.skip())


class InstructPage:
    def __init__(self, services: Services, devices: DeviceControl) -> None:
        self._inference = services.inference
        self._devices = devices
        self._settings = sampling.ModelSettings(services, sampling.INSTRUCT)
        self._streams = TabStreams()

    def build(self, frame: Frame) -> None:
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=3):
                # One line for Gradio, so that Enter submits; the style sheet makes it taller.
                instruction = gr.Textbox(
                    label="User instruction",
                    placeholder="Ask for anything. Enter submits, Shift+Enter starts a new line.",
                    lines=1,
                    max_lines=12,
                    elem_id="instruction",
                )
                with gr.Row(elem_classes="buttons"):
                    submit = gr.Button("Submit", variant="primary", min_width=80)
                    stop = gr.Button("Stop", variant="stop", min_width=80)
                    clear = gr.Button("Clear", min_width=80)
                fill_on_click(EXAMPLES, instruction)
                outputs = _result()
            with gr.Column(scale=2):
                self._devices.build(frame)
                sliders = [spec.build() for spec in sampling.INSTRUCT]
                recommended = sampling.recommended_button()
        self._settings.build(frame, sliders, recommended)
        running = gr.on(
            [submit.click, instruction.submit],
            self.submit,
            [instruction, *sliders],
            outputs,
            show_progress="hidden",
            postprocess=False,
        )
        stop.click(self.stop, None, None, queue=False)
        clear.click(self.clear, None, [instruction, *outputs], queue=False, cancels=[running])

    async def submit(
        self,
        instruction: str | None,
        max_new_tokens: int,
        top_p: float,
        top_k: int,
        temperature: float,
        request: gr.Request,
    ) -> AsyncGenerator[Update]:
        """Completion, Performance line and reasoning, while they grow."""
        with told():
            user = visitor(request)
            params = SamplingParams(temperature, top_p, top_k, max_new_tokens=max_new_tokens)
            if not instruction or not instruction.strip():
                raise InvalidParameter(
                    "The instruction is empty. Type one, or click an example.", "instruction"
                )
            completion = self._inference.complete(
                user.id, [Message("user", instruction)], params, instruct=True
            )
            with self._streams.running(request) as running:
                running.begin(completion)
                growing, fold = Growing(), _Fold()
                yield "", growing.waiting, *_NO_REASONING
                try:
                    async with aclosing(
                        batches(completion.events(), lambda: self._interval(growing))
                    ) as updates:
                        async for batch in updates:
                            growing.add(batch)
                            yield _shown(growing, fold) if batch else _UNCHANGED
                except Exception:
                    shown = _shown(growing, fold)
                    yield (
                        shown[0],
                        "",
                        *shown[2:],
                    )  # "Reading the prompt" would stand there for ever
                    raise

    def _interval(self, growing: Growing) -> float:
        return update_interval(len(growing.text), self._inference.running)

    async def stop(self, request: gr.Request) -> None:
        # Asynchronous, so that Gradio calls it on the event loop, where streams live.
        self._streams.stop(request)

    async def clear(self, request: gr.Request) -> Update:
        await self._streams.end(request)
        return "", "", "", *_NO_REASONING


class _Fold:
    """The fold that shows reasoning: open while it grows, closed once the answer begins.

    It is told only when it is to change, so that whoever opens or closes it by hand is left alone;
    but for some seconds again and again, and at the end once more, because Gradio loses a change
    that a busy browser had not drawn before the next update came.
    """

    def __init__(self) -> None:
        self._told = (False, False)
        self._changed = monotonic()

    def update(self, visible: bool, open: bool, *, last: bool) -> object:
        if (visible, open) != self._told:
            self._told, self._changed = (visible, open), monotonic()
        elif not visible or not (last or monotonic() - self._changed < _REPEATED_S):
            return gr.skip()
        return gr.update(visible=visible, open=open)


def _result() -> list[gr.Markdown | gr.Accordion]:
    """The results under visible labels, which static.js makes their accessible names.

    Markdown and not Textboxes, which would find their label without help: code, lists and formulas
    are what people ask for, and a Textbox shows them as marks.
    """
    gr.Markdown("Performance", elem_id="performance-label", elem_classes="label")
    performance = gr.Markdown(elem_id="performance", container=True)
    with gr.Accordion(REASONING, open=False, visible=False, elem_id="reasoning-fold") as fold:
        reasoning = _text("reasoning")
    gr.Markdown("Model response", elem_id="model-response-label", elem_classes="label")
    return [_text("model-response", copy=True), performance, fold, reasoning]


def _text(elem_id: str, copy: bool = False) -> gr.Markdown:
    return gr.Markdown(
        elem_id=elem_id,
        container=True,
        latex_delimiters=LATEX,
        line_breaks=True,
        buttons=["copy"] if copy else [],
    )


def _shown(growing: Growing, fold: _Fold) -> Update:
    remarks = (growing.line, plain(growing.note), growing.waiting)
    thought = growing.thought
    ended = growing.finished is not None
    thinking = thought.unfinished and not ended
    return (
        thought.answer,
        "  \n".join(filter(None, remarks)),
        fold.update(bool(thought.reasoning) or thinking, thinking, last=ended),
        thought.reasoning,
    )
