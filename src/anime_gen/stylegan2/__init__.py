"""StyleGAN2 from the papers: networks, growing, losses, augmentation, trainer."""

from anime_gen.stylegan2.inference.characters import draw_characters
from anime_gen.stylegan2.inference.runtime import EditSession, Runtime, open_runtime
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.discriminator import Discriminator
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.networks.weights import load_discriminator, load_generator, read_card, save_network
from anime_gen.stylegan2.streams import random_z

__all__ = [
    "Discriminator",
    "EditSession",
    "Generator",
    "NetworkConfig",
    "Runtime",
    "draw_characters",
    "load_discriminator",
    "load_generator",
    "open_runtime",
    "random_z",
    "read_card",
    "save_network",
]
