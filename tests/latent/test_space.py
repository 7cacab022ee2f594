import torch

from anime_gen.latent.space import LatentSpace

SPACE = LatentSpace(torch.tensor([1.0, 2.0]), torch.eye(2), torch.tensor([2.0, 0.5]), 3.0, ((0, 1), (1, 3)))


def test_the_mean_is_the_origin_and_a_move_is_read_back_as_its_step():
    ws = SPACE.mean.expand(1, 3, 2)
    assert SPACE.coordinates(ws).tolist() == [[0.0, 0.0, 0.0, 0.0]]
    step = torch.tensor([[1.0, -2.0, 0.5, 3.0]])
    torch.testing.assert_close(SPACE.coordinates(ws + SPACE.move(step)), step)


def test_a_group_that_starts_further_out_may_stay_there_and_the_others_may_not():
    start = torch.tensor([[0.0, 5.0, 0.0, 1.0]])
    kept = start + SPACE.confine(start, torch.tensor([[0.0, 4.0, 0.0, 4.0]]), budget=10.0)
    torch.testing.assert_close(kept, torch.tensor([[0.0, 5.0, 0.0, 3.0]]))
