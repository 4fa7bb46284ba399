"""From gaze to a point on the screen: targets, collecting, fitting, validation, profiles; no Qt."""
