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
* A third output is the width of the error, see `sigma_of`.
"""

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.geometry import DIRECTIONS
from model.training.config import FusionConfig, GazeClipConfig
from model.training.prompts import TEMPLATES, sentences
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


class GazeOutput(NamedTuple):
    """What the model says about N patches.

    Attributes:
        gaze: (N, 2) pitch and yaw in radians, in the patches' (mirrored) normalised frames.
        log_width: (N,) log b of the error's Laplace distribution, b in radians.
        logits: (N, 9) similarity with the nine directions' sentences; softmax gives probabilities.
        embedding: (N, E) the last hidden layer.
    """

    gaze: Tensor
    log_width: Tensor
    logits: Tensor
    embedding: Tensor


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


class GazeHead(nn.Module):
    """From visual map, chosen text feature and head pose to gaze."""

    def __init__(self, config: FusionConfig, visual: tuple[int, int, int], text: int) -> None:
        """
        Args:
            config: sizes.
            visual: channels, rows and columns of the visual map.
            text: size of a text feature.
        """
        super().__init__()
        channels, rows, columns = visual
        self.token = nn.Linear(channels, config.width)
        self.position = nn.Parameter(0.02 * torch.randn(1, rows * columns, config.width))
        self.text = nn.Linear(text, config.width)
        self.head_pose = nn.Sequential(
            nn.Linear(HEAD_SIZE, config.width), nn.GELU(), nn.Linear(config.width, config.width)
        )
        self.gaze_token = nn.Parameter(0.02 * torch.randn(1, 1, config.width))
        self.fusion = nn.ModuleList(
            Fusion(config.width, config.heads) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(3 * config.width)
        self.spatial = nn.Sequential(nn.Conv2d(channels, config.spatial, 1), nn.ReLU())
        joined = 3 * config.width + config.spatial * rows * columns + HEAD_SIZE
        self.hidden = nn.Sequential(
            nn.Linear(joined, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.embedding),
            nn.ReLU(),
        )
        self.out = nn.Linear(config.embedding, 3)
        nn.init.constant_(self.out.bias, 0.0)

    def forward(self, visual: Tensor, text: Tensor, head: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Gaze (N, 2), log width (N,) and embedding (N, E) of visual maps (N, C, h, w), chosen text
        features (N, text) and head poses (N, 4)."""
        tokens = self.token(visual.flatten(2).transpose(1, 2)) + self.position
        queries = torch.stack([self.text(text), self.head_pose(head)], dim=1)
        queries = torch.cat([queries, self.gaze_token.expand(len(visual), -1, -1)], dim=1)
        for layer in self.fusion:
            queries = layer(queries, tokens)
        fused = self.norm(queries.flatten(1))
        spatial = self.spatial(visual).flatten(1)
        embedding = self.hidden(torch.cat([fused, spatial, head], dim=1))
        out = self.out(embedding).float()
        low, high = LOG_WIDTH_RANGE
        middle = (low + high) / 2.0
        log_width = middle + (high - low) / 2.0 * torch.tanh(0.5 * out[:, 2])
        return GAZE_SCALE * out[:, :2], log_width, embedding


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
        prompts = [text for texts in sentences(config.patch.kind) for text in texts]
        context = int(getattr(self.clip, "context_length", 77))
        self.register_buffer("tokens", tokenise(prompts, context), persistent=False)
        with torch.no_grad():
            self.clip.eval()
            blank = torch.zeros(1, self.channels, config.patch.height, config.patch.width)
            visual_map, feature = self._see(blank)
        rows, columns = visual_map.shape[2:]
        self.head = GazeHead(config.fusion, (visual_map.shape[1], rows, columns), feature.shape[1])
        self._freeze()
        self.train()

    def _freeze(self) -> None:
        """Stop the gradients of what does not learn.

        Of the word embeddings, 49,408 rows of which the prompts use some forty, none ever learns:
        random codes serve a text tower of our own as well, and CLIP's are good already.
        """
        for name, parameter in self.clip.named_parameters():
            text = not name.startswith(("visual.", "logit_"))
            if "token_embedding" in name or (text and not self.config.clip.train_text):
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
        tokens = self.tokens.view(len(DIRECTIONS), len(TEMPLATES), -1)
        if generator is not None:
            which = torch.randint(len(TEMPLATES), (len(DIRECTIONS),), generator=generator)
            tokens = tokens[torch.arange(len(DIRECTIONS)), which].unsqueeze(1)
        features = self.clip.encode_text(tokens.flatten(0, 1), normalize=True)
        return F.normalize(features.view(len(DIRECTIONS), tokens.shape[1], -1).mean(1), dim=-1)

    def forward(self, pixels: Tensor, head: Tensor, text: Tensor) -> GazeOutput:
        """
        Args:
            pixels: (N, C, H, W) patches from `normalise`.
            head: (N, 4), see `model.patches.Patches.head`.
            text: (9, F) from `text_features`.
        """
        visual, feature = self._see(pixels)
        # Sentences differ by a few words, and their features at first by a few parts in a hundred:
        # too little for arithmetic in bf16.
        with torch.autocast(pixels.device.type, enabled=False):
            scale = self.clip.logit_scale.clamp(max=MAX_LOGIT_SCALE).exp()
            logits = scale * F.normalize(feature.float(), dim=-1) @ text.T
            chosen = logits.softmax(dim=-1) @ text
        gaze, log_width, embedding = self.head(visual, chosen, head)
        return GazeOutput(gaze, log_width, logits, embedding)

    def _see(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The last visual map (N, C, h, w) and the image feature (N, F)."""
        seen = self.clip.visual.forward_intermediates(pixels, indices=1)
        return seen["image_intermediates"][-1], seen["image_features"]
