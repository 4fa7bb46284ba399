"""Judges models on data sets: which models, on which samples, and what they say."""
