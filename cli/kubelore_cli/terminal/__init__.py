"""How results and progress look, on a wide terminal, a narrow one, or none."""
