"""What `profiles` does: list, show, rename, delete, export, import."""

import sys
from pathlib import Path
from typing import Any

from app.calibration.profiles.profile_file import Entry, Profile
from app.calibration.profiles.store import ProfileStore
from model.errors import UserError


def manage(arguments: dict[str, Any]) -> None:
    """Do one of the deeds of `main.py profiles`.

    Args:
        arguments: deed (None for list), profiles, and what the deed takes.

    Raises:
        UserError: something in the way that the user can mend.
    """
    store = ProfileStore(arguments["profiles"])
    match arguments["deed"]:
        case "show":
            _show(store.load(arguments["name"]))
        case "rename":
            store.rename(arguments["name"], arguments["new"])
            print(f"The profile {arguments['name']} is called {arguments['new']} now.")
        case "delete":
            _delete(store, arguments["name"], arguments["calibration"], arguments["yes"])
        case "export":
            _export(store, arguments["name"], arguments["file"])
        case "import":
            print(f"Imported as profile {store.import_(arguments['file'])}.")
        case _:
            _list(store)


def _list(store: ProfileStore) -> None:
    profiles, problems = store.load_all()
    for profile in profiles:
        count, latest = len(profile.entries), profile.latest
        newest = f", the newest of {latest.made} ({latest.rung})" if latest else ""
        print(f"{profile.name}: {count} calibration{'s' * (count != 1)}{newest}")
    if not profiles:
        print(f"There are no profiles in {store.folder} yet: calibrate makes them.")
    for problem in problems:
        print(f"note: {problem}", file=sys.stderr)


def _show(profile: Profile) -> None:
    print(f"{profile.name}: {len(profile.entries)} calibration(s), the newest last")
    for entry in profile.entries:
        print(_line(entry))


def _line(entry: Entry) -> str:
    of = entry.calibration
    (px_x, px_y), (mm_x, mm_y) = of.screen.pixels, of.screen.millimetres
    told = [
        f"{of.id}: {of.kind}" + (f" of {of.recentred_from}" if of.recentred_from else ""),
        f"{of.rung} on {len(of.targets)} targets",
        f"screen {px_x} x {px_y} px, {mm_x:g} x {mm_y:g} mm",
        f"camera {of.camera.name}, {of.camera.size[0]} x {of.camera.size[1]}",
        f"model {of.model_hash[:8]}",
    ]
    if of.held_out_deg is not None:
        told.append(f"{of.held_out_deg:.2f} degrees on targets left out")
    validated = (entry.report or {}).get("accuracy_deg")
    if isinstance(validated, int | float):
        told.append(f"{validated:.2f} degrees in its validation")
    if any(entry.patches):
        told.append("with pictures of the eyes")
    return "; ".join(told)


def _delete(store: ProfileStore, name: str, identity: str | None, sure: bool) -> None:
    if identity is not None:
        store.load(name).entry(identity)
        what = f"the calibration {identity} of the profile {name}"
    elif name in store:
        what = f"the profile {name} with all its calibrations"
    else:
        store.load(name)  # says what there is instead
    if not sure:
        raise UserError(f"this deletes {what} for good: add --yes")
    if identity is not None:
        store.delete_calibration(name, identity)
    else:
        store.delete(name)
    print(f"Deleted {what}.")


def _export(store: ProfileStore, name: str, path: Path) -> None:
    if path.exists():
        raise UserError(f"there is a file {path} already: give another one")
    store.export(name, path)
    with_pictures = any(any(entry.patches) for entry in store.load(name).entries)
    pictures = ", small pictures of the eyes included" if with_pictures else ""
    print(f"Exported profile {name} to {path}{pictures}.")
