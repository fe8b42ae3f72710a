"""What a worker tells others: how far it is, and how it ended."""
