"""The paths that the embedder answers, one file a resource."""
