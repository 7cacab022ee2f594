import torch

from anime_gen.latent.fitting import active_coordinates, standardised
from anime_gen.latent.space import LatentSpace
from tests.latent.toys import VOCABULARY, blank_directions

SPACE = LatentSpace(torch.zeros(2), torch.eye(2), torch.ones(2), 2.0, ((0, 2), (2, 4)))


def test_the_jacobian_is_in_deviations_and_that_of_a_constant_column_is_0():
    columns = len(VOCABULARY.columns)
    scale = torch.full((columns,), 2.0)
    scale[1] = 0.0
    directions = blank_directions(VOCABULARY, SPACE, scale=scale, jacobian=torch.ones(columns, 4))
    assert standardised(directions)[:3].mean(1).tolist() == [0.5, 0.0, 0.5]


def test_layers_are_active_by_the_size_of_their_effect_whatever_its_sign():
    jacobian = torch.zeros(len(VOCABULARY.columns), 4)
    jacobian[0] = torch.tensor([1.0, -1.0, 0.5, 0.5])  # squares: 2 of 2.5, and 0.5 of 2.5
    directions = blank_directions(VOCABULARY, SPACE, scale=torch.ones(len(jacobian)), jacobian=jacobian)
    assert active_coordinates(directions, "length", 0.3).tolist() == [True, True, False, False]
    assert active_coordinates(directions, "length", 0.2).all()
    assert active_coordinates(directions, "width", 0.3).all()  # nothing moves it: no layer is better than another
