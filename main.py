"""The door: `main.py track SOURCE`, and without arguments the demo clip."""

import sys

from app.cli import TRAINING_COMMANDS
from app.cli import main as run


def main(argv: list[str]) -> int:
    """Hand the command to the app or to the training submodule; returns the exit code."""
    if argv and argv[0] in TRAINING_COMMANDS:
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
    return run(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
