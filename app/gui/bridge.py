"""Bridge: what the engine says on its threads, as Qt signals on the window's."""

from PySide6.QtCore import QObject, Signal

from app.live.state import Problem, RecordingState, RecordingSummary, SourceState


class Bridge(QObject):
    """A `Listener` whose every call becomes a signal.

    Qt carries a signal from one thread to a receiver of another through that thread's event loop,
    so slots of widgets run on the window's thread, whoever called. (Connect methods of QObjects,
    not lambdas: only for those does Qt know the thread.)

    Signals:
        view_ready: there is a view to take.
        source_changed: a SourceState.
        recording_changed: a RecordingState, or None when nothing is recorded any more.
        recording_finished: a RecordingSummary.
        problem: a Problem.
    """

    view_ready = Signal()
    source_changed = Signal(object)
    recording_changed = Signal(object)
    recording_finished = Signal(object)
    problem = Signal(object)


class EngineListener:
    """The `Listener` that an engine is given: its methods emit a bridge's signals.

    Apart from the bridge, because a signal and a method cannot share one name.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def view_ready(self) -> None:
        self._bridge.view_ready.emit()

    def source_changed(self, state: SourceState) -> None:
        self._bridge.source_changed.emit(state)

    def recording_changed(self, state: RecordingState | None) -> None:
        self._bridge.recording_changed.emit(state)

    def recording_finished(self, summary: RecordingSummary) -> None:
        self._bridge.recording_finished.emit(summary)

    def problem(self, problem: Problem) -> None:
        self._bridge.problem.emit(problem)
