"""The training loop: Muon for the matrices, AdamW for the rest, an average of the weights to ship.

Contract: `--tokens` is the length of the whole run, over all its stretches; run the same command
again after an interruption and it goes on from the last saved state. A run that should end
elsewhere is given another `--tokens`: the rates follow. `--minutes` ends a stretch only. The folder
`<out>/model` always holds the latest averaged weights, complete and ready to evaluate.

    nice python -m training.train --tokens 40e6
"""

import argparse
import copy
import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from training import model as models
from training import tokenizer as tokenizers
from training.batches import COPYING, Batch, Recipe, stream
from training.muon import Muon
from training.wiring import wire

_AVERAGE = 0.995  # the averaged weights forget a step after some 200 more
_WARM = 40  # steps until the rates are reached
_FALL = 0.7  # the last share of the run, in which the rates fall to nothing


@dataclass(slots=True)
class Progress:
    """Where a run stands; everything here resumes. Tokens are counted without padding."""

    step: int = 0
    pool: int = 0
    tokens: int = 0
    seconds: float = 0.0


def _update(optimiser: torch.optim.Optimizer) -> None:
    optimiser.step()


def _alone() -> None:
    """Each thread computes its own share by itself.

    Threads that work on one matrix together wait for each other thousands of times a step, and on
    cores that others use too, each wait may last a time slice.
    """
    torch.set_num_threads(1)


class Trainer:
    """Model, optimisers, averaged weights and progress of one run."""

    def __init__(self, options: argparse.Namespace, tokenizer: PreTrainedTokenizerFast) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.tokenizer = tokenizer
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # A CPU without bfloat16 emulates it, at an eighth of the speed of float32.
        self.halves = self.device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
        self.model = self._begun()
        self.model.to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.trunk = torch.compile(self.model, dynamic=False) if options.compile else self.model
        self.parameters = list(self.model.parameters())
        self.optimisers = self._optimisers()
        self.threads = ThreadPoolExecutor(options.threads, initializer=_alone)
        self.progress = Progress()
        self.ending = threading.Event()

    def _begun(self) -> models.Llama:
        """What the run begins from: the weights of a model folder, or a wired start."""
        if self.options.start:
            model = models.load(self.options.start)
            deeper = self.options.layers > model.shape.layers
            return models.deepened(model, self.options.layers) if deeper else model
        shape = models.Shape(len(self.tokenizer), self.options.width, self.options.layers)
        model = models.Llama(shape)
        wire(model)
        return model

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        """One for each layer's matrices, so that threads share the work, and one for the rest."""
        matrices = [[p for p in layer.parameters() if p.ndim == 2] for layer in self.model.layers]
        taken = {id(p) for layer in matrices for p in layer}
        rest = [p for p in self.parameters if id(p) not in taken]
        kind = torch.bfloat16 if self.halves else torch.float32
        made: list[torch.optim.Optimizer] = [
            Muon(layer, self.options.muon, weight_decay=0.05, momentum=0.95, kind=kind)
            for layer in matrices
        ]
        return [*made, torch.optim.AdamW(rest, self.options.adam, (0.9, 0.98), weight_decay=0.0)]

    @property
    def done(self) -> float:
        """The share of the run that is over."""
        return self.progress.tokens / float(self.options.tokens)

    def _set_rates(self) -> None:
        """Warm up, hold, and fall to nearly nothing over the last part of the run."""
        warm = min(1.0, (self.progress.step + 1) / _WARM)
        fall = min(1.0, max(0.01, (1 - self.done) / _FALL))
        for optimiser in self.optimisers:
            muon = isinstance(optimiser, Muon)
            for group in optimiser.param_groups:
                group["lr"] = (self.options.muon if muon else self.options.adam) * warm * fall

    def _part(self, batch: Batch, rows: slice) -> list[Tensor]:
        """Some rows of a batch as tensors; the loss of the parts adds up to that of the whole."""
        width = batch.ids.shape[1]
        chosen = (batch.places >= rows.start * width) & (batch.places < rows.stop * width)
        arrays = (
            batch.ids[rows], batch.segments[rows], batch.places[chosen] - rows.start * width,
            batch.targets[chosen], batch.weights[chosen],
        )  # fmt: skip
        return [torch.from_numpy(array).to(self.device, non_blocking=True) for array in arrays]

    def gradients(self, batch: Batch, rows: slice) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The loss and its gradients, of some rows alone."""
        loss = self.loss(*self._part(batch, rows))
        return loss.detach(), torch.autograd.grad(loss, self.parameters)

    def loss(
        self, ids: Tensor, segments: Tensor, places: Tensor, targets: Tensor, weights: Tensor
    ) -> Tensor:
        """The weighted loss; the output layer runs only where there is weight."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.halves):
            hidden = self.trunk(ids, segments).flatten(0, 1)[places]
            logits = functional.linear(hidden, self.model.embed_tokens.weight)
        losses = functional.cross_entropy(logits.float(), targets, reduction="none")
        return (losses * weights).sum()

    def step(self, batch: Batch) -> Tensor:
        """One update; returns the loss before it, still on the device."""
        self._set_rates()
        count, shares = len(batch.ids), self.options.threads
        edges = [count * at // shares for at in range(shares + 1)]
        parts = [slice(low, high) for low, high in pairwise(edges) if high > low]
        done = list(self.threads.map(lambda rows: self.gradients(batch, rows), parts))
        for parameter, *gradients in zip(self.parameters, *(g for _, g in done), strict=True):
            parameter.grad = sum(gradients[1:], start=gradients[0])
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        list(self.threads.map(_update, self.optimisers))
        keep = min(_AVERAGE, 1 - 1 / (self.progress.step / 10 + 1))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.model.parameters()), 1 - keep
            )
        self.progress.step += 1
        self.progress.tokens += batch.tokens
        return torch.stack([loss for loss, _ in done]).sum()

    def save(self) -> None:
        """Write the averaged model, then the state; a crash between the two loses nothing."""
        models.save(self.average, self.tokenizer, self.options.out / "model")
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "progress": asdict(self.progress),
            "start": str(self.options.start),
        }
        temporary = self.options.out / "state.tmp"
        torch.save(state, temporary)
        temporary.replace(self.options.out / "state.pt")

    def resume(self) -> None:
        """Take up the last saved state, if there is one.

        Raises ValueError for a run that began with other weights: the folder holds another run.
        """
        path = self.options.out / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        begun, asked = state["start"], str(self.options.start)
        if begun != asked:
            raise ValueError(
                f"{self.options.out} holds a run with --start {begun}, not {asked}. Give the same, "
                "or another --out."
            )
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.progress = Progress(**state["progress"])

    def run(self) -> None:
        """Train until the run or the stretch is over, or the process is asked to end."""
        options, progress = self.options, self.progress
        recipe = Recipe(
            options.out / "tokenizer", options.seed, options.batch,
            copying=0.0 if options.start else COPYING,
        )  # fmt: skip
        began = clock = saved = logged = time.monotonic()
        losses: list[Tensor] = []
        batches = stream(recipe, progress.pool, options.workers)
        try:
            for pool, batch in batches:
                losses.append(self.step(batch))
                progress.pool = pool
                now = time.monotonic()
                progress.seconds, clock = progress.seconds + now - clock, now
                if now - logged >= options.log_every:
                    self._log(losses)
                    logged, losses = now, []
                if now - saved >= 60 * options.save_every:
                    self.save()
                    saved = now
                if self.done >= 1 or now - began >= 60 * options.minutes or self.ending.is_set():
                    break
        finally:
            batches.close()
            self.save()

    def _log(self, losses: list[Tensor]) -> None:
        line = asdict(self.progress) | {"loss": round(torch.stack(losses).mean().item(), 4)}
        line["seconds"] = round(line["seconds"], 1)
        print(json.dumps(line), flush=True)
        with (self.options.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")


def _tokenizer(options: argparse.Namespace) -> PreTrainedTokenizerFast:
    """The run's own copy, since a run cannot go on with another one."""
    own: Path = options.out / "tokenizer"
    if not own.exists():
        tokenizers.load(options.start or options.tokenizer).save_pretrained(own)
    return tokenizers.load(own)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the built-in model, or go on training it.")
    parser.add_argument("--out", type=Path, default=Path("training/runs/small"))
    parser.add_argument("--tokenizer", type=Path, default=tokenizers.DEFAULT_FOLDER)
    parser.add_argument(
        "--start", type=Path,
        help="begin with this model folder's weights, width and tokenizer, and its layers unless "
        "--layers is more; change --seed",
    )  # fmt: skip
    parser.add_argument("--tokens", type=float, default=40e6, help="length of the whole run")
    parser.add_argument("--minutes", type=float, default=1e9, help="end this stretch after these")
    parser.add_argument("--batch", type=int, default=3072, help="tokens in a step, with padding")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--muon", type=float, default=0.003, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=0.00125, help="learning rate of the rest")
    parser.add_argument(
        "--threads", type=int, default=2, help="each takes its share of every batch"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that make batches")
    parser.add_argument("--compile", action="store_true", help="pays on a GPU, hardly on a CPU")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=4, help="minutes between two states")
    parser.add_argument("--log-every", type=float, default=20, help="seconds between two log lines")
    return parser.parse_args()


def main() -> None:
    """Train from the command line."""
    options = _options()
    _alone()
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options, _tokenizer(options))
    trainer.resume()
    # Asked to end, it finishes the step: half an update would be saved otherwise.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, lambda *_: trainer.ending.set())
    count = sum(parameter.numel() for parameter in trainer.model.parameters())
    at = trainer.progress.step
    print(f"{count / 1e6:.2f}M parameters on {trainer.device}, at step {at}", flush=True)
    trainer.run()


if __name__ == "__main__":
    main()
