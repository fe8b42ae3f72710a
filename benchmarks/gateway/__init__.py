"""The parts of gateway_load.py."""
