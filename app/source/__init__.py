"""Where frames come from: camera, video, pictures and demo clip behind one interface."""

from app.source.base import Frame, Source
from app.source.opening import open_source

__all__ = ["Frame", "Source", "open_source"]
