"""The Models page: what is installed and loaded, what is being made, and adding another model."""

import gradio as gr

from app.pages.catalogue_list import CatalogueList
from app.pages.install_form import InstallForm
from app.pages.installed_models import InstalledModels
from app.pages.installing import Installing
from app.pages.job_panel import JobPanel
from app.pages.serving import Frame
from app.pages.switching import Switching
from app.services import Services

_HINT = (
    "Choose a model on the list, or name any model of the [hub](https://huggingface.co/models) by "
    "its id. It is downloaded, converted for OpenVINO, compressed and tried out, in the background "
    "and beside the model that serves."
)


class ModelsPage:
    """Puts the parts together; each of them knows its own events."""

    def __init__(self, services: Services, switching: Switching) -> None:
        installing = Installing(services)
        self.installed = InstalledModels(services, switching, installing)
        self.jobs = JobPanel(services, installing)
        self.catalogue = CatalogueList(services)
        self.form = InstallForm(services, installing)

    def build(self, frame: Frame) -> None:
        self.installed.build(frame)
        self.jobs.build(frame)
        gr.Markdown("## Add a model")
        gr.Markdown(_HINT, elem_classes="hint")
        with gr.Row(elem_classes="columns"):
            with gr.Column(scale=3):
                self.catalogue.build(frame)
            with gr.Column(scale=2):
                self.form.build(frame, self.catalogue)
        begun = self.form.button.click(
            self.form.install,
            self.form.values,
            self.form.token,
            show_progress="hidden",
        )
        begun.success(
            self.jobs.show_newest, None, self.jobs.parts, queue=False, show_progress="hidden"
        )
        # A job that is over may have brought a model.
        seen = [self.installed.table, self.installed.model]
        self.jobs.panel.change(self.installed.look, seen, seen, queue=False, show_progress="hidden")
