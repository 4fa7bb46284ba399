import os
import subprocess
import sys

import pytest

from app import PROJECT


@pytest.mark.parametrize("command", ["track", "synth"], ids=["app", "training"])
def test_small_matrices_keep_to_one_core(command: str):
    """Rendering in two processes was a third slower while each had OpenBLAS's two threads."""
    code = f"""
import os, sys

class Watch:
    def find_spec(self, name, *rest):
        if name == "numpy":
            print("threads", os.environ.get("OPENBLAS_NUM_THREADS"))

sys.meta_path.insert(0, Watch())
import main
try:
    main.main([{command!r}, "--help"])
except SystemExit:
    import numpy
"""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("threads")]
    assert told == ["threads 1"], done.stderr
