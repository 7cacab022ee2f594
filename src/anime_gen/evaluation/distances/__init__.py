"""How far two sets of pictures are apart, how varied one is, and whether it repeats what it was taught."""
