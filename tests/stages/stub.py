"""A hub for tests, in place of the client that talks to the real one."""

from types import SimpleNamespace

from huggingface_hub import CommitOperationAdd, CommitOperationDelete


class Hub:
    """A hub that keeps one repository, and breaks where it is told to."""

    def __init__(self, private: bool = True, **files: bytes):
        self.files = files
        self.private = private
        self.made: dict | None = None
        self.breaks: Exception | None = None

    def create_repo(self, repo_id, *, repo_type, private, exist_ok):
        assert (repo_type, exist_ok) == ("dataset", True)
        self.made = {"repo_id": repo_id, "private": private}
        return f"https://hub/datasets/{repo_id}"

    def dataset_info(self, repo_id):
        siblings = [SimpleNamespace(rfilename=name) for name in self.files]
        return SimpleNamespace(private=self.private, sha="a" * 40, siblings=siblings)

    def create_commit(self, repo_id, operations, *, commit_message, repo_type, parent_commit):
        assert (repo_type, parent_commit) == ("dataset", "a" * 40)
        if self.breaks:
            raise self.breaks
        for operation in operations:
            if isinstance(operation, CommitOperationDelete):
                del self.files[operation.path_in_repo]
            else:
                assert isinstance(operation, CommitOperationAdd)
                with operation.as_file() as stream:
                    self.files[operation.path_in_repo] = stream.read()
