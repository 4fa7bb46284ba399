"""A recording is one folder: samples.csv, events.csv and recording.json. Writing and reading it."""
