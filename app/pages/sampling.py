"""The sampling sliders of both pages, and what each of them does, in words.

Every explanation is true of our engines: they count a repeated token once, however often it stands
there; temperature 0 and top-p 0 are greedy; top-k 0 is off. The server checks the values itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from app.inference.catalogue import RecommendedSampling
from app.inference.service import InferenceService
from app.pages.errors import refusing
from app.pages.serving import Frame
from app.services import Services


@dataclass(frozen=True, slots=True)
class SliderSpec:
    """A slider; `explanation` says what low, middle and high values do to "The cat is ___"."""

    label: str
    low: float
    high: float
    step: float
    default: float
    explanation: str

    def build(self) -> gr.Slider:
        slider = gr.Slider(
            self.low,
            self.high,
            self.default,
            step=self.step,
            precision=0 if self.step == 1 else None,  # whole numbers stay ints
            label=self.label,
            info=self.explanation,
            buttons=[],
        )
        remedy = f"{self.label} must be a number from {self.low:g} to {self.high:g}."
        return refusing(slider, remedy)

    def recommended(self, sampling: RecommendedSampling) -> float | None:
        """What `sampling` says for this slider, within its range; None if it says nothing."""
        value = getattr(sampling, _FIELDS.get(self.label, ""), None)
        return None if value is None else min(max(value, self.low), self.high)


_FIELDS = {
    "Temperature": "temperature",
    "Top-p (nucleus sampling)": "top_p",
    "Top-k": "top_k",
    "Repetition Penalty": "repetition_penalty",
}

_LENGTH = (
    "“The cat is …”: at 1, one token, which may be half a word; at 256, a few paragraphs; at "
    "the maximum, a long text. The model may end sooner by itself."
)
_TOP_K = (
    "“The cat is …”: at 1, only the likeliest word, *asleep*; at 10, the ten likeliest; at the "
    "maximum, rare ones too. 0 turns this limit off."
)
_TOP_P = (
    "The words of “The cat is …” that stay in play: low, only the likeliest, *asleep*; middle, "
    "the few that share half of the probability, *hungry*, *black*; 1, all of them."
)

INSTRUCT = (
    SliderSpec("Max New Tokens", 1, 1000, 1, 256, _LENGTH),
    SliderSpec("Top-p (nucleus sampling)", 0.05, 1, 0.05, 0.92, _TOP_P),
    SliderSpec("Top-k", 0, 50, 1, 0, _TOP_K),
    SliderSpec(
        "Temperature",
        0.1,
        5,
        0.1,
        0.8,
        "“The cat is …”: low, almost always *asleep*; middle (0.8 to 1), also *hungry* or "
        "*black*; high, anything, *Tuesday* too, and soon nonsense.",
    ),
)

CHAT = (
    SliderSpec(
        "Temperature",
        0,
        1,
        0.1,
        0.1,
        "“The cat is …”: at 0, always the likeliest word, *asleep* (greedy); at 0.5, now and "
        "then *hungry*; at 1, each word as often as the model finds it likely.",
    ),
    SliderSpec("Top-p (nucleus sampling)", 0, 1, 0.01, 1.0, _TOP_P + " 0 is greedy."),
    SliderSpec("Top-k", 0, 200, 1, 50, _TOP_K),
    SliderSpec(
        "Repetition Penalty",
        1,
        2,
        0.1,
        1.1,
        "“The cat is …”: at 1, no penalty; at 1.1, a little less of every word that was "
        "there before, *cat* too; at 2, such words hardly return, even *the*. A word counts once, "
        "however often it was there.",
    ),
    SliderSpec("Max New Tokens", 1, 2048, 1, 256, _LENGTH),
)


def recommended_button() -> gr.Button:
    return gr.Button("Use the model's settings", size="sm", visible=False)


class ModelSettings:
    """Moves a page's sliders to what the makers of the model that serves recommend.

    The button is there only while they recommend something. Where they are silent, and where the
    page has no such slider, everything stays.
    """

    def __init__(self, services: Services, specs: Sequence[SliderSpec]) -> None:
        self._inference: InferenceService = services.inference
        self._specs = specs

    def build(self, frame: Frame, sliders: list[gr.Slider], button: gr.Button) -> None:
        frame.page.load(self.look, None, button, queue=False, show_progress="hidden")
        frame.status.change(self.look, None, button, queue=False, show_progress="hidden")
        button.click(self.move, None, sliders, queue=False, show_progress="hidden")

    def look(self) -> object:
        """Whether there is anything to use."""
        return gr.update(visible=self._inference.recommended_sampling is not None)

    def move(self) -> list[object]:
        """The values of the page's sliders."""
        sampling = self._inference.recommended_sampling or RecommendedSampling()
        values = [spec.recommended(sampling) for spec in self._specs]
        return [gr.skip() if value is None else value for value in values]
