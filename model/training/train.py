"""Trains a GazeCLIP on patch sets: resumable, seeded, within a budget of minutes or epochs."""

import copy
import itertools
import math
import platform
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import timm
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from model.errors import UserError
from model.training.augment import Augmenter
from model.training.checkpoint import FILE, load_checkpoint, save_checkpoint, without_pretrained
from model.training.config import GazeClipConfig, config_from_json
from model.training.datasets import synthgaze
from model.training.datasets.patchset import PatchSet
from model.training.gazeclip import GazeCLIP
from model.training.losses import gaze_loss
from model.training.metrics import measure
from model.training.predict import predict
from model.training.sampler import Sampler

LOG_EVERY = 50
"""Steps between two entries in TensorBoard."""
MAX_GRADIENT = 5.0
"""Norm at which gradients are clipped."""
FINAL_RATE = 0.01
"""Share of the peak learning rate that is left at the end."""
ASLEEP = 60.0
"""Seconds after which a step counts as a machine that slept, not as training."""
ALONE = 0.12
"""Share of the faces whose eyes are shown to the model as if they were single."""
VALIDATION_SAMPLES = 2000
"""Samples that the validations during training look at."""


@dataclass(frozen=True)
class Budget:
    """How long to train: minutes or epochs, one of the two."""

    minutes: float | None = None
    epochs: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.minutes, self.epochs) if value is not None]
        if len(given) != 1 or not given[0] > 0:
            raise UserError("give either --minutes or --epochs, more than 0")


@dataclass(frozen=True)
class Options:
    """What is neither the model's nor the data's.

    Attributes:
        out: folder of checkpoint and TensorBoard log.
        budget: how long to train.
        seed: of everything that chance decides.
        precision: "fp32", or "bf16" for the arithmetic of visual tower and head, quicker on CPUs
            that know it.
        checkpoint_minutes: minutes between two checkpoints and validations.
        command: the command line, for the model card.
        start: a training whose averaged weights this one begins with, to refine a model on other
            data or with another configuration of the training; None for random weights.
    """

    out: Path
    budget: Budget
    seed: int = 0
    precision: str = "fp32"
    checkpoint_minutes: float = 5.0
    command: str = ""
    start: Path | None = None


class Trainer:
    """One training: model, averaged model, optimiser, and where chance and the clock stand."""

    def __init__(self, config: GazeClipConfig, data: PatchSet, options: Options) -> None:
        self.config, self.data, self.options = config, data, options
        torch.manual_seed(options.seed)
        self.model = GazeCLIP(config)
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        self._now, self._mean = self._moving(self.model), self._moving(self.average)
        self.generator = torch.Generator().manual_seed(options.seed)
        open_eyed = torch.from_numpy(np.flatnonzero(data.usable.any(axis=1)))
        if len(open_eyed) == 0:
            raise UserError("the shards hold no open eye to train on: render more")
        self.per_sample = data.images.shape[1]
        batch = max(config.training.batch // self.per_sample, 1)
        self.sampler = Sampler(open_eyed, batch, self.generator)
        size = (config.patch.height, config.patch.width)
        self.augment = Augmenter(size, config.training.augmentation, self.generator)
        self.optimizer = torch.optim.AdamW(self._groups(), fused=True)
        self.images = torch.from_numpy(data.images)
        self.head = torch.from_numpy(data.head)
        self.target = torch.from_numpy(data.target)
        self.usable = torch.from_numpy(data.usable)
        self.points = torch.from_numpy(data.points)
        self.step = 0
        self.seconds = 0.0
        self._fixed_text: Tensor | None = None

    def _groups(self) -> list[dict[str, Any]]:
        """Parameter groups: the visual tower has its own rate, and vectors are not decayed."""
        training, clip = self.config.training, self.config.clip
        groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            if not parameter.requires_grad:
                continue
            scale = clip.visual_rate if name.startswith("clip.") else 1.0
            plain = parameter.ndim < 2 or "position" in name or "gaze_token" in name
            decay = 0.0 if plain else training.decay
            groups.setdefault((training.rate * scale, decay), []).append(parameter)
        return [
            {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ]

    @property
    def progress(self) -> float:
        """Share of the budget that is used up."""
        budget = self.options.budget
        if budget.minutes is not None:
            return self.seconds / (60.0 * budget.minutes)
        assert budget.epochs is not None
        return self.step * self.sampler.batch / (budget.epochs * len(self.sampler.items))

    def train_step(self) -> dict[str, float]:
        """One batch; returns the parts of its loss."""
        started = time.perf_counter()
        training = self.config.training
        rate = learning_rate(self.progress, training.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        which = next(self.sampler)
        pixels, head, target, points = self.augment(
            self.images[which], self.head[which], self.target[which], self.points[which]
        )
        pixels = self.model.normalise(pixels).contiguous(memory_format=torch.channels_last)
        text = self._text()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.precision == "bf16"):
            output = self.model(pixels, head, text, self._heard(len(which)))
        usable = self.usable[which].flatten()
        loss, parts = gaze_loss(
            output.of(usable), target[usable], training, points[usable], self.model.reach
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._learning(), MAX_GRADIENT)
        self.optimizer.step()
        self.step += 1
        self._follow()
        elapsed = time.perf_counter() - started
        self.seconds += elapsed if elapsed < ASLEEP else 0.0
        return {"loss": float(loss.detach()), **parts, "rate": rate}

    def _heard(self, samples: int) -> Tensor:
        """Which eyes are heard by their others: for some faces none, since some people have one
        eye that can be used, and it must do on its own."""
        paired = torch.rand(samples, generator=self.generator) >= ALONE
        return paired.float().repeat_interleave(self.per_sample)

    def _text(self) -> Tensor:
        """Text features of this step; of a text tower that does not learn, always the same."""
        if self.config.clip.train_text:
            return self.model.text_features(self.generator)
        if self._fixed_text is None:
            with torch.no_grad():
                self._fixed_text = self.model.text_features()
        return self._fixed_text

    def _learning(self) -> list[torch.nn.Parameter]:
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the averaged weights towards the current ones; at first quickly."""
        keep = min(self.config.training.average, (1.0 + self.step) / (10.0 + self.step))
        torch._foreach_lerp_(self._mean, self._now, 1.0 - keep)

    def _moving(self, model: GazeCLIP) -> list[Tensor]:
        """What changes in training: learned parameters and running statistics."""
        frozen = {name for name, p in self.model.named_parameters() if not p.requires_grad}
        state = model.state_dict()
        return [t for key, t in state.items() if t.is_floating_point() and key not in frozen]

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs, and what a model card tells."""
        return {
            "config": self.config.to_json(),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "chance": torch.get_rng_state(),
            "waiting": self.sampler.waiting.clone(),
            "samples": len(self.sampler.items),
            "step": self.step,
            "seconds": self.seconds,
            "training": {
                "command": self.options.command,
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "seed": self.options.seed,
                "precision": self.options.precision,
                "steps": self.step,
                "minutes": round(self.seconds / 60.0, 2),
                "samples": len(self.sampler.items),
                "versions": {
                    "python": platform.python_version(),
                    "torch": str(torch.__version__),
                    "open_clip": open_clip.__version__,
                    "timm": timm.__version__,
                },
            },
        }

    def start_from(self, path: Path) -> None:
        """Begin with the averaged weights of another training. Parts of the head that are built
        differently there start anew, which is said.

        Raises:
            UserError: if its towers are not built like these.
        """
        weights = load_checkpoint(path)["average"]
        own = self.model.state_dict()
        fitting = {k: v for k, v in weights.items() if k in own and own[k].shape == v.shape}
        if any(key.startswith("clip.") and key not in fitting for key in own):
            raise UserError(
                f"the model in {path} has other towers than {self.config.name}: start from "
                "another training, or without --start"
            )
        for model in (self.model, self.average):
            model.load_state_dict(fitting, strict=False)
        self._fixed_text = None
        anew = sorted(set(own) - set(fitting))
        if anew:
            print(f"starting anew: {', '.join(anew)}", flush=True)

    def restore(self, content: dict[str, Any]) -> None:
        """Go back to a state. With other data than then, the current round of it starts anew."""
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self._fixed_text = None
        self.optimizer.load_state_dict(content["optimizer"])
        self.generator.set_state(content["generator"])
        torch.set_rng_state(content["chance"])
        if content["samples"] == len(self.sampler.items):
            self.sampler.waiting = content["waiting"]
        self.step, self.seconds = int(content["step"]), float(content["seconds"])


def learning_rate(progress: float, warmup: float) -> float:
    """Share of the peak rate at a share of the training: a linear rise, then half a cosine."""
    if progress < warmup:
        return (progress + 1e-3) / (warmup + 1e-3)
    fall = min((progress - warmup) / max(1.0 - warmup, 1e-9), 1.0)
    return FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * fall))


def train(
    config: GazeClipConfig | None,
    shards: list[Path],
    validation: Path | None,
    options: Options,
    resume: bool = False,
) -> Path:
    """Train until the budget is used up or Ctrl-C.

    Args:
        config: of the model; on resuming the checkpoint's own is used.
        shards: folders of rendered shards; on resuming they may hold more than before.
        validation: folder of shards to validate on, or None.
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
    if config is None:
        raise UserError("say which configuration to train: --config NAME")
    data = synthgaze.load_for_training(shards, config.patch, config.grey)
    judged = None
    if validation is not None:
        judged = synthgaze.load([validation], config.patch, config.grey, VALIDATION_SAMPLES)
    trainer = Trainer(config, data, options)
    if content is not None:
        trainer.restore(content)
    elif options.start is not None:
        trainer.start_from(options.start)
    options.out.mkdir(parents=True, exist_ok=True)
    sources = [synthgaze.summary(folder) for folder in shards]
    print(f"{config.name}: {int(data.usable.sum())} patches from {len(data)} samples", flush=True)
    with SummaryWriter(str(options.out), purge_step=trainer.step) as log, _stop_on_ctrl_c() as stop:
        _run(trainer, judged, log, stop, sources)
    if stop.asked and trainer.progress < 1.0:
        print(f"stopped; `{options.command} --resume` goes on from here", flush=True)
    return options.out / FILE


def _previous(options: Options, resume: bool) -> dict[str, Any] | None:
    path = options.out / FILE
    if resume:
        return load_checkpoint(path)
    if path.exists():
        raise UserError(f"{options.out} holds a training already: add --resume, or choose another")
    return None


def _run(
    trainer: Trainer,
    judged: PatchSet | None,
    log: SummaryWriter,
    stop: "_Stop",
    sources: list[dict[str, Any]],
) -> None:
    saved = time.perf_counter()
    every = trainer.options.checkpoint_minutes * 60.0
    bar = tqdm(
        total=1000,
        initial=int(1000 * trainer.progress),
        file=sys.stdout,
        mininterval=1.0 if sys.stdout.isatty() else 30.0,
        bar_format="{l_bar}{bar}| {elapsed}, {remaining} left{postfix}",
    )
    with bar:
        for _ in itertools.count():
            if trainer.progress >= 1.0 or stop.asked:
                break
            parts = trainer.train_step()
            bar.update(min(int(1000 * trainer.progress), 1000) - bar.n)
            if trainer.step % LOG_EVERY == 0:
                seen = trainer.step * trainer.sampler.batch * trainer.per_sample
                speed = seen / max(trainer.seconds, 1e-9)
                for name, value in {**parts, "patches_per_second": speed}.items():
                    log.add_scalar(f"train/{name}", value, trainer.step)
                bar.set_postfix_str(f"error {parts['error_deg']:.2f} deg, {speed:.0f} patches/s")
            if time.perf_counter() - saved > every:
                save_checkpoint(trainer.options.out, {**trainer.state(), "data": sources})
                _validate(trainer, judged, log, bar)
                saved = time.perf_counter()
        save_checkpoint(trainer.options.out, {**trainer.state(), "data": sources})
        _validate(trainer, judged, log, bar)


def _validate(trainer: Trainer, judged: PatchSet | None, log: SummaryWriter, bar: Any) -> None:
    if judged is None:
        return
    found = measure(predict(trainer.average, judged), judged)
    for name, value in found.items():
        if isinstance(value, float):
            log.add_scalar(f"validation/{name}", value, trainer.step)
    bar.write(
        f"step {trainer.step}, {trainer.seconds / 60.0:.1f} min: validation mean "
        f"{found['mean_deg']:.2f}, median {found['median_deg']:.2f}, one eye "
        f"{found['eye_mean_deg']:.2f} deg; slope yaw {found['yaw_slope']:.2f}, pitch "
        f"{found['pitch_slope']:.2f}; zero-shot {found['zero_shot_accuracy']:.2f}",
        file=sys.stdout,
    )
    sys.stdout.flush()


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
