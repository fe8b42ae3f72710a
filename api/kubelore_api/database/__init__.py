"""What the gateway keeps in SQL: the connection, the tables, and how they come to be."""
