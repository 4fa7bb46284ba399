"""Augmentation of patches, by batch, in torch: quick enough not to hold up a CPU.

All of it is our choice. What a step draws depends on nothing but the generator it is given.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.directions import unit_vectors

SHIFT = 0.025
"""Standard deviation of a patch's shift, in patch widths: FaceMesh's landmarks err as much."""
SCALE = 0.05
"""Standard deviation of the logarithm of a patch's size."""
ROLL = math.radians(3.0)
"""Standard deviation of the roll about the patch's middle. Gaze rolls along: a wrong head roll
turns the normalised frame, and the true gaze within it."""
HEAD_NOISE = (0.08, 0.04, 0.12, 0.08)
"""Standard deviations added to the four numbers about the head. FaceMesh reads the pitch of real
and of rendered heads some degrees differently: a model that trusts it carries that into gaze."""
COMMON = 0.8
"""Share of the variance that the two eyes of a face have in common, in what comes from the face or
the light on it: were it independent, a model that sees both eyes would average it away."""
MIRRORS = (-1.0, 1.0)
"""Signs of a roll to the right, a yaw and a slope of light in the frames of the user's right eye,
which is flipped, and of the left one."""


class Augmenter:
    """Makes training patches out of stored ones.

    Args:
        size: (height, width) of the patches to make.
        strength: of everything; 0 only cuts out the middle.
        generator: where chance comes from; on its device everything happens.
    """

    def __init__(self, size: tuple[int, int], strength: float, generator: torch.Generator) -> None:
        self.size = size
        self.strength = strength
        self.generator = generator
        self.device = generator.device
        height, width = size
        # Pixel centres in units of half the patch's width, so that circles stay round.
        across, down = (torch.arange(side, device=self.device) + 0.5 for side in (width, height))
        self.x = (across / width * 2.0 - 1.0).view(1, 1, 1, -1)
        self.y = (down * 2.0 - height).div(width).view(1, 1, -1, 1)

    def __call__(
        self, images: Tensor, head: Tensor, target: Tensor, points: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """
        Args:
            images: (M, P, H, W, C) uint8; P = 2 eyes, the flipped right one first, or 1 face.
            head: (M, P, 4).
            target: (M, P, 2) gaze, radians.
            points: (M, P, 2, 2) of iris and eyeball, half patch widths from the middle.

        Returns:
            Pixels (M P, C, height, width) 0..1, head (M P, 4), target (M P, 2) and points
            (M P, 2, 2) to go with them.
        """
        count = images.shape[1]
        head, target, points = head.flatten(0, 1), target.flatten(0, 1), points.flatten(0, 1)
        pixels = images.flatten(0, 1).permute(0, 3, 1, 2).float() / 255.0
        if self.strength == 0.0:
            top = (pixels.shape[2] - self.size[0]) // 2
            left = (pixels.shape[3] - self.size[1]) // 2
            cut = pixels[:, :, top : top + self.size[0], left : left + self.size[1]]
            return cut, head, target, points
        pixels, roll, points = self._move(pixels, points, count)
        target, head = _rolled(target, roll), _roll_head(head, roll)
        pixels, head = self._coarsen(pixels, head, count)
        pixels = self._light(pixels, count)
        pixels = self._cover(pixels, share=0.12, dark=False)
        pixels = self._cover(pixels, share=0.08, dark=True)
        pixels = self._noise(pixels)
        wrong = [self._common(len(head), count, mirrors=k == 1) for k in range(head.shape[1])]
        spread = torch.tensor(HEAD_NOISE, device=self.device) * self.strength
        head = head + torch.stack(wrong, dim=1) * spread
        return pixels.clamp(0.0, 1.0), head, target, points

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device)

    def _common(self, n: int, count: int, mirrors: bool = False) -> Tensor:
        """(n,) unit normal numbers, largely the same for the `count` patches of a face; with the
        sign that each patch's frame gives them where it `mirrors`."""
        if count == 1:
            return self._normal(n)
        shared = self._normal(n // count, 1) * math.sqrt(COMMON)
        own = self._normal(n // count, count) * math.sqrt(1.0 - COMMON)
        both = shared + own
        return (both * torch.tensor(MIRRORS, device=self.device) if mirrors else both).flatten()

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def _some(self, n: int, share: float) -> Tensor:
        """Indices of a random share of n."""
        return (self._uniform(0.0, 1.0, n) < share * self.strength).nonzero()[:, 0]

    def _move(self, pixels: Tensor, points: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Shift, scale and roll; also returns the roll (N,), clockwise in the picture, and where
        points (N, K, 2) come to lie."""
        n, _, rows, columns = pixels.shape
        width = self.size[1]
        roll = self._common(n, count, mirrors=True) * ROLL * self.strength
        scale = torch.exp(self._common(n, count) * SCALE * self.strength)
        shift = self._normal(n, 2) * 2.0 * SHIFT * self.strength
        cosine, sine = roll.cos() * scale, roll.sin() * scale
        x, y = self.x[0, 0], self.y[0, 0]
        # Where in the stored picture, in the same units, each new pixel comes from.
        u = cosine.view(-1, 1, 1) * x + sine.view(-1, 1, 1) * y + shift[:, 0].view(-1, 1, 1)
        v = cosine.view(-1, 1, 1) * y - sine.view(-1, 1, 1) * x + shift[:, 1].view(-1, 1, 1)
        grid = torch.stack([u * (width / columns), v * (width / rows)], dim=-1)
        moved = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
        # The other way round for the points.
        from_shift = points - shift.unsqueeze(1)
        turn = torch.stack([torch.stack([cosine, sine], -1), torch.stack([-sine, cosine], -1)], -1)
        points = (from_shift @ turn.transpose(1, 2)) / scale.square().view(-1, 1, 1)
        return moved, roll, points

    def _coarsen(self, pixels: Tensor, head: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """What a poorer camera or a longer distance leaves of the detail, for some: drawn small
        and back. The number that tells the model how much detail there is follows."""
        head = head.clone()
        for factor in (1.5, 2.0):
            faces = self._some(len(pixels) // count, 0.12)
            if len(faces) == 0:
                continue
            some = (faces.unsqueeze(1) * count + torch.arange(count, device=self.device)).flatten()
            size = (round(self.size[0] / factor), round(self.size[1] / factor))
            small = F.interpolate(pixels[some], size=size, mode="area")
            pixels[some] = F.interpolate(small, size=self.size, mode="bilinear")
            head[some, 3] = head[some, 3].clamp(max=-math.log(factor))
        return pixels, head

    def _light(self, pixels: Tensor, count: int) -> Tensor:
        """Exposure, contrast and a gradient of light."""
        n, s = len(pixels), self.strength
        gamma, gain, slope_x, slope_y = (
            self._common(n, count, mirrors).view(n, 1, 1, 1) * spread * s
            for spread, mirrors in ((0.25, False), (0.15, False), (0.25, True), (0.25, False))
        )
        gamma, gain = gamma.exp(), gain.exp()
        light = (1.0 + slope_x * self.x + slope_y * self.y).clamp(0.2, 2.0) * gain
        return pixels.clamp(min=1e-3).pow(gamma) * light

    def _cover(self, pixels: Tensor, share: float, dark: bool) -> Tensor:
        """Lay a tilted, soft-edged bar over some: a reflection in glasses, or (dark) a piece of
        their frame or a strand of hair."""
        some = self._some(len(pixels), share)
        n = len(some)
        if n == 0:
            return pixels
        tilt = self._uniform(-0.6, 0.6, n, 1, 1, 1)
        dx = self.x - self._uniform(-0.8, 0.8, n, 1, 1, 1)
        dy = self.y - self._uniform(-0.6, 0.6, n, 1, 1, 1)
        along, across = tilt.cos() * dx + tilt.sin() * dy, tilt.cos() * dy - tilt.sin() * dx
        length = self._uniform(0.1, 1.5 if dark else 0.6, n, 1, 1, 1)
        breadth = self._uniform(0.02, 0.08 if dark else 0.4, n, 1, 1, 1)
        edge = self._uniform(15.0, 80.0, n, 1, 1, 1)
        opacity = self._uniform(0.2, 0.9, n, 1, 1, 1)
        mask = torch.sigmoid((length - along.abs()) * edge)
        mask = opacity * mask * torch.sigmoid((breadth - across.abs()) * edge)
        level = self._uniform(0.0, 0.2, n, 1, 1, 1) if dark else self._uniform(0.5, 1.0, n, 1, 1, 1)
        tint = 1.0 - self._uniform(0.0, 0.3, n, pixels.shape[1], 1, 1)
        pixels[some] = pixels[some] * (1.0 - mask) + mask * level * tint
        return pixels

    def _noise(self, pixels: Tensor) -> Tensor:
        some = self._some(len(pixels), 0.5)
        if len(some):
            spread = self._uniform(0.0, 0.04, len(some), 1, 1, 1)
            pixels[some] += self._normal(len(some), *pixels.shape[1:]) * spread
        return pixels


def _rolled(angles: Tensor, roll: Tensor) -> Tensor:
    """Pitch and yaw (N, 2) after rolling the picture clockwise by (N,) radians."""
    x, y, z = unit_vectors(angles).unbind(dim=-1)
    turned_x = roll.cos() * x - roll.sin() * y
    turned_y = roll.cos() * y + roll.sin() * x
    return torch.stack([torch.asin((-turned_y).clamp(-1.0, 1.0)), torch.atan2(-turned_x, -z)], -1)


def _roll_head(head: Tensor, roll: Tensor) -> Tensor:
    return torch.cat([_rolled(head[:, :2], roll), head[:, 2:]], dim=1)
