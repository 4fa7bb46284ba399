"""Trains a GazeCLIP within a budget: resumable, validated, its best state kept."""

import copy
import dataclasses
import itertools
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from model.errors import UserError
from model.training.checkpoint import FILE, load_checkpoint, save_checkpoint, without_pretrained
from model.training.config import GazeClipConfig, config_from_json
from model.training.datasets.patchset import PatchSet
from model.training.material import Material
from model.training.metrics import measure
from model.training.predict import predict
from model.training.trainer import Options, Trainer, make_accelerator, seed_of

LOG_EVERY = 50
"""Steps between two entries in TensorBoard."""


def train(
    config: GazeClipConfig | None, material: Material, options: Options, resume: bool = False
) -> Path:
    """Train until the budget is used up, validation no longer improves, or Ctrl-C.

    Args:
        config: of the model; on resuming the checkpoint's own is used.
        material: what to learn from and to choose the best state by.
        options: see there.
        resume: go on from options.out's checkpoint.

    Returns:
        The checkpoint's path.

    Raises:
        UserError: on data that must not be trained on or cannot be read, or where resuming and the
            content of options.out do not go together.
    """
    content = _previous(options, resume)
    if content is not None:
        config = config_from_json(without_pretrained(content["config"]))
        options = dataclasses.replace(options, seed=seed_of(content))
    if config is None:
        raise UserError("say which configuration to train: --config NAME")
    accelerator = make_accelerator(options.precision, config)
    batches = material.batches(config, options.seed, accelerator)
    judged = material.validation(config)
    trainer = Trainer(config, batches, options, accelerator)
    run = _Run(trainer, judged, material.fold)
    if content is not None:
        trainer.restore(content)
        run.restore(content)
    elif options.start is not None:
        trainer.start_from(options.start)
    if accelerator.is_main_process:
        options.out.mkdir(parents=True, exist_ok=True)
        patches = f"{batches.samples} samples of {batches.per_sample} patches"
        print(f"{config.name}: {patches}, on {_machines(accelerator)}", flush=True)
    with _stop_on_ctrl_c() as stop:
        run.go(stop)
    if stop.asked and not run.done and accelerator.is_main_process:
        print(f"stopped; `{options.command} --resume` goes on from here", flush=True)
    return options.out / FILE


def is_finished(out: Path) -> bool:
    """Whether a folder holds a training that came to its end."""
    return (out / FILE).is_file() and bool(load_checkpoint(out).get("done"))


def _machines(accelerator: Accelerator) -> str:
    count = accelerator.num_processes
    return f"{count} processes ({accelerator.device.type})" if count > 1 else str(
        accelerator.device.type
    )  # fmt: skip


def _previous(options: Options, resume: bool) -> dict[str, Any] | None:
    path = options.out / FILE
    if resume:
        return load_checkpoint(path)
    if path.exists():
        raise UserError(f"{options.out} holds a training already: add --resume, or choose another")
    return None


@dataclass
class _Best:
    """The averaged weights that validated best so far.

    Attributes:
        error: their mean error, degrees.
        step: when.
        weights: a copy.
        since: validations that were no better, in a row.
    """

    error: float = float("inf")
    step: int = 0
    weights: dict[str, torch.Tensor] | None = None
    since: int = 0


class _Run:
    """A trainer on its way: validations, checkpoints, the log."""

    def __init__(
        self, trainer: Trainer, judged: PatchSet | None, fold: dict[str, Any] | None
    ) -> None:
        self._trainer, self._judged, self._fold = trainer, judged, fold
        self._best = _Best()
        self._main = trainer.accelerator.is_main_process
        self._log: SummaryWriter | None = None
        self._validated = -1
        self.done = False

    def restore(self, content: dict[str, Any]) -> None:
        """Go back to where a checkpoint says."""
        best = content.get("best")
        if best is not None:
            self._best = _Best(
                content["best_error_deg"], content["best_step"], best, content["best_since"]
            )

    def go(self, stop: "_Stop") -> None:
        """Train until the end, or until told to stop."""
        trainer, options = self._trainer, self._trainer.options
        saved = time.perf_counter()
        bar = tqdm(
            total=1000,
            initial=min(int(1000 * trainer.progress), 1000),
            file=sys.stdout,
            mininterval=1.0 if sys.stdout.isatty() else 30.0,
            bar_format="{l_bar}{bar}| {elapsed}, {remaining} left{postfix}",
            disable=not self._main,
        )
        with bar, self._logging():
            for _ in itertools.count():
                self.done = trainer.progress >= 1.0 - 1e-9 or self._exhausted
                if self.done or self._asked(stop):
                    break
                parts = trainer.train_step()
                bar.update(min(int(1000 * trainer.progress), 1000) - bar.n)
                if trainer.step % LOG_EVERY == 0:
                    self._tell(parts, bar)
                due = time.perf_counter() - saved > options.checkpoint_minutes * 60.0
                if self._due(due):
                    self._validate(bar)
                if due:
                    self._save()
                    saved = time.perf_counter()
            if self.done and self._validated != trainer.step:
                self._validate(bar)
            self._save()

    @contextmanager
    def _logging(self) -> Iterator[None]:
        if not self._main:
            yield
            return
        folder = str(self._trainer.options.out)
        with SummaryWriter(folder, purge_step=self._trainer.step) as self._log:
            yield

    @property
    def _exhausted(self) -> bool:
        patience = self._trainer.options.patience
        return patience is not None and self._best.since >= patience

    def _asked(self, stop: "_Stop") -> bool:
        accelerator = self._trainer.accelerator
        if accelerator.num_processes == 1:
            return stop.asked
        asked: Any = accelerator.reduce(
            torch.tensor(float(stop.asked), device=accelerator.device), "sum"
        )
        return bool(asked > 0)

    def _due(self, by_clock: bool) -> bool:
        """Whether to validate: after every round where the budget counts rounds, so that nothing
        depends on the clock; else with every checkpoint."""
        trainer = self._trainer
        if trainer.options.budget.epochs is None:
            return by_clock and trainer.accelerator.num_processes == 1
        return trainer.step % trainer.batches.rounds == 0

    def _tell(self, parts: dict[str, torch.Tensor], bar: Any) -> None:
        trainer = self._trainer
        if self._log is None:
            return
        batch = trainer.config.training.batch
        speed = trainer.step * batch / max(trainer.seconds, 1e-9)
        values = {name: float(part) for name, part in parts.items()}
        for name, value in {**values, "patches_per_second": speed}.items():
            self._log.add_scalar(f"train/{name}", value, trainer.step)
        error = values.get("error_deg", float("nan"))
        bar.set_postfix_str(f"error {error:.2f} deg, {speed:.0f} patches/s")

    def _validate(self, bar: Any) -> None:
        """Measure the averaged weights, and keep them if they are the best so far. Every process
        does the same, so that all agree on when to stop."""
        if self._judged is None:
            return
        trainer = self._trainer
        self._validated = trainer.step
        found = measure(predict(trainer.average, self._judged), self._judged)
        if found["mean_deg"] < self._best.error:
            weights = {k: v.detach().cpu().clone() for k, v in trainer.average.state_dict().items()}
            self._best = _Best(found["mean_deg"], trainer.step, weights)
        else:
            self._best.since += 1
        if self._log is None:
            return
        for name, value in found.items():
            if isinstance(value, float):
                self._log.add_scalar(f"validation/{name}", value, trainer.step)
        bar.write(
            f"step {trainer.step}, {trainer.seconds / 60.0:.1f} min: validation mean "
            f"{found['mean_deg']:.2f}, median {found['median_deg']:.2f}, one eye "
            f"{found['eye_mean_deg']:.2f} deg; slope yaw {found['yaw_slope']:.2f}, pitch "
            f"{found['pitch_slope']:.2f}; zero-shot {found['zero_shot_accuracy']:.2f}",
            file=sys.stdout,
        )
        sys.stdout.flush()

    def _save(self) -> None:
        if not self._main:
            return
        content = {**self._trainer.state(), "done": self.done}
        if self._fold is not None:
            content["fold"] = self._fold
        if self._best.weights is not None:
            content["best"] = copy.copy(self._best.weights)
            content["best_error_deg"] = self._best.error
            content["best_step"] = self._best.step
            content["best_since"] = self._best.since
        save_checkpoint(self._trainer.options.out, content)


class _Stop:
    asked = False


@contextmanager
def _stop_on_ctrl_c() -> Iterator[_Stop]:
    """Let the first Ctrl-C finish the step it comes in; the second one ends at once."""
    stop = _Stop()

    def ask(*_: object) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)
