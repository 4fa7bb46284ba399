"""Habits of the libraries underneath that would reach the user, put right in one place."""

import contextlib
import ctypes
import logging
import os
import sys
import warnings
from pathlib import Path

ARENAS = 2
"""One would do for the memory, but threads would wait for each other."""

_M_ARENA_MAX = -8  # of glibc's malloc.h


def tame_libraries() -> None:
    """Import OpenCV and PyAV, silence them, undo what they do to others. Call before all else.

    * OpenCV's Media Foundation back end takes up to 20 s to open a camera on Windows unless
      hardware transforms are off before its import.
    * On Linux its import points Qt at OpenCV's own plug-ins, which breaks our windows.
    * Its threads and OpenBLAS's would fight those of MediaPipe and ONNX Runtime for a laptop's few
      cores.
    * Python lets a thread keep the interpreter for 5 ms while others wait: as long as a whole frame
      takes us.
    * Their many threads would each get a share of glibc's memory to cut pictures from, and every
      share keeps the gaps that it had at its fullest.
    * All write warnings of their own to the terminal, where users shall see only our sentences.
    """
    _share_memory()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Python's warnings are for developers, who ask with -W
    keep_matrices_to_one_core()
    sys.setswitchinterval(0.0005)
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    before = {name: os.environ.get(name, "") for name in _QT_VARIABLES}
    import cv2

    for name, value in before.items():
        if value and not _is_opencvs(value):
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
    cv2.setNumThreads(1)
    cv2.setLogLevel(0)

    # Without a handler Python prints a library's warnings by its last resort, on the terminal.
    logging.getLogger("PIL").addHandler(logging.NullHandler())

    import av.logging

    av.logging.set_level(None)
    av.logging.set_libav_level(av.logging.PANIC)


def keep_matrices_to_one_core() -> None:
    """Give OpenBLAS one thread, here and in all processes begun from here.

    On matrices as small as ours its second one only spins, on a core that somebody else needs.
    Heard only before NumPy's first import.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _share_memory() -> None:
    """Let all threads cut their memory from two of glibc's arenas, unless the user chose a number.

    By default there may be eight for each core. Pictures are made on one thread and let go on
    another, and a clip that plays again brings new threads, which take whichever arena is free: in
    time each of them has room for several pictures, and hardly any of it ever goes back.
    """
    if sys.platform.startswith("linux") and "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)  # heard only before there are more


def return_memory() -> None:
    """Give the gaps between what is in use back to the system; takes some milliseconds.

    glibc does so by itself only at the end of an arena. Pictures with memory of their own (its
    threshold for that held down) would leave no gaps at all, but cost a sixth more time a frame.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def _is_opencvs(path: str) -> bool:
    import cv2

    return Path(path).is_relative_to(Path(cv2.__file__).parent)


_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
