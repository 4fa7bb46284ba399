"""Pipeline: source and tracker on threads of their own, samples coming out at the end.

    read -> faces -> gaze -> whoever iterates

MediaPipe, ONNX Runtime and OpenCV release the GIL, so two cores find faces and gaze of successive
frames at the same time. For files every frame goes through; for cameras the reader keeps only the
latest frame, so a frame that is being tracked is never older than it must be. A file that is played
at its own pace counts as a camera here, unless all of its frames are wanted.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from app.channel import Channel, Finished
from app.sample import Sample
from app.source import Frame, Source
from app.tracker import Tracker
from model.landmarks import Face


@dataclass(frozen=True)
class Tracked:
    """A frame and what is known about it."""

    frame: Frame
    sample: Sample


class Pipeline:
    """Tracks a source from its first frame to its last, or until it is closed.

    Args:
        source: opened; whoever opened it closes it, after the pipeline.
        tracker: used by this pipeline only, closed by whoever made it, after the pipeline.
    """

    def __init__(self, source: Source, tracker: Tracker) -> None:
        self._source, self._tracker = source, tracker
        # For what is live one frame in each channel: more would only grow old there.
        depth = 1 if source.live else 2
        self._found: Channel[tuple[Frame, Face | None]] = Channel(depth)
        self._tracked: Channel[Tracked] = Channel(4)
        self._threads = [
            threading.Thread(target=self._find_faces, name="faces", daemon=True),
            threading.Thread(target=self._find_gaze, name="gaze", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def get(self, timeout: float | None = None) -> Tracked:
        """The next tracked frame.

        Raises:
            app.channel.Finished: the source has ended.
            TimeoutError: nothing came within `timeout` seconds.
            Exception: what went wrong on a thread.
        """
        return self._tracked.get(timeout)

    def __iter__(self) -> Iterator[Tracked]:
        return iter(self._tracked)

    def close(self) -> None:
        """Stop the threads; frames still on their way are dropped."""
        self._found.cancel()
        self._tracked.cancel()
        self._source.close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find_faces(self) -> None:
        try:
            for frame in self._source:
                if not self._found.put((frame, self._tracker.find(frame))):
                    break
        except Exception as error:  # noqa: BLE001  handed on to the thread that iterates
            self._found.finish(error)
        else:
            self._found.finish()

    def _find_gaze(self) -> None:
        try:
            while True:
                frame, face = self._found.get()
                if not self._tracked.put(Tracked(frame, self._tracker.sample(frame, face))):
                    break
        except Finished:
            self._tracked.finish()
        except Exception as error:  # noqa: BLE001  handed on to the thread that iterates
            self._tracked.finish(error)
        else:
            self._tracked.finish()
