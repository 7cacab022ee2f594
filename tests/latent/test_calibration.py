import torch

from anime_gen.latent.calibration import _class_gap, _leakage
from anime_gen.latent.readings import SURE_LOGIT
from anime_gen.latent.space import fit_space
from tests.latent.toys import VOCABULARY, blank_directions


def test_a_class_must_gain_what_it_lacks_of_a_sure_lead_over_the_best_other():
    logits = torch.tensor([[1.0, 2.0, 5.0], [2.0, 4.0, 5.0]])
    assert _class_gap(logits, 0).tolist() == [4.0 + SURE_LOGIT, 3.0 + SURE_LOGIT]
    assert _class_gap(logits, 2).tolist() == [0.0, SURE_LOGIT - 1.0]


def test_leakage_is_in_standard_deviations_of_both():
    """Length moves by two of its deviations, width by half of its own; what never varies leaks nothing."""
    columns = len(VOCABULARY.columns)
    scale = torch.zeros(columns)
    scale[:2] = torch.tensor([0.5, 0.25])
    directions = blank_directions(VOCABULARY, fit_space(torch.randn(9, 4), 4, 2, 4), scale=scale)
    readouts = torch.ones(3, 2, columns)
    readouts[..., 1] = 0.125
    leakage = _leakage(directions, "length", torch.zeros(2, columns), readouts)
    torch.testing.assert_close(leakage, torch.tensor([1.0, 0.25, 0.0, 0.0, 0.0, 0.0]))
