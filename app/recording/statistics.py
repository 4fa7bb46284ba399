"""What is counted while recording: rows, valid share, data loss, dropped frames, real rate."""

from typing import Any

from app.sample import Sample


class Statistics:
    """Running counts over a recording's samples.

    Args:
        fps: frames per second that the source states, None where it states none.
    """

    def __init__(self, fps: float | None = None) -> None:
        self._fps = fps
        self.rows = self.faces = self.valid = self.dropped = 0
        self._first_ns = self._last_ns = 0
        self._last_frame: int | None = None

    def add(self, sample: Sample) -> None:
        """Count a sample."""
        if self._last_frame is None:
            self._first_ns = sample.time_ns
        else:
            self.dropped += sample.frame - self._last_frame - 1
        self._last_frame, self._last_ns = sample.frame, sample.time_ns
        self.rows += 1
        self.faces += sample.face is not None
        self.valid += sample.valid

    @property
    def span_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (self._last_ns - self._first_ns) / 1e9

    @property
    def fps_measured(self) -> float | None:
        """Frames per second that the source really gave, dropped ones included."""
        frames = self.rows + self.dropped - 1
        return frames / self.span_s if self.span_s > 0 else None

    @property
    def valid_share(self) -> float:
        """Valid samples over samples."""
        return self.valid / self.rows if self.rows else 0.0

    @property
    def data_loss(self) -> float:
        """1 - valid samples / samples that the time span and frame rate call for."""
        fps = self._fps or self.fps_measured
        called_for = self.rows if fps is None else round(self.span_s * fps) + 1
        return max(1.0 - self.valid / called_for, 0.0) if called_for else 0.0

    def as_json(self) -> dict[str, Any]:
        """For recording.json. SamplingFrequency is BIDS's name for rows per second."""
        measured = self.fps_measured
        rate = (self.rows - 1) / self.span_s if self.span_s > 0 else None
        return {
            "SamplingFrequency": None if rate is None else round(rate, 4),
            "samples": self.rows,
            "duration_s": round(self.span_s, 6),
            "fps_measured": None if measured is None else round(measured, 4),
            "face_share": round(self.faces / self.rows, 6) if self.rows else 0.0,
            "valid_share": round(self.valid_share, 6),
            "data_loss": round(self.data_loss, 6),
            "dropped_frames": self.dropped,
        }
