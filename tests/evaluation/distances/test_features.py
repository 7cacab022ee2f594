import numpy as np
import torch

from anime_gen.evaluation.distances.features import RandomConvolutions, extract, to_images, to_pictures


def pictures(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def test_pictures_become_images_and_come_back():
    made = pictures(3, 8)
    images = to_images(made)
    assert images.shape == (3, 3, 8, 8)
    assert float(images[1, 2, 4, 5]) == np.float32(made[1, 4, 5, 2]) / np.float32(127.5) - 1.0
    assert np.array_equal(to_pictures(images), made)
    assert np.array_equal(to_pictures(torch.tensor([-9.0, 0.0, 9.0]).view(1, 3, 1, 1)), [[[[0, 128, 255]]]])


def test_features_do_not_depend_on_batches_and_are_never_drawn_anew():
    class Network:
        def features(self, images: torch.Tensor) -> torch.Tensor:
            assert len(images) <= 4
            return RandomConvolutions()(images)

    found = extract(Network(), pictures(9, 32), batch=4)
    assert found.shape == (9, 160)
    np.testing.assert_allclose(found, RandomConvolutions()(to_images(pictures(9, 32))).numpy(), atol=1e-5)


def test_pictures_of_any_size_are_looked_at_in_one_size():
    plain = np.full((1, 32, 32, 3), (200, 30, 90), dtype=np.uint8)
    small, large = (RandomConvolutions()(to_images(plain.repeat(k, 1).repeat(k, 2))) for k in (1, 3))
    torch.testing.assert_close(small, large, atol=1e-5, rtol=0)


def test_signals_keep_their_size_through_the_layers():
    """Gains are He's: features of noise of deviation 1 are themselves about 1."""
    noise = torch.randn(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    deviations = RandomConvolutions()(noise)[:, 128:]
    assert 0.5 < float(deviations.mean()) < 1.2
