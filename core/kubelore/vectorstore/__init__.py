"""The index that answers searches: one interface, Milvus behind it."""
