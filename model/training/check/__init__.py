"""Looks whether a gaze data set is whole, and whether its angles say what its pictures show."""
