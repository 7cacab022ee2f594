"""The registered model over HTTP, as MLflow's own server answers for it."""

import base64
import io
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import mlflow
import numpy as np
import pytest
import uvicorn
from mlflow.pyfunc import scoring_server
from PIL import Image

from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.serving.rendering import Renderer
from anime_gen.serving.version_note import LEFT_OUT
from anime_gen.tracking.store import TrackingSettings, TrackingStore


@pytest.fixture(scope="module")
def address(published_database) -> Iterator[str]:
    """The champion behind a port of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")  # MLflow sets it for good
        registry = Registry(TrackingStore(TrackingSettings(), published_database.parent))
        model = mlflow.pyfunc.load_model(f"models:/{registry.name}@{CHAMPION}")
        server = uvicorn.Server(uvicorn.Config(scoring_server.init(model), port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/invocations"
        server.should_exit = True
        thread.join()


def ask(address: str, seeds: list, **params: object) -> tuple[int, dict]:
    return post(
        address, {"dataframe_split": {"columns": ["seed"], "data": [[seed] for seed in seeds]}, "params": params}
    )


def post(address: str, body: dict) -> tuple[int, dict]:
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    ("seeds", "params", "sentence"),
    [
        ([3], {"psi": 9}, "psi is 9; it must be a number from 0 to 2"),
        ([3], {"attributes": '{"hair_lenght": 1}'}, "unknown attribute 'hair_lenght'; this model measures: "),
        ([3], {"attributes": '{"hair_length": 7}'}, "hair_length"),
        ([3], {"attributes": "["}, "attributes is not JSON"),
        ([3], {"attributes": '{"hair_length": NaN}'}, "hair_length"),
        ([], {}, "the request names no seed"),
        ([-1], {}, "seed -1 is not allowed"),
        (list(range(1001)), {}, "1001 seeds in one request"),
        ([3], {"format": "jpeg"}, "format is 'jpeg'; it must be array or png"),
    ],
)
def test_our_sentence_is_the_whole_answer(address: str, seeds: list, params: dict, sentence: str):
    status, content = ask(address, seeds, **params)
    assert status == 400
    assert content["message"].startswith(sentence)
    assert "stack_trace" not in content


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": [], "data": []}},
        {"dataframe_split": {"columns": ["seeds"], "data": [[7]]}},
        {"dataframe_records": []},
        {"dataframe_records": [{}]},
        {"inputs": {"seed": []}},
        {"inputs": {}},
    ],
)
def test_a_frame_without_seeds_is_told_in_our_sentence(address: str, body: dict):
    status, content = post(address, body)
    assert status == 400
    assert content["message"].startswith("the request names no seed; send at least one row")
    assert "stack_trace" not in content


def test_what_mlflow_leaves_out_is_as_the_description_says(address: str):
    plain = ask(address, [7])
    assert ask(address, [7], psii=0.1) == plain  # a misspelt parameter
    assert post(address, {"dataframe_split": {"columns": ["seed", "psi"], "data": [[7, 0.1]]}}) == plain
    assert ask(address, [7.5]) == plain
    assert "other names" in LEFT_OUT
    assert "7.5 for 7" in LEFT_OUT


def test_null_is_the_usual_value(address: str):
    assert ask(address, [3], psi=None, attributes=None, format=None) == ask(address, [3])


def test_a_request_is_answered_with_pictures(address: str, renderer: Renderer):
    wanted = renderer.render(renderer.latent(3, 0.5), {}).pixels
    numbers = ask(address, [3], psi=0.5)[1]["predictions"]
    assert np.array_equal(np.array(numbers[0], np.uint8), wanted)
    (text,) = ask(address, [3], psi=0.5, format="png")[1]["predictions"]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))), wanted)
