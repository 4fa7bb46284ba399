"""Engine: everything behind the window that happens in order, on one thread.

    commands --+
    frames ----+--> engine --> desk --> recordings
                           +--> composer --> views

It holds all state, so nothing in here needs a lock. Whatever takes long (opening a source,
composing a picture, finishing a recording) happens on a thread of its own.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.calibration.calibration import Calibration
from app.channel import Channel, Finished
from app.libraries import return_memory
from app.live import telling
from app.live.absence import Absence
from app.live.compose import Composer, Moment
from app.live.desk import Desk
from app.live.observing import Observing
from app.live.opening import (
    FindCameras,
    Opened,
    Opening,
    OpenSource,
    Request,
    Trackers,
    must_reopen,
)
from app.live.playing import Playing
from app.live.recorder import DEFAULT_FPS, Order
from app.live.state import Listener, Observer, Problem, SourceState
from app.live.trace import TraceRing
from app.overlay import Layers
from app.pipeline import Tracked
from app.settings import Settings
from app.strings import tr
from app.tracker import Tracker
from model.errors import UserError

PATIENCE_S = 0.02
"""How soon a command is heard while no frame comes."""

OPENING_S = 5.0
"""How long the end waits for a source that is being opened: a camera may never answer."""

TIDY_S = 60.0
"""How often memory that pictures left behind goes back to the system."""

Command = Callable[[], None]

_log = logging.getLogger(__name__)


class Engine:
    """Plays sources, one at a time. Its methods run on its thread: `post` them.

    Args:
        settings: to begin with.
        listener: told of everything; see `Listener`.
        composer, trace: get what is to be shown.
        open_source, find_cameras: how sources are opened.
        order: a recording that shall begin with the first frame, None for none.
    """

    def __init__(
        self,
        settings: Settings,
        listener: Listener,
        composer: Composer,
        trace: TraceRing,
        open_source: OpenSource,
        find_cameras: FindCameras,
        order: Order | None,
    ) -> None:
        self._settings, self._listener = settings, listener
        self._composer, self._trace = composer, trace
        self._open_source, self._find_cameras = open_source, find_cameras
        self._trackers = Trackers()
        self._desk = Desk(listener)
        self._desk.order = order
        self._asked = ""  # what the person named last
        self._state: SourceState | None = None
        self._opening: Opening | None = None
        self._playing: Playing | None = None  # also while its camera is gone
        self._absence: Absence | None = None
        self._calibration: Calibration | None = None
        self._observing = Observing(listener)
        self._ending = False
        self._tidied_s = time.monotonic()
        self._commands: Channel[Command] = Channel(1000)
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to obey."""
        self._composer.change(_layers(self._settings))
        self._thread.start()

    def post(self, command: Command) -> None:
        """Any thread: have something done on the engine's thread, soon."""
        self._commands.put(command)

    def join(self, timeout: float) -> None:
        """Any thread: wait for the engine's end."""
        self._thread.join(timeout)

    # Commands

    def open(self, text: str) -> None:
        """Leave the source and open another; a recording goes on in a new folder."""
        self._asked = text
        self._open(Request(text, self._settings))

    def retry(self) -> None:
        """Open again what was asked for last."""
        self.open(self._asked)

    def restart(self) -> None:
        """Play a file from its beginning."""
        if self._playing is None or self._playing.is_file:
            self._restart()

    def apply(self, settings: Settings) -> None:
        """Heed new settings, at once or by opening the source again."""
        old, self._settings = self._settings, settings
        self._composer.change(_layers(settings))
        if settings.source not in (old.source, self._asked):
            self.open(settings.source)
        elif self._state is None or self._absence is not None:
            pass  # heeded when the source is opened
        elif must_reopen(old, settings, self._state.kind):
            self._restart()
        elif self._playing is not None:
            self._adjust(self._playing, old)

    def start_recording(self, order: Order) -> None:
        """Record from the next frame on; a file from its beginning, so that it is whole."""
        if self._desk.busy:
            return
        if self._state is None or self._state.phase == "failed":
            sentence = tr("There is nothing to record: choose a camera or a file first.")
            self._listener.problem(Problem(sentence))
        elif self._desk.take(order):
            if self._state.phase == "ended" or (self._playing and self._playing.is_file):
                self._restart()
            elif self._playing is not None and self._absence is not None:
                self._fill(time.perf_counter_ns())
                start_ns = self._absence.next_ns
                self._desk.begin(self._playing.source, self._playing.tracker, start_ns)
                self._desk.event(start_ns, "camera_lost", self._state.message)

    def stop_recording(self) -> None:
        """Finish the recording."""
        self._desk.order = None
        self._finish_recording()

    def use(self, calibration: Calibration | None, report: Mapping[str, Any] | None) -> None:
        """Find points of gaze by a calibration from now on, or none any more."""
        self._calibration = calibration
        self._desk.validation = report
        if self._playing is not None:
            self._calibrate(self._playing.tracker)
            self._desk.calibrated(self._playing.tracker)

    def observe(self, observer: Observer | None) -> None:
        """Show every sample to an observer from now on, or to nobody any more."""
        self._observing.observer = observer

    def note_event(self, kind: str, message: str, stamp_ns: int) -> None:
        """Put an event of a moment on perf_counter into the recording."""
        if self._playing is not None:
            self._desk.event(self._playing.source_time(stamp_ns), kind, message)

    def end(self) -> None:
        """Finish everything and end the thread."""
        self._ending = True

    # The thread

    def _run(self) -> None:
        while not self._ending:
            try:
                for command in self._commands.waiting():
                    command()
                self._step()
            except Exception as error:  # noqa: BLE001  the person is told
                self._break(error)
        self._commands.cancel()
        try:
            opening = self._opening
            self._leave(again=False)
            self._desk.wait()
            if opening is not None:  # models half loaded when the process ends take it down
                opening.thread.join(OPENING_S)
            self._trackers.close()
        except Exception:  # noqa: BLE001  there is nobody left to tell
            _log.exception("the engine did not end well")

    def _step(self) -> None:
        """Wait a little for whatever comes next, and deal with it."""
        self._desk.look()
        if time.monotonic() - self._tidied_s >= TIDY_S:
            self._tidied_s = time.monotonic()
            return_memory()
        if self._opening is not None:
            self._await_opening(self._opening)
        elif self._playing is not None and self._playing.closed and self._absence is not None:
            self._await_camera(self._absence)
        elif self._playing is not None:
            self._await_frame(self._playing)
        else:
            with contextlib.suppress(TimeoutError):
                self._commands.get(PATIENCE_S)()

    def _await_opening(self, opening: Opening) -> None:
        try:
            opened = opening.get(PATIENCE_S)
        except TimeoutError:
            return
        except UserError as error:
            self._opening, self._desk.order = None, None
            self._tell(SourceState("failed", name=self._asked, message=telling.sentence(error)))
            return
        self._opening = None
        self._play(opened)

    def _await_camera(self, absence: Absence) -> None:
        self._fill(time.perf_counter_ns())
        opened = absence.look()
        if opened is not None:
            self._play(opened)

    def _await_frame(self, playing: Playing) -> None:
        try:
            tracked = playing.get(PATIENCE_S)
        except TimeoutError:
            return
        except Finished:
            if playing.is_file:
                self._end_of_file(playing)
            else:
                self._lose(playing)
            return
        if self._absence is None or self._come_back(playing, tracked, self._absence):
            self._heed(playing, tracked)

    def _heed(self, playing: Playing, tracked: Tracked) -> None:
        """A frame that was tracked: record it, measure it, show it."""
        frame, sample = tracked.frame, playing.renumbered(tracked).sample
        if frame.fresh:  # the recording of a file ends with the file
            self._finish_recording()
        if self._desk.order is not None:
            start_ns = 0 if playing.source.unrelated else sample.time_ns
            self._desk.begin(playing.source, playing.tracker, start_ns)
        self._desk.add(sample, frame.image)
        self._observing.show(sample)
        playing.keep_all(self._desk.busy)
        measures = playing.meter.add(frame, sample)
        shown = playing.steady.update(sample)
        hint = playing.hints.update(frame, sample, playing.source.fps, measures.source_fps)
        self._trace.add(frame.captured_ns, shown.gaze, sample)
        recording = self._desk.state()
        self._composer.show(Moment(frame, sample, shown, hint, measures, recording, playing.meter))

    # Opening and leaving

    def _open(self, request: Request) -> None:
        self._leave(again=True)
        self._composer.forget()
        self._trace.clear()
        self._opening = self._begin_opening(request)
        self._tell(SourceState("opening", name=request.text))

    def _begin_opening(self, request: Request) -> Opening:
        return Opening(request, self._trackers, self._open_source, self._find_cameras)

    def _play(self, opened: Opened) -> None:
        smoothing, keep_all = self._settings.smoothing, self._desk.busy
        self._calibrate(opened.tracker)  # before its first sample
        self._playing = Playing(opened, self._trackers, smoothing, keep_all)
        self._tell(self._playing.state())

    def _restart(self) -> None:
        """Open the same again from its beginning."""
        because = self._state.message if self._state and self._state.demo_instead else ""
        self._open(Request(self._asked, self._settings, because))

    def _leave(self, again: bool) -> None:
        """Let go of the source and finish its recording; `again`: another begins with the next."""
        if self._opening is not None:
            self._opening.abandon()
        if self._absence is not None:
            self._absence.give_up()
        if self._playing is not None:
            self._playing.close()  # first, since a source knows its faults when it is closed
        self._finish_recording(again)
        self._opening = self._absence = self._playing = None

    def _adjust(self, playing: Playing, old: Settings) -> None:
        """Settings that are heeded from one frame to the next."""
        new = self._settings
        playing.tracker.eyes, playing.tracker.fov = new.eyes, new.fov
        if new.smoothing != old.smoothing:
            playing.smooth(new.smoothing)
            self._calibrate(playing.tracker)
        if (new.eyes, new.fov) != (old.eyes, old.fov):
            now_ns = playing.source_time(time.perf_counter_ns())
            said = f"eyes: {new.eyes}, field of view: {new.fov:g} degrees"
            self._desk.event(now_ns, "settings", said)

    def _calibrate(self, tracker: Tracker) -> None:
        """Have a tracker use the calibration, if it is of its model."""
        calibration = self._calibration
        if calibration and calibration.model_hash != tracker.estimator.card.sha256:
            calibration = None  # whoever chose it has told why it cannot be used
        tracker.use(calibration, self._settings.smoothing)

    # Ends

    def _end_of_file(self, playing: Playing) -> None:
        self._leave(again=False)
        source = playing.source
        over = tr("{name} is over.").format(name=source.name)
        message = " ".join([over, *(telling.sentence(fault) for fault in source.faults)])
        self._tell(SourceState("ended", source.kind, source.name, source.size, source.fps, message))

    def _lose(self, playing: Playing) -> None:
        """The camera has gone: await it, and record that nothing was seen meanwhile."""
        playing.close()
        source, last = playing.source, playing.last
        fault = (source.faults or [tr("the camera stopped giving pictures")])[0]
        if self._absence is None:
            number, time_ns = 0, time.perf_counter_ns()
            if last is not None:
                sample = playing.renumbered(last).sample
                number, time_ns = sample.frame + 1, sample.time_ns
            rate = source.fps or playing.meter.measures().source_fps or DEFAULT_FPS
            again = Request(source.name, self._settings)
            self._absence = Absence(number, time_ns, rate, lambda: self._begin_opening(again))
            self._desk.event(self._absence.next_ns, "camera_lost", fault)
            self._desk.warn(fault)
        self._absence.put_off()
        message = f"{telling.sentence(fault)} {tr('It is taken up again as soon as it is back.')}"
        self._tell(SourceState("lost", "camera", source.name, source.size, source.fps, message))

    def _come_back(self, playing: Playing, tracked: Tracked, absence: Absence) -> bool:
        """The first frame of a camera that was lost; False: it is older than what was recorded."""
        time_ns = tracked.frame.time_ns
        if time_ns <= absence.last_ns:
            return False
        self._fill(time_ns)
        playing.number_shift = absence.next_number - tracked.frame.number
        self._absence = None
        self._desk.event(time_ns, "camera_back", playing.source.name)
        return True

    def _fill(self, now_ns: int) -> None:
        """Empty rows, and a gap in the plot, for an absence up to a time on the camera's clock."""
        if self._absence is not None:
            for sample in self._absence.due(now_ns):
                self._desk.add(sample, None)
                self._trace.add(sample.time_ns, None, sample)

    def _finish_recording(self, again: bool = False) -> None:
        self._fill(time.perf_counter_ns())
        self._desk.finish(again=again)

    def _break(self, error: Exception) -> None:
        """Something that nobody foresaw: tell, keep what was recorded, and wait for commands."""
        told = telling.problem(error)
        self._listener.problem(told)
        self._desk.finish(complete=False)
        self._desk.order = None
        name = self._playing.source.name if self._playing else self._asked
        try:
            self._leave(again=False)
        except Exception:  # noqa: BLE001  the person was told already
            _log.exception("what was broken could not be closed")
        self._opening = self._absence = self._playing = None
        self._tell(SourceState("failed", name=name, message=told.sentence))

    def _tell(self, state: SourceState) -> None:
        _log.info("source %s: %s %s", state.phase, state.name, state.message)
        self._state = state
        self._listener.source_changed(state)


def _layers(settings: Settings) -> Layers:
    return Layers(settings.show_eyes, settings.show_irises, settings.show_head, settings.show_gaze)
