"""Speed and accuracy, run by hand; results with date and machine go to docs/benchmarks.md."""

from app.libraries import tame_libraries

tame_libraries()  # before NumPy, as in the app
