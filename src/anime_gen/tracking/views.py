"""Answers by address: pages of MLflow that open ranked, with the columns that matter."""

import json
from typing import TYPE_CHECKING

from anime_gen.tracking.abandoned import PROCESS

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from anime_gen.tracking.store import TrackingStore

RANKED = "ranked"
RANKED_TAG = f"mlflow.sharedViewState.{RANKED}"
"""Experiment tag from which MLflow reads a view that somebody shared."""

SECTION = "workflowType=machine_learning"
"""Without it MLflow opens the pages for language models."""

COLUMNS = [
    *(f"metrics.`{name}`" for name in ("generator.kid", "generator.spread_mean", "generator.obedience_median")),
    "metrics.`directions.miss_median`",
    *(f"params.`{name}`" for name in ("train.network.resolution", "train.growth.full_size_images", "train.seed")),
]

VIEW = {
    "searchFilter": "",
    "orderByKey": "metrics.`generator.kid`",
    "orderByAsc": True,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
    "selectedColumns": COLUMNS,
    "columnOrder": [],
    "columnWidths": {},
    "runsExpanded": {},
    "runsPinned": [],
    "runsHidden": [],
    "runsVisibilityMap": {},
    "runsHiddenMode": "FIRST_10_RUNS",
    "viewMaximized": False,
    "runListHidden": False,
    "isAccordionReordered": False,
    "useGroupedValuesInCharts": True,
    "hideEmptyCharts": True,
    "groupBy": None,
    "groupsExpanded": {},
    "autoRefreshEnabled": True,
    "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
}
"""All keys of the view's state, as MLflow's page writes them itself."""

RANKED_VIEW = json.dumps(VIEW)


def links(store: "TrackingStore", client: "MlflowClient", server: str) -> list[str]:
    """Lines with the addresses an analyst asks for first, at the MLflow pages of `server`."""
    base = f"{server.rstrip('/')}/#"
    name = store.settings.experiments.get("train", "anime-training")
    training = client.get_experiment_by_name(name)
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    ours = f"tags.{PROCESS} LIKE '%'"  # not those that only stand for a model registered by hand
    newest = client.search_runs(ids, ours, max_results=1, order_by=["attributes.start_time DESC"])
    model = store.settings.registered_model
    versions = client.search_model_versions(f"name = '{model}'", max_results=1)
    ranked = (
        f"{base}/experiments/{training.experiment_id}/runs?viewStateShareKey={RANKED}&{SECTION}" if training else None
    )
    latest = f"{run_page(base, newest[0].info.experiment_id, newest[0].info.run_id)}" if newest else None
    champion = None
    if versions:
        found = client.get_registered_model(model).aliases.get("champion")
        champion = f"{base}/models/{model}/versions/{found}" if found else None
    return [
        f"Training runs ranked by KID: {ranked or 'none yet (kedro run --pipelines=train)'}",
        f"Latest run:                  {latest or 'none yet'}",
        f"Champion:                    {champion or 'none yet (make app registers the shipped model)'}",
    ]


def run_page(base: str, experiment_id: str, run_id: str) -> str:
    """The page of a run, on which its note and pictures are."""
    return f"{base}/experiments/{experiment_id}/runs/{run_id}?{SECTION}"
