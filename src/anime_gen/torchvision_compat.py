"""Lets torchvision import beside a CPU torch; imported before torchvision, for its effect.

torchvision's wheel is built against CUDA torch, so its compiled operators cannot load beside a CPU torch and the
import stops at two missing ones. Defining them unconditionally would abort the process where the real ones load.
"""

import torch

try:
    import torchvision
except RuntimeError:
    _operators = torch.library.Library("torchvision", "FRAGMENT")  # keep the reference: it unregisters when collected
    for _name in ("nms", "qnms"):
        _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
