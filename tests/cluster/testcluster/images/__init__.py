"""Container images without a registry: built with buildah, kept as archives in the per-user cache."""
