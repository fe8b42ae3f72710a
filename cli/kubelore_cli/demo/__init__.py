"""The whole system over the quickstart's documents, in one command that ends."""
