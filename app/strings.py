"""The one door through which every sentence and label of the window comes.

Write sentences whole, with named places: tr("{count} frames").format(count=12). A translation then
needs a catalogue here and nothing elsewhere.
"""


def tr(text: str) -> str:
    """The text in the person's language. So far there is one: English, as written."""
    return text
