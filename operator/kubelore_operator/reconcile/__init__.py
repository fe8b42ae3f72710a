"""The decisions: one pure function a kind, from what is wanted and what is observed to what to do."""
