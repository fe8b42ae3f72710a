"""The system of record: one interface, an S3 and a folder implementation."""
