"""The commands of the training submodule: one file for each, with its flags."""
