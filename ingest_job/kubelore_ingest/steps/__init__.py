"""What happens to a document on its way in, one step a file."""
