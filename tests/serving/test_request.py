import json

import pytest

from anime_gen.serving.request import MOST_SEEDS, RequestError, read_attributes, read_format, read_psi, read_seeds
from tests.latent.toys import VOCABULARY


def test_whole_numbers_from_0_on_are_seeds():
    assert read_seeds([0, 7.0, 2**63 - 1]) == [0, 7, 2**63 - 1]
    assert len(read_seeds(range(MOST_SEEDS))) == MOST_SEEDS == 1000


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([], r"^the request names no seed; send at least one row, such as \[\[7\]\] in the column seed$"),
        (range(1001), "^1001 seeds in one request; send at most 1000$"),
        ([3, -1], r"^seed -1 is not allowed; it must be a whole number from 0 to 2\*\*63 - 1$"),
        ([2**63], "^seed 9223372036854775808 is not allowed"),
    ],
)
def test_other_seeds_are_refused(seeds, words: str):
    with pytest.raises(RequestError, match=words):
        read_seeds(seeds)


def test_psi_goes_from_0_to_2():
    assert [read_psi(value) for value in (0, 0.7, 2)] == [0.0, 0.7, 2.0]
    for value, said in ((-0.01, "-0.01"), (2.01, "2.01"), (float("nan"), "nan"), (float("inf"), "inf")):
        with pytest.raises(RequestError, match=f"^psi is {said}; it must be a number from 0 to 2$"):
            read_psi(value)


def test_wishes_are_those_of_the_model():
    assert read_attributes('{"length": 0.5, "mood": "glad"}', VOCABULARY) == {"length": 0.5, "mood": "glad"}
    with pytest.raises(RequestError, match="not JSON"):
        read_attributes("length", VOCABULARY)


def test_a_format_is_one_of_two():
    assert [read_format(text) for text in ("array", "png")] == ["array", "png"]
    with pytest.raises(RequestError, match=r"^format is 'jpg'; it must be array or png$"):
        read_format("jpg")


def test_an_error_stays_our_sentence_whatever_is_put_before_it():
    error = RequestError("psi is 3")
    error.message = f"Failed to predict data [1, 2, 3]: {error.message}"
    assert error.message == "psi is 3"
    answer = json.loads(error.serialize_as_json())
    assert (answer["error_code"], answer["message"]) == ("INVALID_PARAMETER_VALUE", "psi is 3")
    assert error.get_http_status_code() == 400
