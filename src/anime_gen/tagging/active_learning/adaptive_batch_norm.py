"""Sub-models at home in another set of faces, without a label of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from anime_gen.tagging.classifiers.tagger import Tagger


@torch.inference_mode()
def adapt_batch_norm(tagger: Tagger, batches: Iterable[Tensor]) -> Tagger:
    """A copy whose normalisations have the statistics of these pictures, batches [n, 3, r, r] in [-1, 1].

    Paler colours or smaller eyes than the sub-models were taught on are then nothing unusual (adaptive batch
    normalisation, Li et al. 2016). Nothing else of them changes.
    """
    moved = copy.deepcopy(tagger)
    for model in moved.sub_models.values():
        for layer in model.network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.reset_running_stats()
                layer.momentum = None  # a plain mean over the batches
                layer.train()
    for images in batches:
        moved.features(images)
    for model in moved.sub_models.values():
        model.network.eval()
    return moved
