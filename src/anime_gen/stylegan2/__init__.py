"""StyleGAN2 from the papers: networks, growing, losses, augmentation, trainer."""

from anime_gen.stylegan2.config import NetworkConfig
from anime_gen.stylegan2.discriminator import Discriminator
from anime_gen.stylegan2.generator import Generator
from anime_gen.stylegan2.runtime import EditSession, Runtime, open_runtime
from anime_gen.stylegan2.streams import random_z
from anime_gen.stylegan2.weights import load_generator, read_card, save_network

__all__ = [
    "Discriminator",
    "EditSession",
    "Generator",
    "NetworkConfig",
    "Runtime",
    "load_generator",
    "open_runtime",
    "random_z",
    "read_card",
    "save_network",
]
