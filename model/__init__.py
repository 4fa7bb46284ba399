"""GazeCLIP as the app uses it: NumPy, MediaPipe, ONNX Runtime. Never imports app or torch."""

import os

# ONNX Runtime (since 1.29, in its official wheels) reports to its maker which models are run on
# which machine, and keeps an identifier in the user's cache folder. It heeds this only when set
# before its import, and whatever of ours imports it has imported this package first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
