from dataclasses import replace

from anime_gen.serving.bundle import Bundle
from anime_gen.studio.about import sentences
from tests.conftest import ROOT


def test_the_shipped_model_says_what_an_artist_wants_to_know():
    words = " ".join(sentences(Bundle.load(ROOT / "data/06_models/shipped")))
    for part in (
        "It draws anime faces of",
        "learnt from",
        "CC0",
        "differ from one another",
        "eye match",
        "surest with",
    ):
        assert part in words
    assert not any(term in words.lower() for term in ("kid", "latent", "spread", "vendi", "obedience", "nan"))


def test_a_model_without_figures_says_what_is_known(bundle: Bundle):
    assert len(sentences(replace(bundle, reports={}))) == 2


def test_copies_beyond_chance_are_said(bundle: Bundle):
    figures = {"copies_flagged": 90, "copying": True, "counts": {"samples": 1000}}
    said = sentences(replace(bundle, reports={"generator": figures}))
    assert any("90 came close" in sentence and "more than chance" in sentence for sentence in said)
