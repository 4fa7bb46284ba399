"""The window: asks, shows, computes nothing. The only place that knows Qt."""
