"""What may be drawn: the ranges of each preset, all in one place."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from model.training.synthetic.person import RESERVED_IDENTITIES

Range = tuple[float, float]


@dataclass(frozen=True)
class ExtraShares:
    """How often samples have what `extras` draws, 0..1; all 0 is what renderers 1 to 5 drew.

    Attributes:
        eyewear: of those with glasses, glasses with a prescription, coatings and many shapes.
        glare: of those, something bright mirrored over an eye or beside it.
        contact: of those without glasses, contact lenses.
        hair: hair before the face.
        hand: a hand at the face.
        mask: a surgical mask.
        cover: a cap or a headscarf.
        phone: of those with a screen, a phone held before the face.
    """

    eyewear: float = 0.0
    glare: float = 0.0
    contact: float = 0.0
    hair: float = 0.0
    hand: float = 0.0
    mask: float = 0.0
    cover: float = 0.0
    phone: float = 0.0


@dataclass(frozen=True)
class Preset:
    """Ranges of everything that is drawn at random; angles in degrees, lengths in mm.

    A sample is either laid out like a person at a computer (share `layout_share`: a screen around
    the camera, a target on it, a head that turns partly with the gaze) or uniform in gaze, head
    and distance. In both, combinations in which an eye would turn farther in its head than `turn`
    allows are drawn again; with uniform gaze and head this thins out the corners.

    Attributes:
        gaze_yaw, gaze_pitch: of the uniform part, camera frame.
        head_yaw, head_pitch, head_roll: of the uniform part.
        distance: of the eyes from the camera.
        turn: largest yaw to either side, largest pitch down, largest pitch up of an eye in its
            head.
        layout_share: share of samples with a screen.
        glasses_share: share of samples with glasses.
        blink_share: share of samples with partly or wholly closed lids.
        resolutions: (width, height) pairs, drawn with equal chance.
        fov: horizontal field of view.
        fov_known: share of samples whose field of view the tracker is told; for the others it
            assumes one, as the app must where nobody told it.
        severity: 0..1.5, how strong the faults of cameras are.
        samples_per_person: consecutive samples that share a person.
        first_identity, identities: the range of identity numbers drawn from.
        extras: what people wear or have before the face.
    """

    name: str
    gaze_yaw: Range
    gaze_pitch: Range
    head_yaw: Range
    head_pitch: Range
    head_roll: Range
    distance: Range
    turn: tuple[float, float, float]
    layout_share: float
    glasses_share: float
    blink_share: float
    resolutions: tuple[tuple[int, int], ...]
    fov: Range
    fov_known: float
    severity: float
    samples_per_person: int
    first_identity: int
    identities: int
    extras: ExtraShares = ExtraShares()

    def ranges(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


_WEBCAMS = ((640, 480), (640, 360), (960, 540), (1280, 720), (1280, 720), (1920, 1080))

TRAIN = Preset(
    name="train",
    gaze_yaw=(-40.0, 40.0),
    gaze_pitch=(-35.0, 25.0),
    head_yaw=(-35.0, 35.0),
    head_pitch=(-32.0, 32.0),
    head_roll=(-15.0, 15.0),
    distance=(330.0, 1200.0),
    turn=(42.0, 37.0, 27.0),
    layout_share=0.5,
    glasses_share=0.42,
    blink_share=0.06,
    resolutions=_WEBCAMS,
    fov=(50.0, 90.0),
    fov_known=0.5,
    severity=1.0,
    samples_per_person=2,
    first_identity=0,
    identities=RESERVED_IDENTITIES // 2,
    extras=ExtraShares(
        eyewear=0.75, glare=0.4, contact=0.1, hair=0.07, hand=0.05, mask=0.03, cover=0.06, phone=0.1
    ),
)

VALIDATION = Preset(
    name="validation",
    gaze_yaw=TRAIN.gaze_yaw,
    gaze_pitch=TRAIN.gaze_pitch,
    head_yaw=TRAIN.head_yaw,
    head_pitch=TRAIN.head_pitch,
    head_roll=TRAIN.head_roll,
    distance=TRAIN.distance,
    turn=TRAIN.turn,
    layout_share=0.5,
    glasses_share=0.42,
    blink_share=0.06,
    resolutions=_WEBCAMS,
    fov=TRAIN.fov,
    fov_known=TRAIN.fov_known,
    severity=1.0,
    samples_per_person=2,
    first_identity=RESERVED_IDENTITIES // 2,
    identities=RESERVED_IDENTITIES // 2,
)

TEST = Preset(
    name="test",
    gaze_yaw=(-35.0, 35.0),
    gaze_pitch=(-30.0, 20.0),
    head_yaw=(-30.0, 30.0),
    head_pitch=(-30.0, 30.0),
    head_roll=(-10.0, 10.0),
    distance=(400.0, 1000.0),
    turn=(40.0, 35.0, 25.0),
    layout_share=0.0,
    glasses_share=0.5,
    blink_share=0.0,
    resolutions=((640, 480), (1280, 720), (1920, 1080)),
    fov=(55.0, 75.0),
    fov_known=1.0,
    severity=0.5,  # webcams as they are; training exaggerates their faults
    samples_per_person=1,
    first_identity=RESERVED_IDENTITIES,
    identities=RESERVED_IDENTITIES,
)

HARD = replace(
    TEST,
    name="hard",
    distance=(350.0, 1200.0),
    layout_share=0.3,
    glasses_share=0.6,
    blink_share=0.04,
    resolutions=_WEBCAMS,
    fov=TRAIN.fov,
    severity=1.0,
    extras=ExtraShares(
        eyewear=1.0, glare=0.5, contact=0.2, hair=0.2, hand=0.15, mask=0.1, cover=0.1, phone=0.3
    ),
)
"""The people of `test` as training draws them and worse: with everything that covers eyes."""

CAMERA = replace(
    TRAIN,
    name="camera",
    gaze_yaw=(0.0, 0.0),
    gaze_pitch=(0.0, 0.0),
    head_yaw=(-6.0, 6.0),
    head_pitch=(-6.0, 6.0),
    head_roll=(-4.0, 4.0),
    distance=(650.0, 900.0),
    layout_share=0.0,
    glasses_share=0.0,
    blink_share=0.0,
    resolutions=((1280, 720),),
    fov=(50.0, 65.0),
    fov_known=1.0,
    severity=0.5,
    samples_per_person=1,
    extras=ExtraShares(),
)
"""People as a photographer takes them, for contact sheets; not to be trained on. A scene of it is
turned to the camera by `sheet.look_at_camera`."""

PRESETS = {preset.name: preset for preset in (TRAIN, VALIDATION, TEST, HARD)}


def identity_number(preset: Preset, seed: int, index: int) -> int:
    """The person of a sample: spread over the preset's range so that seeds do not overlap much."""
    block = index // preset.samples_per_person
    return preset.first_identity + (seed * 7_368_787 + block) % preset.identities
