"""One character: its recipe, the editor that shapes it, every step back, and the file that carries it."""
