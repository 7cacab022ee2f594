from anime_gen.tracking.figures import headlines, tables

TAGGING = {
    "smile": {"kind": "continuous", "r2": 0.5, "methods": {"a": {"r2": 1.0}}},
    "glasses": {"kind": "binary", "macro_f1": 0.9},
    "hat": {"kind": "binary", "macro_f1": 0.7},
}


def test_a_report_of_attributes_is_a_median_and_a_row_each():
    assert headlines("tagging", TAGGING) == {"tagging.f1_median": 0.8, "tagging.r2_median": 0.5}
    assert tables("tagging", TAGGING) == {
        "tagging_attributes": [
            {"attribute": "smile", "kind": "continuous", "r2": 0.5},
            {"attribute": "glasses", "kind": "binary", "macro_f1": 0.9},
            {"attribute": "hat", "kind": "binary", "macro_f1": 0.7},
        ]
    }


def test_a_report_of_figures_is_its_headlines_and_tables_of_the_rest():
    report = {"kid": 0.25, "coverage": float("nan"), "kid_noise_floor": None, "vendi": 3.0, "spread": {"smile": 0.5}}
    assert headlines("generator", report) == {"generator.kid": 0.25}
    found = tables("generator", report)
    assert {row["figure"] for row in found["generator"]} == {"kid", "coverage", "kid_noise_floor", "vendi"}
    assert found["generator_attributes"] == [{"attribute": "smile", "spread": 0.5}]
    assert headlines("measurer", report) == {}
