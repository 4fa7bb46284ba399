"""Material for tests of training: shards of drawn eyes, and configurations that train quickly."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import rotation_z, vector
from model.patches import EYE_PATCH_WIDE, PatchSpec, to_normalised
from model.training.config import (
    ClipConfig,
    FusionConfig,
    GazeClipConfig,
    TrainingConfig,
    load_config,
)

TEXT = {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
TOWERS = {
    "tiny-eye": {
        "vision_cfg": {
            "timm_model_name": "gazeclip_eye_grey",
            "timm_pool": "avg",
            "timm_proj": "",
            "image_size": [48, 72],
        },
    },
    "tiny-resnet": {
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None},
    },
    "tiny-vit": {
        "vision_cfg": {
            "image_size": 64, "layers": 1, "width": 32, "head_width": 16, "patch_size": 32
        },
    },
}  # fmt: skip
"""open_clip configurations: our eye tower with a small text tower, and CLIP's two kinds, tiny."""


def write_tower(folder: Path, name: str) -> str:
    """Write one of TOWERS as an open_clip configuration; returns its path."""
    path = folder / f"{name}.json"
    content = {"embed_dim": 32, **TOWERS[name], "text_cfg": TEXT}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def tiny_config(folder: Path, tower: str = "tiny-eye") -> GazeClipConfig:
    """A configuration like gazeclip-s (or, with another tower, gazeclip-rn50), only smaller."""
    eyes = tower == "tiny-eye"
    config = load_config("gazeclip-s" if eyes else "gazeclip-rn50")
    return replace(
        config,
        name=tower,
        patch=config.patch if eyes else PatchSpec("face", 64, 64, 960.0, 600.0),
        clip=ClipConfig(write_tower(folder, tower)),
        fusion=FusionConfig(width=32, heads=2, layers=1, hidden=64, embedding=16, dropout=0.1),
        training=TrainingConfig(batch=32, rate=2e-3, contrastive=1.0, average=0.9),
    )


def drawn_iris(pitch: float, yaw: float) -> tuple[float, float]:
    """Where the disc of `draw_eye` lies, pixels."""
    return float(48 - 20 * np.sin(yaw)), float(32 - 18 * np.sin(pitch))


def draw_eye(pitch: float, yaw: float, generator: np.random.Generator) -> NDArray[np.uint8]:
    """A disc on a white ellipse, (64, 96, 3), where the disc tells the normalised gaze."""
    image = np.full((64, 96, 3), generator.integers(60, 200), dtype=np.uint8)
    cv2.ellipse(image, (48, 32), (26, 13), 0, 0, 360, (230, 225, 220), -1, cv2.LINE_AA)
    x, y = drawn_iris(pitch, yaw)
    centre = (round(16 * x), round(16 * y))
    cv2.circle(image, centre, 9 * 16, (70, 60, 50), -1, cv2.LINE_AA, 4)
    return np.clip(image + generator.normal(0.0, 4.0, image.shape), 0, 255).astype(np.uint8)


def write_shards(
    folder: Path,
    samples: int = 64,
    seed: int = 0,
    preset: str = "train",
    first_identity: int = 0,
    face: bool = False,
    traits: bool = False,
) -> Path:
    """A folder with a manifest and one shard of drawn eyes (or faces, which are noise).

    Args:
        traits: whether also with those that renderer 6 and later ones write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    pitch = generator.uniform(np.radians(-30.0), np.radians(20.0), samples)
    yaw = generator.uniform(np.radians(-35.0), np.radians(35.0), samples)
    gaze = vector(np.stack([pitch, yaw], axis=1))
    rotation = np.stack(
        [[rotation_z(generator.normal() * 0.05) for _ in range(2)] for _ in range(samples)]
    )
    height, width = EYE_PATCH_WIDE.height, EYE_PATCH_WIDE.width
    eyes = np.zeros((samples, 2, height, width, 3), dtype=np.uint8)
    points = np.full((samples, 2, 2, 2), (48.0, 32.0))
    for eye, mirrored in ((0, True), (1, False)):
        angles = to_normalised(gaze, rotation[:, eye], mirrored)
        for i in range(samples):
            eyes[i, eye] = draw_eye(*angles[i], generator)
            points[i, eye, 0] = drawn_iris(*angles[i])
    arrays = {
        "eyes": eyes,
        "eyes_rotation": rotation.astype(np.float32),
        "eyes_head": np.zeros((samples, 2, 4), dtype=np.float32),
        "eyes_points": points.astype(np.float32),
        "gaze": gaze.astype(np.float32),
        "eye_gaze": np.stack([gaze, gaze], axis=1).astype(np.float32),
        "head_angles": np.zeros((samples, 3), dtype=np.float32),
        "head_position": np.tile(np.float32([0.0, 0.0, 600.0]), (samples, 1)),
        "openness": np.ones((samples, 2), dtype=np.float32),
        "image_size": np.tile(np.int32([640, 480]), (samples, 1)),
        "fov": np.full(samples, 65.0, dtype=np.float32),
        "glasses": np.arange(samples) % 2 == 0,
        "identity": first_identity + np.arange(samples, dtype=np.int64),
        "index": np.arange(samples, dtype=np.int64),
    }
    arrays["openness"][-1] = 0.0  # one sample with shut eyes
    if face:
        arrays["face"] = generator.integers(0, 256, (samples, 224, 224, 3)).astype(np.uint8)
        arrays["face_rotation"] = rotation[:, 0].astype(np.float32)
        arrays["face_head"] = np.zeros((samples, 4), dtype=np.float32)
    if traits:
        several = np.arange(samples)
        arrays["iris_colour"] = np.array(["brown", "dark brown", "blue", "grey"])[several % 4]
        arrays["skin_tone"] = np.linspace(-60.0, 70.0, samples).astype(np.float32)
        arrays["glasses_kind"] = np.where(arrays["glasses"], "framed", "")
        arrays["dioptres"] = np.tile(np.linspace(-6.0, 3.0, samples)[:, None], (1, 2))
        arrays["glare"] = np.full((samples, 2), 0.5) * (several % 8 == 0)[:, None]
        arrays["contact"] = np.where(several % 10 == 1, "clear", "")
        arrays["light"] = np.array(["even", "dim"])[several % 2]
        arrays["light_level"] = np.ones(samples, dtype=np.float32)
        arrays["mask"] = several % 20 == 3
    np.savez(folder / "shard_00000.npz", **arrays)
    manifest = {"schema": 1, "preset": preset, "seed": seed, "shards": []}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder
