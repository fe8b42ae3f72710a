"""Fetches a model into a volume: whole and verified or not at all, once for all pods, resumed where it broke off."""
