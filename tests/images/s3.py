"""An S3 server on this machine, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

BUCKET = "faces"


@contextmanager
def s3_server(patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address, with the bucket `faces`; programs started meanwhile find it by their environment."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "artist",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        patch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # one that is open knows the server of an earlier test
    requests.post(f"{address}/moto-api/reset")
    try:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield address
    finally:
        requests.post(f"{address}/moto-api/reset-auth", data="inf")
        server.stop()
        S3FileSystem.clear_instance_cache()
