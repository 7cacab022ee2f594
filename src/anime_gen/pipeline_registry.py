"""The names that `kedro run --pipelines=...` understands, and what each is made of."""

from kedro.pipeline import Pipeline

from anime_gen.pipelines.directions.pipeline import create_pipeline as directions_pipeline
from anime_gen.pipelines.evaluate.pipeline import create_pipeline as evaluate_pipeline
from anime_gen.pipelines.ingest.pipeline import create_pipeline as ingest_pipeline
from anime_gen.pipelines.publish.pipeline import create_pipeline as publish_pipeline
from anime_gen.pipelines.tag.pipeline import create_pipeline as tag_pipeline
from anime_gen.pipelines.train.pipeline import create_pipeline as train_pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline by name. `tag` brings `ingest`, and `train` both: what is unchanged costs next to nothing."""
    ingest, tag, train = ingest_pipeline(), tag_pipeline(), train_pipeline()
    directions, evaluate, publish = directions_pipeline(), evaluate_pipeline(), publish_pipeline()
    return {
        "ingest": ingest,
        "tag": ingest + tag,
        "train": ingest + tag + train,
        "directions": directions,
        "evaluate": evaluate,
        "publish": publish,
        "__default__": ingest + tag + train + directions + evaluate + publish,
    }
