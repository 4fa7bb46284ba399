"""Where the lids end in a photograph, better than FaceMesh says.

FaceMesh's contours err by half a millimetre: enough to paint a rim of white on a lid. Colours tell
better: a model of what is inside the eye and one of the skin around it, learnt in this photograph.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.geometry import Array
from model.landmarks import EYE_CONTOURS

COLUMNS = 60
"""Points along a curve."""
REACH, STEP = 1.4, 0.1
"""How far from FaceMesh's contour, and how finely, the margin is sought, mm."""
PRIOR = 0.7
"""mm by which FaceMesh's contour may be expected to err."""
_SURE = 1.0
"""mm beyond which FaceMesh's contour is trusted to tell inside from outside."""
_AROUND = 6.0
"""mm around an eye that are looked at."""
_CLEAR = 2.5
"""Log-likelihood ratio beyond which a pixel is no clearer."""


def contour(landmarks: Array, eye: int, upper: bool) -> Array:
    """(COLUMNS, 2) px, a smooth curve along a lid's margin from the inner corner to the outer."""
    ring = landmarks[EYE_CONTOURS[eye], :2]
    points = ring[8::-1] if upper else np.concatenate([ring[8:], ring[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    # FaceMesh's points jitter about the margin: a low polynomial through them is nearer to it.
    t, fine = length / length[-1], np.linspace(0.0, 1.0, COLUMNS)
    ends = np.where((t == 0.0) | (t == 1.0), 10.0, 1.0)
    return np.stack([np.polyval(np.polyfit(t, points[:, k], 5, w=ends), fine) for k in range(2)], 1)


def find_lids(
    image: NDArray[np.uint8], landmarks: Array, eye: int, iris: Array, px_per_mm: float
) -> tuple[Array, Array]:
    """Upper and lower margin (COLUMNS, 2) px of an eye, from the inner corner to the outer.

    Args:
        image: (H, W, 3) RGB.
        landmarks: (478, 3) px.
        iris: (3,) px, centre and radius.
    """
    curves = [contour(landmarks, eye, upper) for upper in (True, False)]
    corner = np.floor(np.concatenate(curves).min(axis=0) - _AROUND * px_per_mm).astype(int)
    corner = np.maximum(corner, 0)
    end = np.ceil(np.concatenate(curves).max(axis=0) + _AROUND * px_per_mm).astype(int)
    image = image[corner[1] : end[1], corner[0] : end[0]]
    curves = [curve - corner for curve in curves]
    # Lashes and irises are alike: the white alone tells where the upper lid ends.
    rows, columns = np.indices(image.shape[:2])
    white = (
        np.hypot(columns + corner[0] - iris[0], rows + corner[1] - iris[1])
        > iris[2] + 0.4 * px_per_mm
    )
    across = curves[0][-1] - curves[0][0]
    down = np.array([-across[1], across[0]]) / np.linalg.norm(across)
    down *= np.sign(down[1])
    found = []
    for curve, outwards, known in zip(
        curves, (-down, down), (white, np.ones_like(white)), strict=True
    ):
        evidence = _evidence(image, curves, known, px_per_mm)
        offsets = _offsets(evidence, curve, outwards, px_per_mm)
        found.append(corner + curve + offsets[:, None] * outwards)
    return found[0], found[1]


def _evidence(
    image: NDArray[np.uint8], curves: list[Array], known: NDArray[np.bool_], px_per_mm: float
) -> Array:
    """(H, W) log-likelihood ratio of inside over outside; 0 where the picture is not `known`."""
    outline = np.concatenate([curves[0], curves[1][::-1]])
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], (1,), shift=4)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5) / px_per_mm
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5) / px_per_mm
    near = cv2.GaussianBlur(image, (0, 0), 0.8).astype(np.float32)
    colours = np.log(near + 8.0)
    rows, columns = np.nonzero((outside < 3.5) & known)
    ratio = np.zeros(image.shape[:2])
    likelihood = []
    for sure in ((inside > _SURE) & known, (outside > _SURE) & (outside < 3.5)):
        cv2.setRNGSeed(0)  # the same photograph gives the same portrait
        model = cv2.ml.EM.create()
        model.setClustersNumber(3)
        model.setTermCriteria((cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 30, 1e-3))
        model.trainEM(np.ascontiguousarray(colours[sure]))
        likelihood.append(_log_likelihood(model, colours[rows, columns]))
    ratio[rows, columns] = np.clip(likelihood[0] - likelihood[1], -_CLEAR, _CLEAR)
    return ratio


def _log_likelihood(model: cv2.ml.EM, colours: NDArray[np.float32]) -> Array:
    """(N,) of colours (N, 3), up to a constant; OpenCV itself tells one at a time."""
    total = np.zeros(len(colours))
    parts = zip(model.getWeights()[0], model.getMeans(), model.getCovs(), strict=True)
    for weight, mean, spread in parts:
        off = colours - mean
        distance = np.einsum("nk,kl,nl->n", off, np.linalg.inv(spread), off)
        total += weight * np.exp(-0.5 * distance) / np.sqrt(np.linalg.det(spread))
    return np.asarray(np.log(total + 1e-30))


def _offsets(evidence: Array, curve: Array, outwards: Array, px_per_mm: float) -> Array:
    """(COLUMNS,) px outwards from a curve to the margin that parts inside from outside best."""
    steps = np.arange(-REACH, REACH + 1e-9, STEP)
    at = curve[:, None] + (steps * px_per_mm)[None, :, None] * outwards
    x, y = (np.ascontiguousarray(at[..., k], dtype=np.float32) for k in (0, 1))
    ratio = cv2.remap(evidence.astype(np.float32), x, y, cv2.INTER_LINEAR)
    gained = np.cumsum(ratio, axis=1) * STEP
    # Smooth moves: so far at a quarter, the middle and three quarters; not at all in the corners.
    share = np.linspace(0.0, 1.0, COLUMNS)
    knots = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    powers = np.linalg.inv(np.vander(knots, 5))
    basis = (np.vander(share, 5) @ powers)[:, 1:4]
    tried = np.arange(-1.0, 1.01, 0.2)
    moves = np.stack(np.meshgrid(tried, tried, tried, indexing="ij"), axis=-1).reshape(-1, 3)
    paths = moves @ basis.T
    index = np.clip(np.round((paths + REACH) / STEP).astype(int), 0, len(steps) - 1)
    score = gained[np.arange(COLUMNS), index].sum(axis=1) / COLUMNS
    uneven = ((moves - moves.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    score -= 0.1 * ((moves**2).sum(axis=1) / 3.0 + 2.0 * uneven) / PRIOR**2
    return np.asarray(basis @ moves[np.argmax(score)] * px_per_mm)
