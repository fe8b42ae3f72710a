"""Says who is calling, and which rows that caller may see."""
