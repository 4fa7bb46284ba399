"""The engine behind the window: source, tracker, recording and picture on threads; no Qt."""
