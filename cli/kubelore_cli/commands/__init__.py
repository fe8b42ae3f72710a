"""The commands, one file each: what they take, and nothing of how they do it."""
