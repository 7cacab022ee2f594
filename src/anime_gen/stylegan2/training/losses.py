"""Adversarial losses and gradient penalties, each as a small function of logits."""

import math

import torch
from torch.nn import functional

PATH_LENGTH_DECAY = 0.01
GREY = 1e-3  # pictures in [-1, 1] with less colour than this have none


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


def detail_loss(fake: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Squared share, a scalar, by which the fine detail of pictures [n, 3, h, w] is too weak or too strong.

    The strengths of a batch count alike: the finest bands of a Laplacian pyramid (Burt and Adelson 1983, not
    subsampled), each of the colours' distance from grey and of grey. They say how much detail, the discriminator where.
    """
    wanted = detail_strengths(real).clamp_min(GREY)
    return (detail_strengths(fake) / wanted - 1).square().mean()


def detail_strengths(images: torch.Tensor) -> torch.Tensor:
    """Root mean squares [2k] of images [n, 3, h, w]: k bands of the colours from the finest on, then k of grey.

    k is 2 up to 64 pixels and one more for each doubling: what is coarser, a discriminator sees by itself.
    """
    images = images.float().clamp(-1, 1)
    grey = images.mean(dim=1, keepdim=True)
    strengths = []
    for part in (images - grey, grey):
        for band in range(max(2, (images.shape[-1] // 16).bit_length() - 1)):
            coarser = _blurred(part, 2**band)
            strengths.append((part - coarser).square().mean().sqrt())
            part = coarser
    return torch.stack(strengths)


def preview_loss(pictures: list[torch.Tensor], size_px: int) -> torch.Tensor:
    """Mean squared difference, a scalar, between a picture's stage of `size_px` pixels and the whole averaged down.

    `pictures` are those of SynthesisNetwork.pyramid. The whole is its stage and what larger blocks add, so this keeps
    them to detail: the lower blocks by themselves draw the same picture, smaller, at a part of the cost.
    """
    small = next(picture for picture in pictures if picture.shape[-1] == size_px)
    whole = functional.avg_pool2d(pictures[-1], pictures[-1].shape[-1] // size_px)
    return functional.mse_loss(small, whole)


def _blurred(images: torch.Tensor, step: int) -> torch.Tensor:
    """Binomial low-pass [1, 2, 1] / 4 along both sides, its taps `step` pixels apart; borders are reflected."""
    taps = images.new_tensor([0.25, 0.5, 0.25])
    images = functional.pad(images, (step, step, step, step), mode="reflect")
    for shape, dilation in (((1, 1, 1, 3), (1, step)), ((1, 1, 3, 1), (step, 1))):
        kernel = taps.view(shape).expand(images.shape[1], -1, -1, -1)
        images = functional.conv2d(images, kernel, groups=images.shape[1], dilation=dilation)
    return images
