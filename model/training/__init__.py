"""The training submodule: torch, open_clip and the SynthGaze renderer. The app never imports it."""
