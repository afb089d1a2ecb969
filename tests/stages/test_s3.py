"""A root on S3: a server of its API on the loopback, and the readers that know nothing of us."""

import logging
import os
import shutil

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.lake import remote
from tests.stages import small

pytestmark = pytest.mark.faults

URL = "s3://lakes/some/census"
TABLE = f"{URL}/tables/relations.parquet"


@pytest.fixture(scope="module")
def server():
    """Credentials that open nothing, and where to ask: where users have them, in os.environ."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="lakes")
        yield client
    moto.stop()


@pytest.fixture(scope="module")
def afar(server, checkpoint, tmp_path_factory):
    """The words of a run that was done, its root on the server."""
    pytest.importorskip("s3fs")
    folder = tmp_path_factory.mktemp("s3")
    (folder / "some.conllu").write_text(small.conllu(14), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "_mirrors", lambda: folder / "mirrors")
        words = small.words(checkpoint, folder / "some.conllu", folder / "here")
        assert small.run("run", *words) == 0
        words = [f"root={URL}" if word.startswith("root=") else word for word in words]
        assert small.run("run", *words) == 0
        yield words, small.files(folder / "here")


def objects(client) -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket="lakes", Prefix="some/census/")["Contents"]
    keys = [entry["Key"] for entry in listed]
    bodies = {key: client.get_object(Bucket="lakes", Key=key)["Body"].read() for key in keys}
    return {key.removeprefix("some/census/"): body for key, body in bodies.items()}


def test_the_bytes_are_those_of_a_folder(server, afar):
    words, here = afar
    there = objects(server)
    assert there.keys() == here.keys()
    for name, content in here.items():
        assert name.startswith("report/") or there[name] == content, name
    assert small.run("verify", f"root={URL}") == 0
    assert small.run("run", *words) == 0
    assert objects(server) == there


def test_others_read_the_tables(server, afar):
    duckdb = pytest.importorskip("duckdb")
    s3fs = pytest.importorskip("s3fs")
    store = s3fs.S3FileSystem()
    by_polars = pl.scan_parquet(
        TABLE,
        storage_options={
            "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"],
            "aws_allow_http": "true",
            "aws_region": "us-east-1",
        },
    ).collect()
    assert by_polars.height > 0
    by_arrow = pq.read_table(TABLE.removeprefix("s3://"), filesystem=store)
    assert pl.from_arrow(by_arrow).equals(by_polars)
    connection = duckdb.connect()
    connection.register_filesystem(store)
    summed = "SELECT deprel, sum(hits) AS hits FROM '{}' GROUP BY deprel ORDER BY deprel"
    by_duckdb = connection.sql(summed.format(TABLE)).fetchall()
    ours = by_polars.group_by("deprel").agg(pl.col("hits").sum()).sort("deprel")
    assert by_duckdb == ours.rows()


def test_a_manifest_is_put_only_where_there_is_none(afar, tmp_path):
    """The condition is the server's: no listing and no lock of ours takes part."""
    path = remote.mirror(URL) / "tables" / "_manifest.json"
    (tmp_path / "other").write_text("{}")
    with pytest.raises(FileExistsError):
        remote.put(tmp_path / "other", path, new=True)


def test_damage_is_named_and_mended(server, afar, capfd):
    words, _ = afar
    before = objects(server)
    name = "lake/pointers/model=local/control=trained/corpus=conllu/shard-00001.parquet"
    content = bytearray(before[name])
    content[len(content) // 2] ^= 1
    server.put_object(Bucket="lakes", Key=f"some/census/{name}", Body=bytes(content))
    capfd.readouterr()
    assert small.run("verify", f"root={URL}") == 1
    assert f"{URL}/{name} is damaged" in capfd.readouterr().out
    assert small.run("repair", *words) == 0
    assert objects(server) == before


def test_another_machine_goes_on(server, afar, monkeypatch, tmp_path):
    words, _ = afar
    before = objects(server)
    monkeypatch.setattr(remote, "_mirrors", lambda: tmp_path / "another")
    assert small.run("run", *words) == 0
    assert objects(server) == before
    shutil.rmtree(tmp_path / "another")


@pytest.mark.parametrize("url", ["s3://nosuchbucket/x", "s3://lakes"])
def test_what_the_server_refuses_is_said_in_a_line(url, afar, capfd):
    words = [f"root={url}" if word.startswith("root=") else word for word in afar[0]]
    code = small.run("ingest", *words)
    err = capfd.readouterr().err
    if url == "s3://lakes":  # a bucket as it is, without a prefix
        assert code == 0
    else:
        assert code == 1
        assert err.count("\n") == 1
        assert "headcensus: s3://nosuchbucket/x" in err
