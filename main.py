"""The door: without arguments the window opens; `main.py --help` lists the commands."""

import os
import signal
import sys
from types import FrameType


def main(argv: list[str]) -> int:
    """Hand the command to the app or to the training submodule; returns the exit code."""
    try:
        from app.cli import TRAINING_COMMANDS
        from app.cli import main as run
        from app.libraries import keep_matrices_to_one_core

        keep_matrices_to_one_core()
        return _train(argv) if argv and argv[0] in TRAINING_COMMANDS else run(argv)
    except ModuleNotFoundError as error:
        missing = error.name or "a package"
        if missing.partition(".")[0] in ("app", "model"):  # our own mistake, not the user's
            raise
        print(
            f"error: {missing} is not installed here: run sh setup.sh, then start the app with "
            ".venv/bin/python main.py",
            file=sys.stderr,
        )
        return 2


def _train(argv: list[str]) -> int:
    try:
        from model.training.cli import main as train

        return train(argv)
    except ModuleNotFoundError as error:
        print(
            f"error: {argv[0]} needs {error.name}, which is not installed: "
            "run pip install -r requirements-train.txt",
            file=sys.stderr,
        )
        return 2


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while a library is being loaded: nothing has begun, so leave at once. Libraries in C
    would make an error of their own of a KeyboardInterrupt. At any other time raise that."""
    place = frame
    while place is not None:
        if place.f_code.co_filename.startswith("<frozen importlib"):
            os._exit(0)
        place = place.f_back
    signal.default_int_handler(number, frame)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _interrupted)
    sys.exit(main(sys.argv[1:]))
