"""Runs model servers on this machine: one file an inference engine."""
