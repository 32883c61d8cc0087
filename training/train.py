"""The training loop: Muon for the matrices, AdamW for the rest, an average of the weights to ship.

Contract: `--minutes` is the training time of the whole run, over all its stretches; run the same
command again after an interruption and it goes on from the last saved state. The folder
`<out>/model` always holds the latest averaged weights, complete and ready to evaluate.

    nice python -m training.train --minutes 60
"""

import argparse
import copy
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training import model as models
from training import tokenizer as tokenizers
from training.batches import Batch, long_batch, stream

_AVERAGE = 0.995  # the averaged weights forget a step after some 200 more


@dataclass(slots=True)
class Progress:
    """Where a run stands; everything here resumes."""

    step: int = 0
    pool: int = 0
    tokens: int = 0
    seconds: float = 0.0


def _places(weights: torch.Tensor) -> torch.Tensor:
    """Where the loss has weight, filled up with places of no weight to a multiple of 512.

    The CPU prepares its matrix kernels anew for each shape, so there should be few.
    """
    order = torch.argsort((weights.flatten() > 0).to(torch.int8), descending=True, stable=True)
    used = int((weights > 0).sum())
    return order[: -(-used // 512) * 512]


class Trainer:
    """Model, optimisers, averaged weights and progress of one run."""

    def __init__(self, options: argparse.Namespace, tokenizer: PreTrainedTokenizerFast) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.tokenizer = tokenizer
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model: LlamaForCausalLM = models.build(tokenizer, options.width, options.layers)
        self.model.to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        matrices = [p for n, p in self.model.named_parameters() if p.ndim == 2 and "embed" not in n]
        rest = [p for n, p in self.model.named_parameters() if p.ndim != 2 or "embed" in n]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=options.muon, weight_decay=0.05, momentum=0.95),
            torch.optim.AdamW(rest, lr=options.adam, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        self.rates = [options.muon, options.adam]
        self.progress = Progress()

    @property
    def done(self) -> float:
        """The share of the run's time that is over."""
        return self.progress.seconds / (60 * self.options.minutes)

    def _set_rates(self) -> None:
        """Warm up over 30 steps, hold, and fall to zero over the second half of the time."""
        warm = min(1.0, (self.progress.step + 1) / 30)
        fall = min(1.0, max(0.02, 2 * (1 - self.done)))
        for optimiser, rate in zip(self.optimisers, self.rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * warm * fall

    def loss(self, batch: Batch) -> torch.Tensor:
        """The weighted loss; the output layer runs only where there is weight."""
        inputs, targets, weights = (
            t.to(self.device) for t in (batch.inputs, batch.targets, batch.weights)
        )
        chosen = _places(weights)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            hidden = self.model.model(input_ids=inputs, use_cache=False).last_hidden_state
            logits = self.model.lm_head(hidden.flatten(0, 1)[chosen])
        losses = functional.cross_entropy(
            logits.float(), targets.flatten()[chosen], reduction="none"
        )
        return (losses * weights.flatten()[chosen]).sum() / weights.sum()

    def step(self, batch: Batch) -> float:
        """One update; returns the loss before it."""
        self._set_rates()
        loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        keep = min(_AVERAGE, 1 - 1 / (self.progress.step / 10 + 1))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.model.parameters(), strict=True)
            for average, current in pairs:
                average.lerp_(current, 1 - keep)
        self.progress.step += 1
        self.progress.tokens += batch.inputs.numel()
        return loss.item()

    def save(self) -> None:
        """Write the averaged model, then the state; a crash between the two loses nothing."""
        models.save(self.average, self.tokenizer, self.options.out / "model")
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "progress": asdict(self.progress),
        }
        temporary = self.options.out / "state.tmp"
        torch.save(state, temporary)
        temporary.replace(self.options.out / "state.pt")

    def resume(self) -> None:
        """Take up the last saved state, if there is one."""
        path = self.options.out / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.progress = Progress(**state["progress"])

    def run(self) -> None:
        """Train until the time is over."""
        options, progress = self.options, self.progress
        batches = stream(self.tokenizer, options.seed, progress.pool, options.tokens, options.drill)
        saved = logged = progress.seconds
        losses: list[float] = []
        while self.done < 1 and progress.step < options.steps:
            began = time.monotonic()
            # Long windows cost more and teach little before copying works at all.
            if self.done > self.options.long_from and progress.step % options.long_every == 0:
                batch = long_batch(self.tokenizer, options.seed, progress.step, options.tokens)
            else:
                progress.pool, batch = next(batches)
            losses.append(self.step(batch))
            progress.seconds += time.monotonic() - began
            if progress.seconds - logged >= options.log_every:
                self._log(losses)
                logged, losses = progress.seconds, []
            if progress.seconds - saved >= 60 * options.save_every:
                self.save()
                saved = progress.seconds
        self.save()

    def _log(self, losses: list[float]) -> None:
        line = asdict(self.progress) | {"loss": round(sum(losses) / len(losses), 4)}
        line["seconds"] = round(line["seconds"], 1)
        print(json.dumps(line), flush=True)
        with (self.options.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the built-in model, or go on training it.")
    parser.add_argument("--out", type=Path, default=Path("training/runs/wired"))
    parser.add_argument("--tokenizer", type=Path, default=tokenizers.DEFAULT_FOLDER)
    parser.add_argument("--minutes", type=float, default=60, help="time of the whole run")
    parser.add_argument("--steps", type=int, default=10**9, help="stop earlier, after these")
    parser.add_argument("--tokens", type=int, default=3072, help="in a batch, with padding")
    parser.add_argument("--drill", type=float, default=0.3, help="share of copying drills")
    parser.add_argument("--long-every", type=int, default=10, help="one long step in so many")
    parser.add_argument("--long-from", type=float, default=0.4, help="share of time before those")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--muon", type=float, default=0.005, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=0.0025, help="learning rate of the rest")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=4, help="minutes between two states")
    parser.add_argument("--log-every", type=float, default=20, help="seconds between two log lines")
    return parser.parse_args()


def main() -> None:
    """Train from the command line."""
    options = _options()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options, tokenizers.load(options.tokenizer))
    trainer.resume()
    count = sum(parameter.numel() for parameter in trainer.model.parameters())
    at = trainer.progress.step
    print(f"{count / 1e6:.2f}M parameters on {trainer.device}, at step {at}", flush=True)
    trainer.run()


if __name__ == "__main__":
    main()
