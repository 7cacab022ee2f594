"""Measuring: how good, diverse and original a generator is, and whether its edits do what was asked."""

from anime_gen.evaluation.config import EditConfig, MeasurerConfig, QualityConfig
from anime_gen.evaluation.density_coverage import density_coverage
from anime_gen.evaluation.edit_quality import judge_edits
from anime_gen.evaluation.features import extract
from anime_gen.evaluation.frechet import frechet_distance
from anime_gen.evaluation.generator_quality import judge_generator
from anime_gen.evaluation.kernel_distance import kernel_distance
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import ensure_measurer
from anime_gen.evaluation.memorisation import judge_memorisation
from anime_gen.evaluation.vendi import vendi

__all__ = [
    "EditConfig",
    "Measurer",
    "MeasurerConfig",
    "QualityConfig",
    "density_coverage",
    "ensure_measurer",
    "extract",
    "frechet_distance",
    "judge_edits",
    "judge_generator",
    "judge_memorisation",
    "kernel_distance",
    "vendi",
]
