"""Calibrating from frames that were recorded: the commands, and the same from Python."""
