"""Probe and compare: Counts in, results out; no disk, no plots."""
