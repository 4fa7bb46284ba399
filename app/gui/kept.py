"""KeptSettings: the settings of now, and which part of them is remembered."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from app.settings import Settings, save


class KeptSettings:
    """What is in force, and the settings file behind it.

    What the command line gave is in force but not stored, until the person changes it.

    Args:
        stored: as loaded from the settings file.
        overrides: fields of Settings that hold for this run only.
        write: stores settings; raises UserError where it cannot.
    """

    def __init__(
        self,
        stored: Settings,
        overrides: Mapping[str, object] | None = None,
        write: Callable[[Settings], None] = save,
    ) -> None:
        self._stored, self._write = stored, write
        self.now = replace(stored, **dict(overrides or {}))  # type: ignore[arg-type]

    def change(self, new: Settings) -> None:
        """Put new settings in force and store what differs from those of before.

        Raises:
            UserError: they cannot be stored; they are in force all the same.
        """
        changed = {
            field.name: getattr(new, field.name)
            for field in fields(Settings)
            if getattr(new, field.name) != getattr(self.now, field.name)
        }
        if not changed:
            return
        self.now = new
        self._stored = replace(self._stored, **changed)
        self._write(self._stored)
