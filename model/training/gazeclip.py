"""GazeCLIP: gaze from patches with the help of text (after arXiv 2401.00260).

The paper's: a CLIP backbone; a sentence with a coarse direction, picked for each patch by CLIP's
zero-shot similarity (prompts.py); fusion of image and text by cross-attention; a perceptron to
pitch and yaw. It publishes no dimensions, loss or code, so these are our choices:

* The text feature that enters the fusion is the mean of the nine directions' features, weighted by
  their zero-shot probabilities: the pick, but differentiable, so that gaze teaches the towers too.
* Three queries (that text feature, the head pose, a learned gaze token) look at the visual tokens,
  which carry learned position embeddings, and at each other.
* The visual map itself, reduced by a 1 x 1 convolution and flattened, enters the perceptron too:
  a degree of gaze is a fraction of a pixel, and averaging over places would lose it.
* Of eyes, learned key points (keypoints.py) enter it as well, of which training knows one, the
  iris's centre; gaze is what iris and eyeball centre say by plain geometry, plus what the
  perceptron adds (docs/decisions/0007).
* Each eye's perceptron hears the other eye's: two views of one gaze (docs/decisions/0007).
* The choice of words that is handed out is made once more at the end, by the similarity of the
  perceptron's embedding with the same sentences: it knows of the other eye and the head.
* A third output is the width of the error, see `sigma_of`.

For ablations a configuration can leave the text out, have it picked by a learned layer, join it to
the picture without attention, or not at all (`TextConfig.use`, `FusionConfig.kind`).
"""

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.geometry import DIRECTIONS
from model.training.config import FusionConfig, GazeClipConfig
from model.training.directions import direction_logits
from model.training.keypoints import Keypoints
from model.training.prompts import PROMPT_SETS, sentences
from model.training.towers import create_towers, input_channels, tokenise

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""RGB means and deviations that OpenAI's CLIP was trained with."""

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601 weights of red, green and blue in grey."""

GAZE_SCALE = 0.25
"""Radians per unit of the perceptron's output: about the spread of gaze, so that outputs are ~1."""

LOG_WIDTH_RANGE = (math.log(math.radians(0.2)), math.log(math.radians(40.0)))
"""Bounds of log b, see `sigma_of`."""

HEAD_SIZE = 4
"""Numbers that tell about the head, see `model.patches.Patches.head`."""

MAX_LOGIT_SCALE = math.log(100.0)
"""CLIP's own bound on the sharpness of its similarities."""

KEYPOINTS = 16
"""Points that an eye's perceptron hears of; the first is the iris's centre."""

IRIS_DEPTH = 10.8
"""mm from an eyeball's rotation centre to its iris: mean of adults, as SynthGaze draws them."""

BALL_SCALE = 0.1
"""Half patch widths per unit of the perceptron's output for the eyeball's centre."""

PAIR_WIDTH = 256
"""Hidden units of the exchange between the two eyes."""


class GazeOutput(NamedTuple):
    """What the model says about N patches.

    Attributes:
        gaze: (N, 2) pitch and yaw in radians, in the patches' (mirrored) normalised frames.
        log_width: (N,) log b of the error's Laplace distribution, b in radians.
        coarse: (N, 9) similarity of the visual tower's feature with the nine directions' sentences
            (or what a learned layer makes of it), which picks the text that enters the fusion.
        logits: (N, 9) similarity of the embedding with the same sentences; softmax gives the
            probabilities that are handed out.
        embedding: (N, E) the last hidden layer.
        points: (N, 2, 2) where iris and eyeball are, see `POINTS` of datasets/patchset.py; None of
            a model that sees the whole face.
    """

    gaze: Tensor
    log_width: Tensor
    coarse: Tensor
    logits: Tensor
    embedding: Tensor
    points: Tensor | None = None

    def of(self, which: Tensor) -> "GazeOutput":
        """The output of some of the patches: (N,) bool."""
        gaze, log_width, coarse, logits, embedding = (part[which] for part in self[:5])
        points = None if self.points is None else self.points[which]
        return GazeOutput(gaze, log_width, coarse, logits, embedding, points)


def sigma_of(log_width: Tensor) -> Tensor:
    """Standard deviation per axis, radians, of the error that the model expects.

    The error e, a vector of two angles, is modelled by the isotropic Laplace density
    p(e) = exp(-|e| / b) / (2 pi b^2). Then E|e|^2 = 6 b^2, which is 3 b^2 for either axis.
    """
    return math.sqrt(3.0) * log_width.exp()


class Fusion(nn.Module):
    """One step of cross-attention: queries look at the visual tokens and at each other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_norm = nn.LayerNorm(width)
        self.context_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, queries: Tensor, tokens: Tensor) -> Tensor:
        """Queries (N, Q, width) after a look at tokens (N, T, width)."""
        context = self.context_norm(torch.cat([tokens, queries], dim=1))
        q = self._split(self.query(self.query_norm(queries)))
        k, v = (self._split(part) for part in self.key_value(context).chunk(2, dim=-1))
        seen = F.scaled_dot_product_attention(q, k, v)
        queries = queries + self.out(seen.transpose(1, 2).flatten(2))
        return queries + self.mlp(queries)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Exchange(nn.Module):
    """Lets each of a pair of eyes hear the other: a residual step on their hidden layers."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        last = nn.Linear(PAIR_WIDTH, hidden)
        nn.init.zeros_(last.weight)  # at first each eye is on its own
        nn.init.zeros_(last.bias)
        first = nn.Linear(2 * (hidden + HEAD_SIZE) + 1, PAIR_WIDTH)
        self.mlp = nn.Sequential(first, nn.GELU(), last)

    def forward(self, hidden: Tensor, head: Tensor, used: Tensor) -> Tensor:
        """Hidden layers (N, H) of N / 2 pairs, with heads (N, 4); of eyes that are not `used` (N,)
        the other one hears nothing."""
        mask = used.view(-1, 2).flip(1).reshape(-1, 1).to(hidden.dtype)
        told = torch.cat([hidden, head.to(hidden.dtype)], dim=1)
        other = told.view(-1, 2, told.shape[1]).flip(1).reshape(told.shape)
        return hidden + self.mlp(torch.cat([told, other * mask, mask], dim=1))


class GazeHead(nn.Module):
    """From visual map, chosen text feature and head pose to gaze."""

    def __init__(
        self,
        config: FusionConfig,
        visual: tuple[int, int, int],
        text: int,
        eyes: bool,
        has_text: bool = True,
    ) -> None:
        """
        Args:
            config: sizes, and how text and picture come together.
            visual: channels, rows and columns of the visual map.
            text: size of a text feature.
            eyes: whether the patches are the eyes of pairs, with key points.
            has_text: whether there is a text at all.
        """
        super().__init__()
        channels, rows, columns = visual
        self.attends = config.kind == "cross-attention"
        self.token = nn.Linear(channels, config.width)
        self.position = nn.Parameter(0.02 * torch.randn(1, rows * columns, config.width))
        hears_text = has_text and config.kind != "none"
        self.text = nn.Linear(text, config.width) if hears_text else None
        self.head_pose = nn.Sequential(
            nn.Linear(HEAD_SIZE, config.width), nn.GELU(), nn.Linear(config.width, config.width)
        )
        self.gaze_token = nn.Parameter(0.02 * torch.randn(1, 1, config.width))
        self.fusion = nn.ModuleList(
            Fusion(config.width, config.heads) for _ in range(config.layers if self.attends else 0)
        )
        parts = 3 if hears_text else 2
        self.norm = nn.LayerNorm(parts * config.width)
        self.spatial = nn.Sequential(nn.Conv2d(channels, config.spatial, 1), nn.ReLU())
        joined = parts * config.width + config.spatial * rows * columns + HEAD_SIZE
        self.hidden = nn.Sequential(nn.Linear(joined, config.hidden), nn.ReLU())
        self.places = nn.Linear(2 * KEYPOINTS, config.hidden, bias=False) if eyes else None
        self.exchange = Exchange(config.hidden) if eyes else None
        self.last = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(config.hidden, config.embedding), nn.ReLU()
        )
        self.out = nn.Linear(config.embedding, 5 if eyes else 3)
        nn.init.zeros_(self.out.bias)
        self.words = nn.Linear(config.embedding, text) if has_text else None

    def forward(
        self, visual: Tensor, text: Tensor, head: Tensor, used: Tensor, points: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The perceptron's answers (N, 3 or, of eyes, 5), in its own units: gaze, log width and the
        eyeball's centre; log width (N,); embedding (N, E).

        Args:
            visual: (N, C, h, w) maps.
            text: (N, F) chosen features.
            head: (N, 4) poses.
            used: (N,) which eyes may be heard by their others.
            points: (N, K, 2) key points of eyes.
        """
        tokens = self.token(visual.flatten(2).transpose(1, 2)) + self.position
        queries = self.head_pose(head).unsqueeze(1)
        if self.text is not None:
            queries = torch.cat([self.text(text).unsqueeze(1), queries], dim=1)
        last = self.gaze_token.expand(visual.shape[0], -1, -1)
        if not self.attends:  # the learned token is then the visual tokens' mean, shifted
            last = last + tokens.mean(dim=1, keepdim=True)
        queries = torch.cat([queries, last], dim=1)
        for layer in self.fusion:
            queries = layer(queries, tokens)
        fused = self.norm(queries.flatten(1))
        spatial = self.spatial(visual).flatten(1)
        hidden = self.hidden[0](torch.cat([fused, spatial, head], dim=1))
        if self.places is not None and points is not None:
            hidden = hidden + self.places(points.flatten(1))
        hidden = self.hidden[1](hidden)
        if self.exchange is not None:
            hidden = self.exchange(hidden, head, used)
        embedding = self.last(hidden)
        out = self.out(embedding).float()
        low, high = LOG_WIDTH_RANGE
        middle = (low + high) / 2.0
        log_width = middle + (high - low) / 2.0 * torch.tanh(0.5 * out[:, 2])
        return out, log_width, embedding


class GazeCLIP(nn.Module):
    """Text tower, visual tower, zero-shot choice and fusion in one module."""

    tokens: Tensor

    def __init__(self, config: GazeClipConfig) -> None:
        """
        Raises:
            UserError: if the CLIP that the configuration names cannot be had.
        """
        super().__init__()
        self.config = config
        towers: Any = create_towers(config.clip)
        self.clip: Any = towers
        self.channels = input_channels(towers.visual)
        self.prompts = sentences(config.patch.kind, config.text.prompts)
        prompts = [text for texts in self.prompts for text in texts]
        context = int(getattr(self.clip, "context_length", 77))
        self.register_buffer("tokens", tokenise(prompts, context), persistent=False)
        eyes = config.patch.kind == "eyes"
        self.maps = 3 if eyes else 1
        with torch.no_grad():
            self.clip.eval()
            blank = torch.zeros(1, self.channels, config.patch.height, config.patch.width)
            maps, feature = self._see(blank)
        channels, rows, columns = maps[-1].shape[1:]
        size, use = feature.shape[1], config.text.use
        self.choice = nn.Linear(size, len(DIRECTIONS)) if use == "learned" else None
        self.head = GazeHead(
            config.fusion, (channels, rows, columns), size, eyes, has_text=use != "none"
        )
        self.keypoints = None
        if eyes:
            self.keypoints = Keypoints(maps[0].shape[1], maps[1].shape[1], KEYPOINTS)
        patch = config.patch
        # What a unit vector's x or y is on the patch, for an iris at its depth.
        self.reach = IRIS_DEPTH * patch.focal / patch.distance / (patch.width / 2.0)
        self._freeze()
        self.train()

    def train(self, mode: bool = True) -> "GazeCLIP":
        """As of any module; but a visual tower that does not learn keeps its running statistics."""
        super().train(mode)
        if not self.config.clip.train_visual:
            self.clip.visual.eval()
        return self

    def _freeze(self) -> None:
        """Stop the gradients of what does not learn.

        Of the word embeddings, 49,408 rows of which the prompts use some forty, none ever learns:
        random codes serve a text tower of our own as well, and CLIP's are good already.
        """
        clip = self.config.clip
        learns_text = clip.train_text and self.config.text.use != "none"
        for name, parameter in self.clip.named_parameters():
            learns = clip.train_visual if name.startswith("visual.") else learns_text
            if name.startswith("logit_"):
                learns = self.config.text.use != "none"
            if "token_embedding" in name or not learns:
                parameter.requires_grad_(False)

    def normalise(self, pixels: Tensor) -> Tensor:
        """Pixels (N, C, H, W), C = 3 RGB or 1 grey, 0..1, as the visual tower wants them."""
        if self.config.grey and pixels.shape[1] == 3:
            weights = torch.tensor(LUMA, device=pixels.device).view(1, 3, 1, 1)
            pixels = (pixels * weights).sum(dim=1, keepdim=True)
        if self.config.normalisation == "standardise":
            mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
            centred = pixels - mean
            variance = (centred * centred).mean(dim=(1, 2, 3), keepdim=True)
            pixels = centred / (variance.sqrt() + 0.02)  # a uniform patch stays uniform
        else:
            mean = torch.tensor(CLIP_MEAN, device=pixels.device).view(1, 3, 1, 1)
            std = torch.tensor(CLIP_STD, device=pixels.device).view(1, 3, 1, 1)
            pixels = (pixels - mean) / std
        return pixels.expand(-1, self.channels, -1, -1)

    def text_features(self, generator: torch.Generator | None = None) -> Tensor:
        """Features (9, F), unit length, of the nine directions in words.

        Args:
            generator: draws one sentence for each direction, as in training; without one, the mean
                over all sentences is taken.
        """
        count = len(PROMPT_SETS[self.config.text.prompts])
        tokens = self.tokens.view(len(DIRECTIONS), count, -1)
        if generator is not None:
            device = generator.device
            which = torch.randint(count, (len(DIRECTIONS),), generator=generator, device=device)
            tokens = tokens[torch.arange(len(DIRECTIONS)), which.to(tokens.device)].unsqueeze(1)
        features = self.clip.encode_text(tokens.flatten(0, 1), normalize=True)
        return F.normalize(features.view(len(DIRECTIONS), tokens.shape[1], -1).mean(1), dim=-1)

    def forward(
        self, pixels: Tensor, head: Tensor, text: Tensor, used: Tensor | None = None
    ) -> GazeOutput:
        """
        Args:
            pixels: (N, C, H, W) patches from `normalise`; of eyes, the two of a face in a row.
            head: (N, 4), see `model.patches.Patches.head`.
            text: (9, F) from `text_features`.
            used: (N,) 1 where an eye may be heard by the other one, 0 where not; None for all.
        """
        if used is None:
            used = torch.ones_like(head[:, 0])
        maps, feature = self._see(pixels)
        coarse = self._pick(feature, text)
        with torch.autocast(pixels.device.type, enabled=False):
            chosen = coarse.softmax(dim=-1) @ text
        found = None if self.keypoints is None else self.keypoints(maps[0], maps[1])
        out, log_width, embedding = self.head(maps[-1], chosen, head, used, found)
        gaze, points = GAZE_SCALE * out[:, :2], None
        if found is not None:
            points = torch.stack([found[:, 0], BALL_SCALE * out[:, 3:5]], dim=1)
            # The direction from the eyeball's centre to the iris, for small angles; the perceptron
            # adds the rest, the angle between the eye's optical and visual axis above all.
            seen = (points[:, 0] - points[:, 1]) / self.reach
            gaze = gaze - seen.flip(1)  # up and right in the picture are positive pitch and yaw < 0
        if self.head.words is None:
            logits = direction_logits(gaze)
        else:
            logits = self._likeness(self.head.words(embedding), text)
        return GazeOutput(gaze, log_width, coarse, logits, embedding, points)

    def _pick(self, feature: Tensor, text: Tensor) -> Tensor:
        """Logits (N, 9) of the directions from features (N, F), which pick the text that enters the
        fusion."""
        if self.choice is not None:
            return self.choice(feature).float()
        return self._likeness(feature, text)

    def _likeness(self, feature: Tensor, text: Tensor) -> Tensor:
        """CLIP's scaled cosine similarities (N, 9) of features (N, F) with text features (9, F)."""
        # Sentences differ by a few words, and their features at first by a few parts in a hundred:
        # too little for arithmetic in bf16.
        with torch.autocast(feature.device.type, enabled=False):
            scale = self.clip.logit_scale.clamp(max=MAX_LOGIT_SCALE).exp()
            return scale * F.normalize(feature.float(), dim=-1) @ text.T

    def _see(self, pixels: Tensor) -> tuple[list[Tensor], Tensor]:
        """The last visual maps (N, C, h, w), the coarsest last, and the image feature (N, F)."""
        seen = self.clip.visual.forward_intermediates(pixels, indices=self.maps)
        return seen["image_intermediates"], seen["image_features"]
