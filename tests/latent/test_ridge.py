import pytest
import torch

from anime_gen.latent.ridge import fit_ridge


def test_exact_line_is_found():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 5, generator=generator)
    true = torch.randn(3, 5, generator=generator)
    fit = fit_ridge(x, x @ true.T + 2.0)
    torch.testing.assert_close(fit.coefficients, true, atol=1e-3, rtol=0)
    torch.testing.assert_close(fit.intercept, torch.full((3,), 2.0), atol=1e-3, rtol=0)
    assert (fit.r2 > 0.999).all()


def test_pure_noise_is_shrunk_away_even_with_as_many_features_as_pictures():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(60, 50, generator=generator), torch.randn(60, 2, generator=generator)
    fit = fit_ridge(x, y)
    assert (fit.r2 < 0.2).all()
    assert float(fit.coefficients.norm()) < 0.5


def test_penalty_equals_the_textbook_solution():
    generator = torch.Generator().manual_seed(1)
    x, y = torch.randn(40, 3, generator=generator), torch.randn(40, 1, generator=generator)
    fit = fit_ridge(x, y)
    centred, target = (x - x.mean(0)).double(), (y - y.mean(0)).double()
    from anime_gen.latent.ridge import STRENGTHS

    solutions = [
        torch.linalg.solve(centred.T @ centred + s * 40 * torch.eye(3, dtype=torch.float64), centred.T @ target)[:, 0]
        for s in STRENGTHS
    ]
    assert min(float((s.float() - fit.coefficients[0]).abs().max()) for s in solutions) < 1e-5


def test_constant_targets_and_too_few_rows_give_zero():
    x = torch.randn(10, 4)
    fit = fit_ridge(x, torch.ones(10, 1))
    assert float(fit.coefficients.abs().max()) == 0.0
    assert float(fit.r2) == 0.0
    empty = fit_ridge(x[:0], torch.ones(0, 1))
    assert empty.coefficients.shape == (1, 4)
    assert empty.intercept.isfinite().all()


def test_three_points_are_enough_for_a_line():
    x = torch.tensor([[0.0], [1.0], [2.0]])
    assert float(fit_ridge(x, 2.0 * x).coefficients) == pytest.approx(2.0, abs=0.01)
    assert float(fit_ridge(x[:2], 2.0 * x[:2]).coefficients) == 0.0
