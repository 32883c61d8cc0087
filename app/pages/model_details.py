"""A model that somebody considers, in Markdown: what it is, how it is made, what it needs here."""

from app.inference import offers
from app.inference.catalogue import CatalogueEntry
from app.inference.conversion import space
from app.inference.conversion.types import ConversionRequest
from app.inference.offers import Here, Need
from app.inference.orders import plans
from app.inference.quantities import size, speed, verdict
from app.pages.catalogue_list import PAGE_NAMES, facts
from app.pages.serving import plain

_WAYS = {
    "ready-made": "ready-made",
    "export": "made here",
    "older-export": "made by older libraries",
}
_NOT_FREE = (
    "**Gated:** accept the licence on the model card first, then give a token of that account, "
    "here or as `HF_TOKEN` on the server. It is used for the download and not kept."
)
_OWN_CODE = (
    "**Own code:** this model comes with Python code of its makers. It runs only in the process "
    "that converts, and only where the operator (`VINOCHAT_REMOTE_CODE=admins`) and an admin "
    "say so; a ready-made version needs none of it."
)
_UNKNOWN = (
    "Not in the catalogue: its own configuration and chat template will be used, and disk and "
    "memory are checked before anything large is downloaded. Read its licence first."
)


def describe(
    request: ConversionRequest, entry: CatalogueEntry | None, need: Need, here: Here, free_disk: int
) -> str:
    """Everything that one wants to know before the button is pressed."""
    parts = [f"### {plain(request.model_id)}", *_about(request, entry)]
    explained = {plan.way: plan.explanation for plan in plans(request)}
    parts += [plain(sentence) for sentence in explained.values()]
    if entry is not None:
        parts += [_estimates(request, entry, need, here), _needs(request, entry, free_disk)]
    return "\n\n".join(parts)


def _about(request: ConversionRequest, entry: CatalogueEntry | None) -> list[str]:
    if entry is None:
        return [plain(request.source), _UNKNOWN]
    pages = " and ".join(PAGE_NAMES[page] for page in entry.pages)
    about = [
        plain(entry.description),
        f"{plain(entry.hub_id)} · [model card]({entry.card}) · for {pages} · "
        f"{entry.context:,} tokens of context",
        f"{plain(' · '.join(facts(entry)))} (licence from general knowledge: check the model card)",
    ]
    about += [_NOT_FREE] * entry.gated
    return [*about, *[_OWN_CODE] * entry.remote_code]


def _estimates(request: ConversionRequest, entry: CatalogueEntry, need: Need, here: Here) -> str:
    rows = []
    for plan in plans(request):
        expected = offers.offer(entry, need, here, plan.compression.weight_format).estimate
        rows.append(
            f"| {plan.compression.weight_format} | {verdict(expected)} "
            f"| {speed(expected.tokens_per_second)} | {size(expected.memory_bytes)} "
            f"| {size(expected.weights_bytes)} | {_WAYS[plan.way]} |"
        )
    basis = "models that ran here" if here.references else "the speed of this machine's memory"
    memory = here.machine
    note = (
        f"Estimates for {need.users} at once with {min(need.context, entry.context):,} tokens "
        f"each; speed for one of them on the CPU, from {basis}. "
        f"{size(memory.memory_available)} of {size(memory.memory_total)} memory are free now."
    )
    head = "| Format | Here | Speed | In memory | On disk | Way |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(rows) + f"\n\n{note}"


def _needs(request: ConversionRequest, entry: CatalogueEntry, free_disk: int) -> str:
    """What the making itself takes; it is checked again, with exact numbers, when it begins."""
    made = [plan.compression for plan in plans(request) if plan.way != "ready-made"]
    if not made:
        return f"{size(free_disk)} of disk are free."
    fp16 = int(2e9 * entry.parameters)
    needs = space.of_export(fp16, {}, made)
    return (
        f"While it is made it takes about {size(needs.disk + fp16)} of disk "
        f"({size(free_disk)} are free) and {size(needs.memory)} of memory."
    )
