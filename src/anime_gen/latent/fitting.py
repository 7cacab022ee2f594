"""Fit directions: sample, regress tags on latents, choose layers, solve for moves, measure them."""

from dataclasses import replace

import torch

from anime_gen.attributes import Attribute
from anime_gen.latent.calibration import calibrate
from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.directions import Directions
from anime_gen.latent.protocols import GeneratorLike, Progress, Reader, silent
from anime_gen.latent.readings import column_slices
from anime_gen.latent.ridge import LinearFit, fit_ridge
from anime_gen.latent.sampling import Samples, sample_faces, usable
from anime_gen.latent.solver import constrained_step
from anime_gen.latent.tag_response import fit_tag_response

SMALLEST_SCALE = 1e-6
"""A column that varies less than this is constant: its direction is 0 and it holds nothing."""


def fit_directions(
    generator: GeneratorLike, tagger: Reader, config: DirectionConfig, progress: Progress = silent
) -> Directions:
    """Directions for every attribute the taggers read, on this generator.

    Raises ValueError if the generator makes one picture only, or if there are no sub-models to read it. An attribute
    that the taggers never see vary gets a direction of 0 and says so in its calibration.
    """
    if not tagger.columns:
        raise ValueError(
            "there are no sub-models, so nothing can be said of a face and no slider moves: give some labels, then "
            "kedro run --pipelines=train,directions"
        )
    samples = sample_faces(generator, tagger, config, progress)
    bare = solve_moves(linear_directions(samples, tagger, config), config)
    bare = replace(bare, tags=fit_tag_response(generator, tagger, config, progress))
    return calibrate(bare, generator, tagger, config, progress)


def linear_directions(samples: Samples, tagger: Reader, config: DirectionConfig) -> Directions:
    """The regression of tags on latents, with no moves yet."""
    columns, p = len(tagger.columns), samples.space.size
    full, shared = _empty(columns, p), _empty(columns, samples.space.rank)
    scale = torch.zeros(columns)
    for name, where in column_slices(tagger.columns).items():
        kept = usable(samples, name) & _visible(samples, tagger, name, config)
        readout = samples.readout[kept][:, where]
        _put(full, where, fit_ridge(samples.coordinates[kept], readout))
        if len(readout) > 1:
            scale[where] = readout.std(0)
        plain = kept & ~samples.mixed
        _put(shared, where, _fit_in_w(samples, plain, where))
    names = len(tagger.vocabulary)
    return Directions(
        space=samples.space,
        vocabulary=tagger.vocabulary,
        intercept=full.intercept,
        jacobian=full.coefficients,
        plain=shared.coefficients,
        scale=scale,
        r2=full.r2,
        moves=torch.zeros(columns, p),
        leakage=torch.zeros(names, names),
        trusted={name: float(flags.float().mean()) for name, flags in samples.trusted.items()},
        settings=config.model_dump(mode="json", exclude={"engine"}),
    )


def solve_moves(directions: Directions, config: DirectionConfig) -> Directions:
    """Choose each attribute's layers and solve for the move of each of its columns with all others held."""
    moves = torch.zeros_like(directions.moves)
    first_layer = {}
    for attribute in directions.vocabulary.values():
        active = active_coordinates(directions, attribute.name, config.min_layer_share)
        groups = directions.space.groups
        layers = [a for (a, _), on in zip(groups, active.view(len(groups), -1)[:, 0], strict=True) if on]
        first_layer[attribute.name] = min(layers, default=0)
        where = directions.rows(attribute.name)
        for column in range(where.start, where.stop):
            moves[column] = _column_move(directions, attribute, column, active, config)
    return replace(directions, moves=moves, first_layer=first_layer)


def active_coordinates(directions: Directions, name: str, min_share: float) -> torch.Tensor:
    """Which coordinates [p] lie in layer groups that carry at least `min_share` of the attribute's effect."""
    rows = standardised(directions)[directions.rows(name)]
    effect = (rows**2).sum(0).view(len(directions.space.groups), -1).sum(1)
    total = effect.sum()
    keep = effect >= min_share * total if float(total) > 0 else torch.ones_like(effect, dtype=torch.bool)
    return keep.repeat_interleave(directions.space.rank)


def standardised(directions: Directions) -> torch.Tensor:
    """The Jacobian [c, p] in standard deviations of each column; rows of constant columns are 0."""
    alive = directions.scale > SMALLEST_SCALE
    return torch.where(alive[:, None], directions.jacobian / directions.scale.clamp_min(SMALLEST_SCALE)[:, None], 0.0)


def held_rows(directions: Directions, names: set[str]) -> torch.Tensor:
    """Weights [c] of the columns to hold while `names` move: how well the latents explain each; 0 for released ones."""
    weights = directions.r2.clone()
    for name in names | directions.released_by(names):
        if name in directions.vocabulary:
            weights[directions.rows(name)] = 0.0
    return weights.sqrt()


def _column_move(
    directions: Directions, attribute: Attribute, column: int, active: torch.Tensor, config: DirectionConfig
) -> torch.Tensor:
    rows = standardised(directions) * active
    unit = float(directions.scale[column])
    if unit <= SMALLEST_SCALE:
        return torch.zeros(rows.shape[1])
    where = directions.rows(attribute.name)
    own = [i for i in range(where.start, where.stop) if i != column]
    asked = rows[column]
    weights = held_rows(directions, {attribute.name})
    if attribute.kind == "categorical":  # a class leads when its logit grows against the mean of the others
        asked = asked - (rows[own] * (directions.scale[own] / unit)[:, None]).mean(0)
    else:
        weights[own] = 1.0  # cos stays while sin moves
    held = weights > 0.0
    change = torch.tensor([1.0])
    step = constrained_step(
        asked[None],
        change,
        rows[held] * weights[held, None],
        torch.zeros(int(held.sum())),
        damping=config.damping,
        max_stretch=config.max_stretch,
    )
    return step / unit


def _visible(samples: Samples, tagger: Reader, name: str, config: DirectionConfig) -> torch.Tensor:
    """Faces [n] on which the attribute can be seen at all: the size of glasses says nothing where there are none."""
    carrier = column_slices(tagger.columns).get(config.shown_with.get(name, ""))
    if carrier is None:
        return torch.ones(len(samples.readout), dtype=torch.bool)
    return samples.readout[:, carrier.start] > 0.0


def _fit_in_w(samples: Samples, kept: torch.Tensor, where: slice) -> LinearFit:
    """The baselines' regression: tags on one w shared by all layers, in its own units (rotated to the axes)."""
    rank = samples.space.rank
    return fit_ridge(samples.coordinates[kept][:, :rank] * samples.space.deviations, samples.readout[kept][:, where])


def _empty(columns: int, features: int) -> LinearFit:
    return LinearFit(torch.zeros(columns, features), torch.zeros(columns), torch.zeros(columns))


def _put(whole: LinearFit, where: slice, part: LinearFit) -> None:
    whole.coefficients[where] = part.coefficients
    whole.intercept[where] = part.intercept
    whole.r2[where] = part.r2
