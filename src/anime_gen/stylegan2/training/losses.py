"""Adversarial losses and gradient penalties, each as a small function of logits."""

import math

import torch
from torch.nn import functional

PATH_LENGTH_DECAY = 0.01


def discriminator_loss(kind: str, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """Scalar loss for logits [n] of real and generated pictures.

    non_saturating: softplus(fake) + softplus(-real) (Goodfellow et al. 2014); relativistic: softplus(fake - real), each
    generated picture paired with a real one (R3GAN, equation 2).
    """
    if kind == "relativistic":
        return functional.softplus(fake - real).mean()
    return (functional.softplus(fake) + functional.softplus(-real)).mean()


def generator_loss(kind: str, real: torch.Tensor | None, fake: torch.Tensor) -> torch.Tensor:
    """Scalar loss for the generator; the relativistic kind also needs the logits of real pictures."""
    if kind == "relativistic":
        if real is None:
            raise ValueError("the relativistic loss needs the logits of real pictures")
        return functional.softplus(real - fake).mean()
    return functional.softplus(-fake).mean()


def gradient_penalty(logits: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Squared norm [n] of each logit's gradient by its image (R1: real, R2: generated; Mescheder et al. 2018)."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def path_lengths(images: torch.Tensor, ws: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Length [n] of |J_w^T y| for y = `noise` of the images' shape (StyleGAN2, section 3.2, mean over the layers)."""
    scaled = noise / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * scaled).sum(), ws, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()


def path_length_penalty(lengths: torch.Tensor, mean: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(penalty, new running mean): how far the lengths are from their running mean, squared."""
    new_mean = mean.lerp(lengths.detach().mean(), PATH_LENGTH_DECAY)
    return (lengths - new_mean).square().mean(), new_mean
