"""One training: model, averaged model, optimiser, and a step of it."""

import copy
import math
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor, nn

from model.errors import UserError
from model.training.augment import Augmenter
from model.training.batches import Batch, Batches
from model.training.checkpoint import load_checkpoint
from model.training.config import GazeClipConfig
from model.training.gazeclip import GazeCLIP
from model.training.losses import gaze_loss

MAX_GRADIENT = 5.0
"""Norm at which gradients are clipped."""
FINAL_RATE = 0.01
"""Share of the peak learning rate that is left at the end."""
ASLEEP = 60.0
"""Seconds after which a step counts as a machine that slept, not as training."""
ALONE = 0.12
"""Share of the faces whose eyes are shown to the model as if they were single."""
STRIDE = 1_000_003
"""Keeps the chance of one step apart from that of the same step with the next seed."""


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
        precision: "fp32"; or "bf16" or "fp16" for the arithmetic of visual tower and head, quicker
            where the hardware knows it.
        checkpoint_minutes: minutes between two checkpoints.
        patience: validations without a new best one after which training stops; None for never.
        command: the command line, for the model card.
        start: a training whose weights this one begins with, to refine a model on other data or
            with another configuration of the training; None for random weights.
    """

    out: Path
    budget: Budget
    seed: int = 0
    precision: str = "fp32"
    checkpoint_minutes: float = 5.0
    patience: int | None = None
    command: str = ""
    start: Path | None = None


class Learner(nn.Module):
    """The model with its loss: what several processes run side by side, each on its part."""

    def __init__(self, model: GazeCLIP) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, batch: Batch, heard: Tensor, text: Tensor | None, chance: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss and its parts.

        Args:
            batch: augmented: pixels (N, C, H, W) 0..1, and the rest (N, ...).
            heard: (N,) which eyes are heard by their others.
            text: (9, F) features of a text tower that does not learn, else None.
            chance: draws the sentences.
        """
        model = self.model
        pixels = model.normalise(batch.images).contiguous(memory_format=torch.channels_last)
        if text is None:
            # Sentences differ by a few words: too little for arithmetic in half precision.
            with torch.autocast(pixels.device.type, enabled=False):
                text = model.text_features(chance)
        output = model(pixels, batch.head, text, heard)
        with torch.autocast(pixels.device.type, enabled=False):
            return gaze_loss(
                output.of(batch.usable),
                batch.target[batch.usable],
                model.config,
                batch.points[batch.usable],
                model.reach,
            )


class Trainer:
    """One training, by step. All chance of a step follows from seed and step alone.

    Args:
        config: of the model.
        batches: what it learns from.
        options: see there.
        accelerator: devices and processes; None for one process on what there is.
    """

    def __init__(
        self,
        config: GazeClipConfig,
        batches: Batches,
        options: Options,
        accelerator: Accelerator | None = None,
    ) -> None:
        self.config, self.batches, self.options = config, batches, options
        self.accelerator = accelerator or make_accelerator(options.precision, config)
        self.device = self.accelerator.device
        torch.manual_seed(options.seed)
        model = GazeCLIP(config)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model = model.to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False).eval()
        optimizer = torch.optim.AdamW(self._groups(), fused=True)
        self._learner, self.optimizer = self.accelerator.prepare(Learner(self.model), optimizer)
        # Only now: several processes make the tensors of their models anew.
        self._now, self._mean = self._moving(self.model), self._moving(self.average)
        self.chance = torch.Generator(self.device)
        size = (config.patch.height, config.patch.width)
        self.augment = Augmenter(size, config.training.augmentation, self.chance)
        self.step = 0
        self.seconds = 0.0
        self.seed = options.seed
        self._fixed_text: Tensor | None = None
        self._coming: Iterator[list[Batch]] | None = None

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
        return self.step / (budget.epochs * self.batches.rounds)

    def train_step(self) -> dict[str, Tensor]:
        """One batch; returns the parts of its loss."""
        started = time.perf_counter()
        rate = learning_rate(self.progress, self.config.training.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        if self._coming is None:
            self._coming = self.batches.from_step(self.step)
        parts = next(self._coming)
        self._set_chance()  # after reading, which draws from chance too when it begins
        found = self._learn(parts)
        self.step += 1
        self._follow()
        elapsed = time.perf_counter() - started
        self.seconds += elapsed if elapsed < ASLEEP else 0.0
        if self.accelerator.num_processes > 1:  # all must stop at the same step
            self.seconds = float(_agreed(self.seconds, self.device))
        return {**found, "rate": torch.tensor(rate)}

    def _learn(self, parts: list[Batch]) -> dict[str, Tensor]:
        total: dict[str, Tensor] = {}
        self.optimizer.zero_grad(set_to_none=True)
        for number, part in enumerate(parts, start=1):
            batch = self._augmented(part.to(self.device))
            if not bool(batch.usable.any()):
                continue
            with ExitStack() as stack:
                if number < len(parts):  # processes exchange gradients once, with the last part
                    stack.enter_context(self.accelerator.no_sync(self._learner))
                loss, found = self._learner(
                    batch, self._heard(len(part.images)), self._text(), self.chance
                )
                self.accelerator.backward(loss / len(parts))
            for name, value in {"loss": loss.detach(), **found}.items():
                total[name] = total.get(name, torch.zeros_like(value)) + value / len(parts)
        learning = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.accelerator.clip_grad_norm_(learning, MAX_GRADIENT)
        self.optimizer.step()
        return total

    def _augmented(self, batch: Batch) -> Batch:
        pixels, head, target, points = self.augment(
            batch.images, batch.head, batch.target, batch.points
        )
        return Batch(pixels, head, target, batch.usable.flatten(), points)

    def _set_chance(self) -> None:
        """Seed what this step draws; each process draws its own."""
        process = self.accelerator.process_index
        self.chance.manual_seed((self.seed * STRIDE + self.step) * 4096 + process)
        torch.manual_seed((self.seed * STRIDE + self.step) * 4096 + process)

    def _heard(self, samples: int) -> Tensor:
        """Which eyes are heard by their others: for some faces none, since some people have one
        eye that can be used, and it must do on its own."""
        paired = torch.rand(samples, generator=self.chance, device=self.device) >= ALONE
        return paired.float().repeat_interleave(self.batches.per_sample)

    def _text(self) -> Tensor | None:
        """Text features of a text tower that does not learn: always the same."""
        if self.config.clip.train_text and self.config.text.use != "none":
            return None
        if self._fixed_text is None:
            with torch.no_grad():
                self._fixed_text = self.model.text_features()
        return self._fixed_text

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
            "samples": self.batches.samples,
            "step": self.step,
            "seconds": self.seconds,
            "seed": self.seed,
            "data": self.batches.sources,
            "training": {
                "command": self.options.command,
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "seed": self.seed,
                "precision": self.options.precision,
                "processes": self.accelerator.num_processes,
                "device": str(self.device.type),
                "steps": self.step,
                "minutes": round(self.seconds / 60.0, 2),
                "samples": self.batches.samples,
                "versions": {
                    "python": platform.python_version(),
                    "torch": str(torch.__version__),
                    "open_clip": open_clip.__version__,
                    "timm": timm.__version__,
                },
            },
        }

    def start_from(self, path: Path) -> None:
        """Begin with the weights of another training. Parts of the head that are built differently
        there start anew, which is said.

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
        """Go back to a state."""
        self.model.load_state_dict(content["model"])
        self.average.load_state_dict(content["average"])
        self._fixed_text, self._coming = None, None
        self.optimizer.load_state_dict(content["optimizer"])
        self.step, self.seconds = int(content["step"]), float(content["seconds"])
        self.seed = seed_of(content)


def seed_of(content: dict[str, Any]) -> int:
    """The seed of a checkpoint, also of one that was written before steps followed from it."""
    return int(content.get("seed", content["training"]["seed"]))


def make_accelerator(precision: str, config: GazeClipConfig) -> Accelerator:
    """The devices and processes that `accelerate launch` gave, or one of what there is.

    Args:
        precision: "fp32", "bf16" or "fp16".
        config: ablations leave parts of the model unused, which processes must know beforehand.
    """
    whole = config.text.use == "zero-shot" and config.fusion.kind == "cross-attention"
    unused = DistributedDataParallelKwargs(find_unused_parameters=not whole)
    mixed = "no" if precision == "fp32" else precision
    return Accelerator(mixed_precision=mixed, kwargs_handlers=[unused])


def learning_rate(progress: float, warmup: float) -> float:
    """Share of the peak rate at a share of the training: a linear rise, then half a cosine."""
    if progress < warmup:
        return (progress + 1e-3) / (warmup + 1e-3)
    fall = min((progress - warmup) / max(1.0 - warmup, 1e-9), 1.0)
    return FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * fall))


def _agreed(value: float, device: torch.device) -> float:
    """What the first process says, in all of them."""
    from accelerate.utils import broadcast

    told: Any = broadcast(torch.tensor(value, device=device, dtype=torch.float64))
    return float(told)
