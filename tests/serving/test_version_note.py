from anime_gen.serving.version_note import LEFT_OUT, NOT_JUDGED, SAMPLES, version_note

CARD = {
    "figures": {"kid": 0.01234567, "unknown": 1.0, "vendi": None},
    "resolution": 64,
    "data": "drawn faces",
    "licence": "CC0",
    "images_seen": 1234567,
    "note": "Trained on two cores.",
    "attributes": ["smile", "hair_hue"],
}


def test_a_version_says_rank_samples_figures_data_and_use():
    scores = [{"model": "challenger", "kid": 0.0123456, "n": 200}, {"model": "champion", "kid": 0.02, "n": 200}]
    verdict, samples, figures, gate, data, use = version_note(CARD, "run7", "Champion: better.", scores).split("\n\n")
    assert verdict == "Champion: better."
    assert samples == f"![Characters 0 to 15](get-artifact?run_uuid=run7&path=pictures/{SAMPLES})"
    assert [line for line in figures.splitlines() if "0.01235" in line]
    assert len(figures.splitlines()) == 3
    assert gate.splitlines() == [
        "| at the gate | kid | n |",
        "| --- | --- | --- |",
        "| challenger | 0.01235 | 200 |",
        "| champion | 0.02 | 200 |",
    ]
    assert data == ("64 px, trained on drawn faces (licence: CC0), 1,234,567 images seen. Trained on two cores.")
    assert use.startswith("Input: column `seed` (whole number). Parameters: `psi` (0 to 2")
    assert use.endswith(f"`format` (`array` or `png`). It can move: smile, hair_hue. {LEFT_OUT}")


def test_what_is_not_known_of_a_version_is_said_or_left_out():
    verdict, samples, data, use = version_note({}, "run7").split("\n\n")
    assert verdict == NOT_JUDGED
    assert samples.startswith("![")
    assert data == "None px, trained on unknown data (licence: not stated), 0 images seen. "
    assert f"It can move: . {LEFT_OUT}" in use
