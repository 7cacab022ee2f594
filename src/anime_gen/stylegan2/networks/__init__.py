"""The two networks of StyleGAN2 and their file."""
