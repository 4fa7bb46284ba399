"""The linguistic description generator: coarse gaze directions as sentences.

From the paper (GazeCLIP, arXiv 2401.00260): predefined prompts that say in words roughly where an
eye looks, one of which is picked for each picture by CLIP's zero-shot image-text similarity, not
by the label. The paper publishes neither its sentences nor how many directions it knows.

Our choice: the nine directions of `model.geometry.DIRECTIONS`, each put into the same sentences, by
default six. In training a sentence is drawn anew for every step; for a finished model the nine text
features are means over them, as CLIP's authors average their prompts for zero-shot use. The other
sets are for the ablation of prompts.

Directions are those of the patch: in the patch of the user's right eye, which is flipped
left-right, "left" stands for the user's right. `model.geometry.MIRRORED` maps them back.
"""

from typing import Literal

from model.geometry import DIRECTIONS

PHRASES = {
    "straight ahead": "straight ahead into the camera",
    "left": "to the left",
    "up left": "up and to the left",
    "up": "up",
    "up right": "up and to the right",
    "right": "to the right",
    "down right": "down and to the right",
    "down": "down",
    "down left": "down and to the left",
}
"""How each of `DIRECTIONS` reads inside a sentence."""

SUBJECTS = {"eyes": "an eye", "face": "a face"}
"""What a patch shows, by the kind of patch."""

PROMPT_SETS = {
    "six sentences": (
        "a photo of {subject} looking {direction}.",
        "{subject} looking {direction}, seen by a webcam.",
        "a close-up of {subject} that looks {direction}.",
        "a picture of a person whose gaze goes {direction}.",
        "someone in front of a screen looks {direction}.",
        "the gaze points {direction}.",
    ),
    "one sentence": ("a photo of {subject} looking {direction}.",),
    "bare words": ("{direction}",),
    "how far": (
        "a photo of {subject} looking {direction}, {far}.",
        "the gaze points {direction}, {far}.",
    ),
}
"""Sentences around a direction, by the name of the set; the shortest context in use, 24 tokens,
holds each of them. "{far}" says how far a direction is off."""

FAR = ("less than 8 degrees off", "more than 8 degrees off")
"""What "{far}" stands for: straight ahead, and anywhere else."""


def sentences(kind: Literal["eyes", "face"], prompts: str = "six sentences") -> list[list[str]]:
    """Every prompt for one kind of patch: a list per direction, in the order of `DIRECTIONS`,
    holding one sentence per template.

    Args:
        kind: of patch.
        prompts: a key of PROMPT_SETS.

    Example:
        >>> sentences("eyes")[2][0]
        'a photo of an eye looking up and to the left.'
    """
    return [
        [
            template.format(
                subject=SUBJECTS[kind], direction=PHRASES[name], far=FAR[min(number, 1)]
            )
            for template in PROMPT_SETS[prompts]
        ]
        for number, name in enumerate(DIRECTIONS)
    ]
