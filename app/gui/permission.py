"""May we use the camera? Only macOS is asked here; its prompt needs the window's own thread."""

import os
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from app.strings import tr

DENIED_TITLE = "The camera may not be used"
DENIED = (
    "macOS does not let this program see the camera. Open System Settings, Privacy & Security, "
    "Camera, allow it for the program you started this from (such as Terminal), then try again."
)

SYSTEM_SETTINGS = "x-apple.systempreferences:com.apple.preference.security?Privacy_Camera"


def ask_for_camera(context: QObject, then: Callable[[bool], None]) -> None:
    """Ask the system, and the person where the system wants that; `then` is told whether we may.

    Args:
        context: while it lives, the answer is wanted.
        then: called once, on this thread: at once or when the person has answered.
    """
    application = QApplication.instance()
    if sys.platform != "darwin" or application is None:
        then(True)
        return
    from PySide6.QtCore import QCameraPermission

    # OpenCV would ask by itself, from a thread on which macOS never shows the question.
    os.environ["OPENCV_AVFOUNDATION_SKIP_AUTH"] = "1"
    permission = QCameraPermission()
    status = application.checkPermission(permission)
    if status == Qt.PermissionStatus.Undetermined:
        application.requestPermission(
            permission, context, lambda answer: then(answer.status() == Qt.PermissionStatus.Granted)
        )
    else:
        then(status == Qt.PermissionStatus.Granted)


def denied() -> tuple[str, str]:
    """Title and sentence for the person."""
    return tr(DENIED_TITLE), tr(DENIED)
