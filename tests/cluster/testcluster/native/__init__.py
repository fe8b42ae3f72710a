"""A cluster of plain processes in Linux namespaces of its own, for machines without a container engine."""
