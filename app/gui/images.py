"""From an array of the engine to a picture of Qt: the only place that crosses this border."""

import numpy as np
from PySide6.QtGui import QImage

from app.source.base import Image


def to_qimage(image: Image) -> QImage:
    """A picture (H, W, 3) RGB as Qt's own copy, in the format that it paints fastest.

    A QImage over foreign memory neither owns it nor keeps it alive: the conversion copies it.
    """
    packed = np.ascontiguousarray(image)  # a part or a mirror image of an array has gaps
    height, width = packed.shape[:2]
    borrowed = QImage(packed.data, width, height, packed.strides[0], QImage.Format.Format_RGB888)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)
