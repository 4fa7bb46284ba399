"""ProfileDesk: which calibration is in use, where it comes from, and what is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.calibration.calibration import Calibration
from app.calibration.look import CameraUsed, Session
from app.calibration.profiles.choosing import Chosen, newest
from app.calibration.profiles.staleness import Change, light, posture
from app.calibration.profiles.store import ProfileStore
from app.calibration.profiles.storing import SessionPatches
from app.calibration.profiles.suiting import other_camera
from app.calibration.validation import Report
from app.gui.actions import Actions
from app.gui.bridge import Bridge
from app.gui.chores import Chores
from app.gui.live_page import LivePage
from app.gui.screens import screens_here
from app.gui.settings_desk import SettingsDesk
from app.gui.wording import degrees
from app.live import telling
from app.live.state import SourceState, View
from app.settings import Settings
from app.strings import tr
from model.errors import UserError

if TYPE_CHECKING:
    from app.gui.kept import KeptSettings
    from app.live.session import LiveSession

TOPIC, STALE = "calibration", "stale"
"""Topics of what is said: of a calibration that cannot be used, of one that has grown old."""

RELOAD = ("profile", "model", "screens", "screen")
"""Fields of Settings that decide which calibration can be used."""


@dataclass(frozen=True)
class Made:
    """What a conductor made.

    Attributes:
        calibration: accepted by the person.
        report: its validation, None for one that was only recentred.
        session: what it was fitted on.
        patches: of the eyes, with the person's consent.
    """

    calibration: Calibration
    report: Report | None = None
    session: Session | None = None
    patches: SessionPatches | None = None


class ProfileDesk(QObject):
    """Loads the profile's newest calibration, has the engine use it, and stores new ones.

    Args:
        session: the engine.
        bridge: its signals.
        page: where things are said.
        actions: `profiles`, and those offered beside what is said.
        kept, settings: whose profile it is, and how that is changed.
        window: whose dialogs.

    Signals:
        changed: the Calibration in use, or None.

    Attributes:
        calibration: in use, None for none.
        menu: of the profiles there are.
        loading: the profile is being read.
    """

    changed = Signal(object)

    def __init__(
        self,
        session: "LiveSession",
        bridge: Bridge,
        page: LivePage,
        actions: Actions,
        kept: "KeptSettings",
        settings: SettingsDesk,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._page, self._actions = session, page, actions
        self._kept, self._settings, self._window = kept, settings, window
        self.chores = Chores(self)
        self.calibration: Calibration | None = None
        self.loading = False
        self._asked_for = 0
        self._changes: list[tuple[Change, str]] = []
        self._source: SourceState | None = None
        self.menu = QMenu(tr("Pro&file"), window)
        self.menu.setObjectName("profileMenu")
        self.menu.aboutToShow.connect(self._list)
        self._group = QActionGroup(self)
        bridge.source_changed.connect(self._note_source)
        settings.changed.connect(self._note_settings)
        actions["profiles"].triggered.connect(self._ask)
        self.load()

    def load(self) -> None:
        """Use the newest calibration of the profile in the settings, if it suits."""
        now = self._kept.now
        screens = [here.screen for here in screens_here(now.screens)]
        screens.sort(key=lambda screen: screen.name != now.screen)
        name, model = now.profile, now.model_path
        self._asked_for += 1
        number = self._asked_for
        self.loading = True
        self.chores.do(
            lambda: newest(ProfileStore(), name, screens, model),
            lambda chosen: self._take(number, chosen),
            lambda error: self._take(number, Chosen(problem=telling.problem(error).sentence)),
        )

    def keep(self, made: Made) -> None:
        """Use what was made, and store it in the profile."""
        self._asked_for += 1  # what is still being read is older
        self.loading = False
        report: Mapping[str, Any] | None = None if made.report is None else made.report.to_json()
        self._use(made.calibration, report)
        name = self._kept.now.profile
        sessions: Sequence[Session] = [] if made.session is None else [made.session]
        patches = None if made.session is None else [made.patches]
        self.chores.do(
            lambda: ProfileStore().add(name, made.calibration, sessions, report, patches),
            lambda _: None,
            self._not_stored,
        )

    def note_report(self, report: Report) -> None:
        """The calibration in use was measured again."""
        self._use(self.calibration, report.to_json())

    def show_view(self, view: View) -> None:
        """Notice a person who sits otherwise, or in another light, than when they calibrated."""
        for change, sentence in self._changes:
            if not change.there and change.update(view.sample):
                self._say_stale(sentence)

    def _take(self, number: int, chosen: Chosen) -> None:
        if number != self._asked_for:
            return  # another profile was asked for meanwhile
        self.loading = False
        self._use(chosen.calibration, chosen.report)
        if chosen.problem:
            again = (tr("Calibrate"), self._actions["calibrate"].trigger)
            sentence = telling.sentence(chosen.problem)
            self._page.messages.say(TOPIC, sentence, "warning", [again])
        elif chosen.note:
            self._page.messages.say(TOPIC, telling.sentence(chosen.note), "info")

    def _use(self, calibration: Calibration | None, report: Mapping[str, Any] | None) -> None:
        before = self.calibration
        if before and calibration and _same(before, calibration):
            calibration = before  # so that nobody takes it for another one
        self.calibration = calibration
        self._watch_changes()
        self._session.use(calibration, report)
        for topic in (TOPIC, STALE):
            self._page.messages.unsay(topic)
        shown = ""
        if calibration is not None:
            shown = tr("in use") if report is None else degrees(report["accuracy_deg"])
        self._page.status.show_calibration(shown)
        self._page.show_calibration(calibration)
        self._compare_camera()
        self.changed.emit(calibration)

    def _not_stored(self, error: Exception) -> None:
        problem = telling.problem(error)
        sentence = tr("The calibration is in use, but not stored: {why}")
        why = problem.sentence[:1].lower() + problem.sentence[1:]
        self._page.messages.say("stored", sentence.format(why=why), "error")

    def _note_settings(self, before: Settings, now: Settings) -> None:
        if any(getattr(before, name) != getattr(now, name) for name in RELOAD):
            self.load()
        elif (before.fov, before.mirrored) != (now.fov, now.mirrored):
            self._compare_camera()

    def _note_source(self, state: SourceState) -> None:
        self._source = state
        if state.phase == "running":
            self._watch_changes()
            self._compare_camera()

    def _watch_changes(self) -> None:
        self._changes = []
        if self.calibration is not None:
            self._changes = [
                (posture(self.calibration), tr("You sit otherwise than when you calibrated.")),
                (light(self.calibration), tr("The light is not what it was when you calibrated.")),
            ]

    def _compare_camera(self) -> None:
        """Say so where frames come from another camera than when it was calibrated."""
        camera = camera_used(self._source, self._kept.now)
        if self.calibration is None or camera is None:
            return
        sentence = other_camera(self.calibration, camera)
        if sentence:
            self._say_stale(telling.sentence(sentence))
        else:
            self._page.messages.unsay(STALE)

    def _say_stale(self, sentence: str) -> None:
        deeds = [
            (self._actions[name].text().replace("&", "").replace(" …", ""),
             self._actions[name].trigger)
            for name in ("recentre", "calibrate")
        ]  # fmt: skip
        self._page.messages.say(STALE, sentence, "info", deeds)

    def _list(self) -> None:
        """Fill the menu with the profiles there are, and the one in use."""
        for action in self._group.actions():
            self._group.removeAction(action)
        self.menu.clear()
        try:
            names = ProfileStore().names()
        except UserError as error:
            self._page.messages.say(TOPIC, telling.sentence(error), "error")
            names = []
        now = self._kept.now.profile
        for name in dict.fromkeys([*names, now]):
            action = QAction(name.replace("&", "&&"), self.menu, checkable=True)
            action.setData(name)
            action.setChecked(name == now)
            action.triggered.connect(self._choose)
            self._group.addAction(action)
            self.menu.addAction(action)

    def _choose(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._settings.set(profile=str(action.data()))

    def _ask(self) -> None:
        from app.gui.profile_dialog import ProfileDialog

        dialog = ProfileDialog(self._kept.now.profile, self.chores, self._window)
        dialog.chosen.connect(self._choose_name)
        dialog.touched.connect(self.load)
        dialog.exec()
        dialog.deleteLater()

    def _choose_name(self, name: str) -> None:
        self._settings.set(profile=name)


def _same(one: Calibration, other: Calibration) -> bool:
    return (one.id, one.screen) == (other.id, other.screen)


def camera_used(state: SourceState | None, settings: Settings) -> CameraUsed | None:
    """The camera that runs, None where none does."""
    if state is None or state.phase != "running" or state.kind != "camera" or state.size is None:
        return None
    return CameraUsed(state.name, state.size, settings.fov, settings.mirrored)
