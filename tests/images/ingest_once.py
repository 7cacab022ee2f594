"""`python -m tests.images.ingest_once PICTURES DATA`: one ingest in small batches, for the tests that kill it."""

import json
import sys
from pathlib import Path

from anime_gen.images import FacesConfig, SourceConfig
from anime_gen.images import ingest as ingest_module
from tests.images.pictures import ATTRIBUTES

if __name__ == "__main__":
    ingest_module.BATCH = 8
    source = SourceConfig(kind="folder", path=sys.argv[1])
    done = ingest_module.ingest(source, FacesConfig(resolution_px=32, workers=2), ATTRIBUTES, Path(sys.argv[2]))
    print(json.dumps(done.report))
