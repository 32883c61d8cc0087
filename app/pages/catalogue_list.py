"""The list of models that can be added: search, filters, and a radio button for each model."""

import asyncio
from typing import Any

import gradio as gr

from app.inference import catalogue, offers
from app.inference.catalogue import CatalogueEntry
from app.inference.offers import LANGUAGES, SIZES, Here, Need, Wanted
from app.inference.quantities import expectation
from app.pages.errors import refusing, told
from app.pages.serving import Frame
from app.pages.visitor import visitor
from app.services import Services

USERS = (1, 2, 4, 8, 16, 32, 64)
CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768)
PAGE_NAMES = {"chat": "Chat", "instruct": "Instruct"}

_ANY = ""
_FROM_THE_LIST = "Choose from the list."


class CatalogueList:
    """Filters on top, models below; `choice` is the model that is chosen."""

    def __init__(self, services: Services) -> None:
        self._settings = services.settings

    def build(self, frame: Frame) -> None:
        search = gr.Textbox(label="Search", placeholder="name, maker or word", max_lines=1)
        with gr.Row(elem_classes="filters"):
            filters = [
                _filter("Language", [(name, code) for code, name in LANGUAGES.items()]),
                _filter("Page", [(name, page) for page, name in PAGE_NAMES.items()]),
                _filter("Parameters", [(size, size) for size in SIZES]),
                _filter("Licence", [(name, name) for name in offers.licences()]),
            ]
        with gr.Row(elem_classes="filters"):
            self.users = _number("People at once", USERS, 4)
            self.context = _number("Tokens of each conversation", CONTEXTS, 2048)
        self.found = gr.Markdown(elem_classes="hint")
        # All of them at first: Gradio refuses what is not among the choices that it knows.
        everything = [(entry.model_id, entry.model_id) for entry in catalogue.entries()]
        self.choice = refusing(
            gr.Radio(everything, label="Models", elem_id="catalogue", interactive=True),
            _FROM_THE_LIST,
        )
        self.need = [self.users, self.context]
        inputs = [search, *filters, *self.need, self.choice]
        shown = [self.choice, self.found]
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        frame.page.load(self.show, inputs, shown, **quiet)
        # Whoever types fast gets the list for the last letter, not one for each. Not "input": that
        # says nothing of a text that is pasted.
        search.change(self.show, inputs, shown, trigger_mode="always_last", **quiet)
        for component in (*filters, *self.need):
            component.input(self.show, inputs, shown, **quiet)

    async def show(
        self,
        text: str,
        language: str,
        page: str,
        size: str,
        licence: str,
        users: int,
        context: int,
        chosen: str | None,
        request: gr.Request,
    ) -> tuple[object, str]:
        """The models that match, each with what to expect of it here."""
        with told():
            visitor(request)
            here = await asyncio.to_thread(offers.look_around, self._settings)
            need = need_of(users, context, self._settings.kv_cache_gb)
            found = offers.matching(
                Wanted(text or "", language or "", page or "", size or "", licence or "")
            )
            choices = [(_card(entry, need, here), entry.model_id) for entry in found]
            count = f"{len(found)} of {len(catalogue.entries())} models"
            if chosen and all(entry.model_id != chosen for entry in found):
                return gr.update(choices=choices, value=None), count
            # Not its value: that would undo a choice made while this was on its way.
            return gr.update(choices=choices), count


def need_of(users: int | None, context: int | None, kv_cache_gb: float) -> Need:
    return Need(users or USERS[0], context or CONTEXTS[0], int(kv_cache_gb * 2**30))


def facts(entry: CatalogueEntry) -> list[str]:
    """Size, languages and licence, and what stands in the way."""
    marks = [
        "gated" if entry.gated else "",
        "own code" if entry.remote_code else "",
    ]
    return [
        f"{entry.parameters:g} B",
        ", ".join(LANGUAGES[language] for language in entry.languages),
        entry.licence,
        *filter(None, marks),
    ]


def _card(entry: CatalogueEntry, need: Need, here: Here) -> str:
    offer = offers.offer(entry, need, here)
    hope = f"As {offer.weight_format}: {expectation(offer.estimate)}"
    return "\n".join((entry.model_id, entry.description, " · ".join(facts(entry)), hope))


def _filter(label: str, choices: list[tuple[str, str]]) -> gr.Dropdown:
    return refusing(
        gr.Dropdown([("any", _ANY), *choices], value=_ANY, label=label, min_width=120,
                    interactive=True),
        _FROM_THE_LIST,
    )  # fmt: skip


def _number(label: str, choices: tuple[int, ...], value: int) -> gr.Dropdown:
    named = [(f"{choice:,}", choice) for choice in choices]
    return refusing(
        gr.Dropdown(named, value=value, label=label, min_width=120, interactive=True),
        _FROM_THE_LIST,
    )
