"""The knowledge bases as tools of the Model Context Protocol: searched and read, never changed."""
