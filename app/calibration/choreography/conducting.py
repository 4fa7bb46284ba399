"""Conducting: what all conductors share: placement, passes, work aside, commands, the scene.

Frames come on the engine's thread, commands on the window's, results on a worker's. One lock guards
it all; listeners are told and work is begun outside of it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from app.calibration.calibration import Calibration
from app.calibration.choreography.placement import Placement
from app.calibration.choreography.scene import Dot, Phase, Scene, Stage
from app.calibration.look import Look
from app.calibration.validation import Report
from app.sample import Sample
from app.strings import tr
from model.errors import UserError

Made = TypeVar("Made")
Work = Callable[[], None]

PLACED_S = 1.5
"""In automatic pace a face that has been ready for so long is taken as the user's yes."""

OVER: tuple[Phase, ...] = ("accepted", "discarded", "aborted")
"""Phases after which nothing comes."""

_log = logging.getLogger(__name__)


class Pass(Protocol):
    """What a conductor sees of a pass over targets or over a path."""

    @property
    def total(self) -> int: ...
    @property
    def done(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    @property
    def dot(self) -> Dot | None: ...
    @property
    def message(self) -> str: ...
    @property
    def looks(self) -> tuple[Look, ...]: ...
    def update(self, sample: Sample) -> None: ...
    def go_on(self) -> None: ...


def aside(work: Work) -> None:
    """Do it on a thread of its own."""
    threading.Thread(target=work, name="calibration", daemon=True).start()


def at_once(work: Work) -> None:
    """Do it here and now: for whoever needs the same result at the same frame every time."""
    work()


class Conducting:
    """One conductor; subclasses say what follows what.

    Args:
        automatic: go on by itself.
        stage: of the first pass.
        changed: is called, on any thread, when `scene` is another.
        run: does the work that takes longer than a frame: `aside` or `at_once`.
    """

    def __init__(
        self,
        automatic: bool,
        stage: Stage,
        changed: Callable[[], None] | None,
        run: Callable[[Work], None],
    ) -> None:
        self._automatic, self._stage = automatic, stage
        self._changed, self._run = changed, run
        self._lock = threading.Lock()
        self._phase: Phase = "placement"
        self._placement = Placement()
        self._pass: Pass | None = None
        self._work: Work | None = None
        self._problem, self._asked = "", ""
        self._made: Calibration | None = None
        self._measured: Report | None = None
        self._scene = Scene("placement", stage=stage)

    @property
    def scene(self) -> Scene:
        """What to show now; any thread may ask."""
        return self._scene

    @property
    def over(self) -> bool:
        """Accepted, discarded or aborted: nothing comes any more."""
        return self._scene.phase in OVER

    @property
    def calibration(self) -> Calibration | None:
        """The calibration, once it is accepted; None before, and where it never was."""
        return self._made if self._scene.phase == "accepted" else None

    @property
    def report(self) -> Report | None:
        """The validation, once it is accepted."""
        return self._measured if self._scene.phase == "accepted" else None

    def update(self, sample: Sample) -> None:
        """One more frame; its time is the only clock there is."""
        with self._changing():
            if self._phase == "placement":
                self._placement.update(sample)
                if self._automatic and self._placement.ready_s >= PLACED_S:
                    self._begin()
            elif self._phase == "looking" and self._pass is not None:
                self._pass.update(sample)
                if self._pass.finished:
                    self._finish_pass(self._pass)

    def go_on(self) -> None:
        """The user says yes: the face is well placed, the eyes rest on the dot, try again.

        In placement it is enough that a face is seen, ready or not: whoever's distance the camera
        misjudges must be able to begin.
        """
        with self._changing():
            if self._phase == "placement":
                if self._placement.seen:
                    self._begin()
            elif self._phase == "looking" and self._pass is not None:
                self._pass.go_on()
            elif self._phase == "failed":
                self._problem = self._asked = ""
                self._try_again()

    def redo_worst(self) -> None:
        """Ask again for what came out worst; only while the report is shown."""
        with self._changing():
            if self._phase == "report":
                self._redo_worst()

    def accept(self) -> None:
        """Take the result; only while the report is shown."""
        with self._changing():
            if self._phase == "report":
                self._phase = "accepted"

    def discard(self) -> None:
        """Leave everything as it was before."""
        self._end("discarded")

    def abort(self) -> None:
        """Stop, whatever goes on; everything stays as it was before."""
        self._end("aborted")

    # What subclasses say

    def _begin(self) -> None:
        """The face is placed: begin the first pass."""
        raise NotImplementedError

    def _finish_pass(self, finished: Pass) -> None:
        """A pass is finished: go on with what follows."""
        raise NotImplementedError

    def _try_again(self) -> None:
        """Something failed, and the user wants another try."""
        self._place(self._stage)

    def _redo_worst(self) -> None:
        """The report is there, and the user wants better."""

    # What subclasses use, holding the lock

    def _place(self, stage: Stage) -> None:
        """Back to the placement check, before a pass of that stage."""
        self._phase, self._stage, self._pass = "placement", stage, None
        self._placement = Placement()

    def _look(self, stage: Stage, over: Pass) -> None:
        """Begin a pass."""
        self._phase, self._stage, self._pass = "looking", stage, over

    def _do(self, make: Callable[[], Made], then: Callable[[Made], None]) -> None:
        """Show that something is worked out, work it out aside, and go on with it.

        Args:
            make: works it out, without the lock; may raise UserError.
            then: takes it, with the lock; not called if meanwhile the user has aborted.
        """
        self._phase, self._pass = "fitting", None

        def work() -> None:
            made, error = None, None
            try:
                made = make()
            except Exception as e:  # noqa: BLE001  it is told
                error = e
            with self._changing():
                if self._phase != "fitting":  # the user has aborted
                    return
                if error is not None:
                    self._fail(error)
                else:
                    then(made)  # type: ignore[arg-type]

        self._work = work

    def _fail(self, error: Exception) -> None:
        """Show what went wrong."""
        self._phase, self._pass = "failed", None
        if isinstance(error, UserError):
            said = str(error)
            self._problem = said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")
            return
        _log.error("the calibration failed", exc_info=error)
        self._problem = tr(
            "Something in the program went wrong ({error}): try again, and send us the log file."
        ).format(error=str(error) or type(error).__name__)

    # The lock

    def _end(self, phase: Phase) -> None:
        with self._changing():
            if self._phase not in OVER:
                self._phase, self._pass = phase, None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock, then draw the scene anew, tell of it and begin what is to be done."""
        with self._lock:
            before = self._scene
            yield
            self._scene = self._draw()
            another = not _same(before, self._scene)
            work, self._work = self._work, None
        if another and self._changed is not None:
            self._changed()
        if work is not None:
            self._run(work)

    def _draw(self) -> Scene:
        shown = self._phase in ("report", "accepted")
        now = self._pass
        placing = self._phase == "placement"
        return Scene(
            phase=self._phase,
            dot=now.dot if now else None,
            message=self._placement.message if placing else now.message if now else "",
            ready=placing and self._placement.ready,
            stage=self._stage,
            done=now.done if now else 0,
            total=now.total if now else 0,
            report=self._measured if shown else None,
            calibration=self._made if shown else None,
            problem=self._problem if self._phase == "failed" else "",
            asked=self._asked if self._phase == "failed" else "",
        )


def _same(a: Scene, b: Scene) -> bool:
    """Whether two scenes look alike; reports and calibrations hold arrays, so identity counts."""
    if a.report is not b.report or a.calibration is not b.calibration:
        return False
    return a == b
