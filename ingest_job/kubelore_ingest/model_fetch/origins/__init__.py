"""Where models come from: each kind of source names its files and their addresses."""
