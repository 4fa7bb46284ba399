"""CalibrationDesk: from the wish to calibrate to a calibration that is kept, or to none."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.calibration.calibration import Calibration
from app.calibration.choreography.conductor import (
    Conductor,
    Plan,
    RecentreConductor,
    ValidationConductor,
)
from app.calibration.choreography.events import calibration_event, validation_event
from app.calibration.choreography.keeping import Keeping
from app.calibration.choreography.plan import Targets
from app.calibration.choreography.scene import Dot
from app.calibration.look import CameraUsed
from app.calibration.validation import Report
from app.gui.actions import Actions
from app.gui.bridge import Bridge
from app.gui.calibration_window import CalibrationWindow, Conducting
from app.gui.live_page import LivePage
from app.gui.profile_desk import Made, ProfileDesk, camera_used
from app.gui.screens import ScreenHere, choose
from app.gui.settings_desk import SettingsDesk
from app.gui.wording import degrees
from app.live import telling
from app.live.state import SourceState
from app.settings import Settings
from app.strings import tr
from model.card import ModelCard, load_card
from model.errors import UserError

if TYPE_CHECKING:
    from app.gui.kept import KeptSettings
    from app.live.session import LiveSession

Deed = Literal["calibrate", "validate", "recentre"]
Conducted = Conductor | ValidationConductor | RecentreConductor

TOPIC = "calibrated"
"""Of what is said when it is over."""

WORDS: dict[Deed, tuple[str, str]] = {
    "calibrate": (
        "Sit as you will sit",
        "Then look at each dot until it is gone, with your eyes rather than your head. "
        "It takes about 35 seconds. Esc leaves everything as it is.",
    ),
    "validate": (
        "How good is it now?",
        "Look at each dot until it is gone. It takes about 10 seconds. Esc stops.",
    ),
    "recentre": ("", ""),
}
"""What is about to happen, and how it goes."""


class _Changes(QObject):
    """What a conductor says on its threads, as a signal on the window's."""

    changed = Signal()


class CalibrationDesk(QObject):
    """Opens the calibration window, and sees to what comes of it.

    Args:
        session: the engine.
        bridge: its signals.
        page: where things are said.
        actions: `calibrate`, `validate`, `recentre` and `screen`.
        kept, settings: how calibrations are made.
        profiles: keeps them.
        window: whose calibration window it is.

    Signals:
        opened: the calibration window is there; views are its from now on.
        closed: it is gone.
    """

    opened = Signal()
    closed = Signal()

    def __init__(
        self,
        session: "LiveSession",
        bridge: Bridge,
        page: LivePage,
        actions: Actions,
        kept: "KeptSettings",
        settings: SettingsDesk,
        profiles: ProfileDesk,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._page, self._actions = session, page, actions
        self._kept, self._settings, self._profiles = kept, settings, profiles
        self._owner = window
        self.window: CalibrationWindow | None = None
        self._deed: Deed = "calibrate"
        self._conductor: Conducted | None = None
        self._keeping: Keeping | None = None
        self._changes = _Changes(self)
        self._changes.changed.connect(self._refresh)
        self._source: SourceState | None = None
        for name in ("calibrate", "validate", "recentre"):
            actions[name].triggered.connect(getattr(self, name))
        actions["screen"].triggered.connect(self.ask_for_screen)
        bridge.source_changed.connect(self._note_source)
        bridge.view_ready.connect(self._take_view)
        profiles.changed.connect(self._allow)
        self._allow()

    @property
    def dot(self) -> Dot | None:
        """What there is to look at now."""
        conductor = self._conductor  # any thread may ask
        return None if conductor is None else conductor.scene.dot

    def calibrate(self) -> None:
        """Make a new calibration."""
        self._begin("calibrate")

    def validate(self) -> None:
        """Measure the calibration in use once more."""
        self._begin("validate")

    def recentre(self) -> None:
        """Shift the calibration in use by one look at one dot."""
        self._begin("recentre")

    def abort(self) -> None:
        """Leave the calibration window, whatever it is about."""
        if self.window is not None:
            self.window.close()

    def ask_for_screen(self) -> bool:
        """Ask which screen it is, how large, and where its camera sits; False: not answered."""
        from app.gui.screen_dialog import ScreenDialog

        now = self._kept.now
        here = choose(now.screen, now.screens, self._owner)
        dialog = ScreenDialog(here.name, now.screens, self._owner)
        answered = dialog.exec() == QDialog.DialogCode.Accepted
        if answered:
            self._settings.set(screen=dialog.chosen, screens=dialog.told)
        dialog.deleteLater()
        return answered

    def _begin(self, deed: Deed) -> None:
        now = self._kept.now
        camera = camera_used(self._source, now)
        if self.window is not None or (deed != "calibrate" and self._profiles.calibration is None):
            return
        if camera is None:
            sentence = tr("A calibration needs a camera that runs: choose one in the menu Source.")
            self._page.messages.say(TOPIC, sentence, "warning")
            return
        here = choose(now.screen, now.screens, self._owner)
        if here.millimetres is None:  # the system says nonsense: nobody else knows
            if not self.ask_for_screen():
                return
            now = self._kept.now
            here = choose(now.screen, now.screens, self._owner)
        try:
            card = load_card(now.model_path)
        except UserError as error:
            self._page.messages.say(TOPIC, telling.sentence(error), "error")
            return
        self._page.messages.unsay(TOPIC)
        self._deed = deed
        self._conduct(here, camera, card, now)

    def _conduct(
        self, here: ScreenHere, camera: CameraUsed, card: ModelCard, now: Settings
    ) -> None:
        changed, calibration = self._changes.changed.emit, self._profiles.calibration
        self._keeping = None
        conductor: Conducted
        if self._deed == "calibrate":
            conductor = make_conductor(here, camera, card.sha256, plan_of(now), changed)
        else:
            assert calibration is not None
            if self._deed == "validate":
                conductor = ValidationConductor(
                    calibration.screen, plan_of(now), calibration, changed=changed
                )
            else:
                conductor = RecentreConductor(calibration.screen, calibration, changed=changed)
            here = choose(calibration.screen.name, now.screens, self._owner)
        if now.keep_patches and self._deed != "validate":
            self._keeping = Keeping(conductor, card.patch)
        self._conductor = conductor
        self._open(here, conductor, now)
        self._session.observe(self._keeping or conductor)

    def _open(self, here: ScreenHere, conductor: Conducting, now: Settings) -> None:
        title, way = WORDS[self._deed]
        if self._deed == "calibrate" and now.pace == "automatic":
            way = f"{tr('It begins by itself as soon as you sit well.')} {tr(way)}"
        window = CalibrationWindow(
            conductor,
            here.screen,
            now.ground,
            tr(title),
            tr(way),
            drift=self._deed == "validate",
            parent=self._owner,
        )
        self.window = window
        window.ended.connect(self._end)
        window.turned.connect(self._turn)
        window.mirror_resized.connect(self._session.set_view_size)
        self.opened.emit()
        window.show_on(here.where)

    def _end(self, phase: str) -> None:
        """The window is about to go: keep what was accepted."""
        conductor, keeping, deed = self._conductor, self._keeping, self._deed
        assert conductor is not None
        self._session.observe(None)
        self._forget()
        calibration: Calibration | None = conductor.calibration if phase == "accepted" else None
        report = conductor.report if phase == "accepted" else None
        if calibration is not None and deed != "validate":
            session = None
            if isinstance(conductor, Conductor | RecentreConductor):
                session = conductor.session
            patches = keeping.of(session) if keeping is not None and session is not None else None
            self._profiles.keep(Made(calibration, report, session, patches))
            self._session.note_event("calibration", calibration_event(calibration))
        if report is not None:
            if deed == "validate":
                self._profiles.note_report(report)
            self._session.note_event("validation", validation_event(report))
        if phase == "accepted":
            self._tell(deed, report)
        self._owner.activateWindow()  # not every system does: the next key is for it
        self.closed.emit()

    def _tell(self, deed: Deed, report: Report | None) -> None:
        profile = self._kept.now.profile
        if deed == "recentre":
            sentence = tr("Recentred. It is kept in the profile {profile}.")
        elif deed == "validate":
            sentence = tr("Measured again: you are {off} ({mm:.0f} mm) off, on average.")
        else:
            sentence = tr(
                "Calibrated: you are {off} ({mm:.0f} mm) off, on average. "
                "It is kept in the profile {profile}."
            )
        off = "" if report is None else degrees(report.accuracy_deg)
        mm = 0.0 if report is None else report.accuracy_mm
        self._page.messages.say(TOPIC, sentence.format(off=off, mm=mm, profile=profile), "good")

    def _turn(self) -> None:
        """The camera's picture is mirrored, or is not: switch, and begin again."""
        deed = self._deed
        self.abort()
        self._settings.set(mirrored=not self._kept.now.mirrored)
        self._begin(deed)

    def _forget(self) -> None:
        self.window = self._conductor = self._keeping = None

    def _refresh(self) -> None:
        if self.window is not None:
            self.window.refresh()

    def _take_view(self) -> None:
        if self.window is not None:
            view = self._session.take_view()
            if view is not None:
                self.window.show_view(view)

    def _note_source(self, state: SourceState) -> None:
        before, self._source = self._source, state
        self._allow()
        if self.window is None:
            return
        if state.phase == "running" and before is not None and state.name != before.name:
            self.abort()  # another camera's frames belong to another calibration
        elif state.phase == "running":
            self.window.note_fault("")
        elif state.phase in ("failed", "ended"):
            self.abort()
        else:
            self.window.note_fault(state.message or tr("One moment …"))

    def _allow(self) -> None:
        calibrated = self._profiles.calibration is not None
        running = camera_used(self._source, self._kept.now) is not None
        self._actions["calibrate"].setEnabled(running)
        for name in ("validate", "recentre"):
            self._actions[name].setEnabled(running and calibrated)


def make_conductor(
    here: ScreenHere,
    camera: CameraUsed,
    model_hash: str,
    plan: Plan,
    changed: Callable[[], None],
) -> Conductor:
    """The conductor of a whole calibration."""
    return Conductor(here.screen, plan, camera, model_hash, changed=changed)


def plan_of(settings: Settings) -> Plan:
    """What the settings ask of the user; the order of the targets is another each time."""
    targets: Targets = "pursuit" if settings.targets == "pursuit" else int(settings.targets)  # type: ignore[assignment]
    return Plan(targets, automatic=settings.pace == "automatic", seed=random.randrange(2**31))
