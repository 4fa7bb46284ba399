"""GazeCLIP as the app uses it: NumPy, MediaPipe, ONNX Runtime. Never imports app or torch."""
