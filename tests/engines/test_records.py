"""Records of finished shards."""

import shutil

from pipeline.engines.cell import _finish, _finished, _record_path
from pipeline.engines.work import ShardBytes


def test_a_record_of_another_shard_is_not_believed(tmp_path):
    for k in range(2):
        _finish(tmp_path, k, ShardBytes({"heads": (b"%d" % k, 1)}, {"n_sentences": 1}))
    assert _finished(tmp_path, 1, ["heads"]) is not None
    shutil.copy(_record_path(tmp_path, 0), _record_path(tmp_path, 1))
    assert _finished(tmp_path, 1, ["heads"]) is None
