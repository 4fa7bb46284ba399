"""Cuts the patches of raw data sets with the same code as the app does."""
