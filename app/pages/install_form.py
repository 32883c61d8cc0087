"""The form that adds a model: what it is, how it will be made, and the button that begins.

Whatever the browser sends is checked again by `Installing.request`; what is hidden here is only
spared to people who may not use it.
"""

import asyncio
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.auth.sessions import CurrentUser
from app.errors import VinoChatError
from app.inference import offers
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion.types import ConversionRequest
from app.inference.installed import WEIGHT_FORMATS
from app.inference.offers import free_disk
from app.inference.orders import Order, find_source, is_folder, plans, recommended_format
from app.pages import model_details
from app.pages.catalogue_list import CatalogueList, need_of
from app.pages.errors import refusing, told
from app.pages.installing import ONLY_ADMINS, Installing
from app.pages.serving import Frame, plain
from app.pages.visitor import visitor
from app.services import Services

AS_RECOMMENDED = "default"
GROUP_SIZES = {AS_RECOMMENDED: None, "32": 32, "64": 64, "128": 128, "256": 256, "channel": -1}
RATIOS = {AS_RECOMMENDED: None, "1.0": 1.0, "0.9": 0.9, "0.8": 0.8, "0.6": 0.6, "0.5": 0.5}
ROUNDINGS = {AS_RECOMMENDED: None, "asymmetric": False, "symmetric": True}

_FROM_THE_LIST = "Choose from the list."
_NOTHING = "Choose a model on the list, or name one of the hub."
_FORMATS = (
    "int4 is the smallest and the quickest on a CPU, int8 is nearly as exact as fp16. Several can "
    "be made in one go."
)

Values = dict[Block, Any]


class InstallForm:
    """One model at a time: `source` says which, everything else may stay as recommended."""

    def __init__(self, services: Services, installing: Installing) -> None:
        self._settings, self._jobs = services.settings, services.jobs
        self._installing = installing

    def build(self, frame: Frame, models: CatalogueList) -> None:
        self._users, self._context = models.need
        self.source = gr.Textbox(
            label="Model to add", placeholder="from the list, or a hub id: owner/name", max_lines=1
        )
        self.details = gr.Markdown(_NOTHING, elem_id="details", elem_classes="table")
        self.formats = refusing(
            gr.CheckboxGroup(list(WEIGHT_FORMATS), label="Weight formats"), _FROM_THE_LIST
        )
        gr.Markdown(_FORMATS, elem_classes="hint")
        self._build_settings()
        self.token = gr.Textbox(
            label="Hub token", type="password", max_lines=1, visible=False,
            placeholder="hf_…, used for this download only",
        )  # fmt: skip
        self.remote_code = gr.Checkbox(
            label="Let the model's own code run on this server while it is converted. "
            "Only for makers that you trust: it can do whatever VinoChat can.",
            visible=False,
        )
        self.command = gr.Textbox(
            label="The same in a terminal", interactive=False, visible=False, elem_classes="mono"
        )
        self.button = gr.Button("Download and convert", variant="primary", interactive=False)
        self.why_not = gr.Markdown(visible=False, elem_classes="hint")
        self._wire(frame, models)

    def _build_settings(self) -> None:
        with gr.Accordion("Advanced", open=False):
            self.awq = gr.Checkbox(label="AWQ for int4: more exact, takes much longer")
            with gr.Row(elem_classes="filters"):
                self.group_size = _setting("Group size", GROUP_SIZES)
                self.ratio = _setting("Ratio of int4", RATIOS)
                self.rounding = _setting("Rounding", ROUNDINGS)
            self.name = gr.Textbox(label="Name", placeholder=AS_RECOMMENDED, max_lines=1)
            self.revision = gr.Textbox(label="Revision", placeholder="the newest", max_lines=1)
            self.calibration = gr.Textbox(
                label="Calibration text for AWQ", max_lines=1, visible=False,
                placeholder="ours, or a file of the server, or a data set of the hub",
            )  # fmt: skip

    def _wire(self, frame: Frame, models: CatalogueList) -> None:
        settings: list[Any] = [self.formats, self.awq, self.group_size, self.ratio, self.rounding]
        texts = [self.name, self.revision, self.calibration]
        self.values: set[Block] = {
            *(*settings, *texts, self.source, self.token, self.remote_code),
            *(self._users, self._context),
        }
        shown = [self.details, self.formats, self.token, self.remote_code, self.command]
        reset = [*shown, self.source, self.awq, self.group_size, self.ratio, self.rounding]
        reset += [self.name, self.revision]
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        frame.page.load(self.rights, None, [self.button, self.why_not, self.calibration], **quiet)
        # Whoever changes two things in a moment sees what the second has made of it.
        quiet["trigger_mode"] = "always_last"
        models.choice.input(self.choose, [models.choice, *models.need], reset, **quiet)
        self.source.change(self.look_up, self.values, shown, **quiet)
        changed = [one.input for one in (*settings, self.remote_code, self._users, self._context)]
        # Not "blur": what it shows would move the button away from under a click on it.
        changed += [text.change for text in texts]
        gr.on(changed, self.look, self.values, shown, **quiet)

    def rights(self, request: gr.Request) -> tuple[object, object, object]:
        """What this visitor may do here, and why not more."""
        with told():
            user = visitor(request)
            allowed = self._installing.allowed(user)
            return (
                gr.update(interactive=allowed),
                gr.update(value="" if allowed else ONLY_ADMINS, visible=not allowed),
                gr.update(visible=user.is_admin),
            )

    async def choose(
        self, model_id: str | None, users: int, context: int, request: gr.Request
    ) -> tuple[object, ...]:
        """A model of the list, with all settings as recommended."""
        values: Values = {
            self.source: model_id or "", self._users: users, self._context: context,
        }  # fmt: skip
        shown = await self.look_up(values, request)
        return (*shown, model_id or "", False, *[AS_RECOMMENDED] * 3, "", "")

    async def look_up(self, values: Values, request: gr.Request) -> tuple[object, ...]:
        """What is known of a model that was just named; where no format is ticked, the recommended
        one is."""
        return await self._known(values, request, ticked=not values.get(self.formats))

    async def look(self, values: Values, request: gr.Request) -> tuple[object, ...]:
        """What is known of the model with these settings; a mistake is said in its place. The boxes
        of the formats stay as they are, since one may have been ticked meanwhile."""
        return await self._known(values, request, ticked=False)

    async def _known(
        self, values: Values, request: gr.Request, *, ticked: bool
    ) -> tuple[object, ...]:
        with told():
            user = visitor(request)
            order = self._order(values)
            nothing = [*[gr.skip()] * 3, gr.update(visible=False)]
            if not order.source:
                return _NOTHING, *nothing
            try:
                entry = find_source(order.source)[1] if not is_folder(order.source) else None
                order = replace(order, weight_formats=_offered(order.weight_formats, entry))
                wanted = self._installing.request(user, order)
            except VinoChatError as error:
                return f"**{plain(str(error))}**", *nothing
            details, command = await self._describe(wanted, entry, values)
            offered = gr.update(choices=list(_formats(entry)))
            if ticked or not set(values.get(self.formats) or ()) <= set(order.weight_formats):
                offered["value"] = list(order.weight_formats)
            return (
                details,
                offered,
                gr.update(visible=self._asks_for_token(entry)),
                gr.update(visible=self._asks_for_trust(user, entry)),
                gr.update(value=command, visible=True, lines=command.count("\n") + 1),
            )

    async def install(self, values: Values, request: gr.Request) -> str:
        """Begin the job, or have it wait. Returns what the token's field shows then: nothing."""
        with told():
            user = visitor(request)
            self._installing.check(user)
            wanted = self._installing.request(user, self._order(values))
            token = str(values.get(self.token) or "").strip()
            job = self._jobs.submit(wanted, user.username, token)
            gr.Info(f"Job {job.number} prepares {wanted.model_id}. You may close this page.")
            return ""

    async def _describe(
        self, wanted: ConversionRequest, entry: CatalogueEntry | None, values: Values
    ) -> tuple[str, str]:
        need = need_of(
            values.get(self._users), values.get(self._context), self._settings.kv_cache_gb
        )
        here = await asyncio.to_thread(offers.look_around, self._settings)
        free = await asyncio.to_thread(free_disk, self._settings.data_dir)
        return (
            model_details.describe(wanted, entry, need, here, free),
            "\n".join(dict.fromkeys(plan.command for plan in plans(wanted))),
        )

    def _asks_for_token(self, entry: CatalogueEntry | None) -> bool:
        return (entry is None or entry.gated) and not self._settings.hf_token

    def _asks_for_trust(self, user: CurrentUser, entry: CatalogueEntry | None) -> bool:
        needed = entry is None or entry.remote_code
        return needed and self._installing.remote_code_allowed(user)

    def _order(self, values: Values) -> Order:
        def text(field: gr.Textbox) -> str:
            return str(values.get(field) or "").strip()

        return Order(
            source=text(self.source),
            model_id=text(self.name),
            weight_formats=tuple(values.get(self.formats) or ()),
            group_size=GROUP_SIZES.get(values.get(self.group_size) or ""),
            ratio=RATIOS.get(values.get(self.ratio) or ""),
            sym=ROUNDINGS.get(values.get(self.rounding) or ""),
            awq=bool(values.get(self.awq)),
            calibration=text(self.calibration),
            revision=text(self.revision),
            trust_remote_code=bool(values.get(self.remote_code)),
        )


def _offered(chosen: tuple[str, ...], entry: CatalogueEntry | None) -> tuple[str, ...]:
    """What was chosen as far as there is it, else what is recommended."""
    kept = tuple(one for one in chosen if one in _formats(entry))
    return kept or (recommended_format(entry),)


def _formats(entry: CatalogueEntry | None) -> tuple[str, ...]:
    return entry.weight_formats if entry else WEIGHT_FORMATS


def _setting(label: str, choices: dict[str, Any]) -> gr.Dropdown:
    return refusing(
        gr.Dropdown(list(choices), value=AS_RECOMMENDED, label=label, min_width=120,
                    interactive=True),
        _FROM_THE_LIST,
    )  # fmt: skip
