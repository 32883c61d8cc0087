"""The second part of the Models page: downloads and conversions, as everybody sees them.

The panel is a function of the jobs alone. Each look compares what it would show with what the page
shows, so that nothing is sent while nothing changes, and a reloaded page is as good as an old one.
"""

from typing import Any

import gradio as gr

from app.errors import InvalidParameter
from app.inference.conversion import table, ways
from app.inference.jobs import Job
from app.inference.orders import plans
from app.pages.errors import refusing, told
from app.pages.installing import Installing
from app.pages.serving import Frame, plain
from app.pages.visitor import visitor
from app.services import Services

LOOK_EVERY_S = 1.0

_STAGES = {
    "waiting": "Waiting",
    "check": "Checking",
    "download": "Downloading",
    "environment": "Setting up older libraries",
    "export": "Converting",
    "compress": "Compressing",
    "try": "Trying it out",
    "save": "Saving",
    "done": "Done",
}
_ENDS = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled"}

Update = tuple[object, ...]


class JobPanel:
    """One job at a time, chosen among the latest; the newest one that is not over at first."""

    def __init__(self, services: Services, installing: Installing) -> None:
        self._jobs, self._installing = services.jobs, installing

    def build(self, frame: Frame) -> None:
        with gr.Column(visible=False) as self.section:
            gr.Markdown("## Downloads and conversions")
            self.job = refusing(
                gr.Dropdown(label="Job", choices=[], interactive=True),
                "Choose a job from the list.",
            )
            self.panel = gr.Markdown(elem_id="job", elem_classes="table", container=True)
            self.log = gr.Textbox(
                label="Last lines of the log", lines=8, max_lines=16, visible=False,
                interactive=False, elem_classes="mono",
            )  # fmt: skip
            self.command = gr.Textbox(
                label="The same by hand", max_lines=8, visible=False, interactive=False,
                elem_classes="mono",
            )  # fmt: skip
            with gr.Row(elem_classes="form-row"):
                self.cancel_button = gr.Button(
                    "Cancel", variant="stop", visible=False, min_width=140, scale=0
                )
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
        shown = [self.job, self.panel]
        self.parts = [
            *(self.section, self.job, self.panel, self.log, self.command, self.cancel_button),
        ]
        frame.page.load(self.show, None, self.parts, **quiet)
        gr.Timer(LOOK_EVERY_S).tick(self.look, shown, self.parts, **quiet)
        self.job.input(self.choose, self.job, self.parts, **quiet)
        # Through the queue: without it, Gradio shows no refusal.
        self.cancel_button.click(self.cancel, self.job, self.parts, show_progress="hidden")

    def show(self, request: gr.Request, chosen: int | None = None) -> Update:
        """Everything, with the job that was chosen or else the one that matters most."""
        with told():
            user = visitor(request)
            jobs = self._jobs.jobs
            job = _find(jobs, chosen) or _foremost(jobs)
            if job is None:
                return (gr.update(visible=False), None, "", *[gr.update(visible=False)] * 3)
            # Both name folders of the server.
            owner = user.is_admin or job.asked_by == user.username
            log = "\n".join(job.log) if owner else ""
            command = command_of(job) if owner or not ways.is_folder(job.request.source) else ""
            return (
                gr.update(visible=True),
                gr.update(choices=_choices(jobs), value=job.number),
                describe(job, jobs),
                gr.update(value=log, visible=bool(log)),
                gr.update(value=command, visible=bool(command), lines=command.count("\n") + 1),
                gr.update(visible=job.active and owner and self._installing.allowed(user)),
            )

    def show_newest(self, request: gr.Request) -> Update:
        jobs = self._jobs.jobs
        return self.show(request, jobs[0].number if jobs else None)

    def choose(self, chosen: int | None, request: gr.Request) -> Update:
        return self.show(request, chosen)

    def look(self, chosen: int | None, shown: str, request: gr.Request) -> Update:
        """The same again, once it is no longer what the page shows; the choice stays."""
        jobs = self._jobs.jobs
        job = _find(jobs, chosen)
        if shown == (describe(job, jobs) if job or not jobs else None):
            return (gr.skip(),) * 6
        section, choice, *rest = self.show(request, chosen)
        if job is not None:
            # Not its value: a look that was on its way would undo a choice made meanwhile.
            choice = gr.update(choices=_choices(jobs))
        return (section, choice, *rest)

    def cancel(self, chosen: int | None, request: gr.Request) -> Update:
        with told():
            user = visitor(request)
            self._installing.check(user)
            if chosen is None:
                raise InvalidParameter("Choose a job first.", "job")
            self._installing.check_cancel(user, self._jobs.job(chosen))
            self._jobs.cancel(chosen)
        return self.show(request, chosen)


def describe(job: Job | None, jobs: tuple[Job, ...]) -> str:
    """A job in Markdown: what, for whom, how far; at the end what came of it; who else waits."""
    if job is None:
        return ""
    head = f"**{_name(job)}** · asked for by {plain(job.asked_by)}"
    others = [_name(other) for other in reversed(jobs) if other.active and other != job]
    after = f"\n\nIn the queue besides: {', '.join(others)}." if others else ""
    return f"{head}\n\n{_progress(job)}{_ending(job)}{after}"


def command_of(job: Job) -> str:
    """What does the same in a terminal: as it is done, or as it is planned before that is known."""
    if job.outcome is not None:
        return job.outcome.command
    if job.progress.command:
        return job.progress.command
    return "\n".join(dict.fromkeys(plan.command for plan in plans(job.request)))


def _progress(job: Job) -> str:
    if job.state in _ENDS:
        return f"**{_ENDS[job.state]}**"
    fraction = min(1.0, max(0.0, job.progress.fraction))
    stage = _STAGES.get(job.progress.stage, plain(job.progress.stage))
    bar = f'<progress value="{fraction:.3f}" max="1">{fraction:.0%}</progress>'
    return f"**{stage}** · {fraction:.0%} · {plain(job.progress.message)}\n\n{bar}"


def _ending(job: Job) -> str:
    if job.error:
        return f": {plain(job.error)}"
    if job.outcome is None:
        return ""
    rows = "\n".join(
        f"| {plain(weight_format)} | {size} | {rate} |"
        for weight_format, size, rate in table.rows(job.outcome)
    )
    notes = [f"{one.weight_format}: {one.note}" for one in job.outcome.converted if one.note]
    text = "\n\n".join(plain(note) for note in [*notes, table.GPU_NOTE])
    return (
        ". Choose it under “Model” above and load it.\n\n"
        "| Weight format | openvino\\_model.bin | Compression rate |\n|---|---|---|\n"
        f"{rows}\n\n{text}"
    )


def _find(jobs: tuple[Job, ...], number: int | None) -> Job | None:
    return next((job for job in jobs if job.number == number), None)


def _choices(jobs: tuple[Job, ...]) -> list[tuple[str, int]]:
    return [(_label(job), job.number) for job in jobs]


def _foremost(jobs: tuple[Job, ...]) -> Job | None:
    """The one that runs, else the newest."""
    running = (job for job in jobs if job.state == "running")
    return next(running, jobs[0] if jobs else None)


def _name(job: Job) -> str:
    formats = ", ".join(one.weight_format for one in job.request.formats)
    return plain(f"{job.request.model_id} ({formats})")


def _label(job: Job) -> str:
    formats = ", ".join(one.weight_format for one in job.request.formats)
    state = _ENDS.get(job.state, job.state).lower()
    return f"{job.number}: {job.request.model_id} ({formats}), {state}"
