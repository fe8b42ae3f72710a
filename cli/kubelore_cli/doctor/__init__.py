"""Checks every outside part that a laptop's run depends on, one file a kind of part."""
