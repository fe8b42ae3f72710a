"""The HTTP resources, one file each, thin over the other packages."""
