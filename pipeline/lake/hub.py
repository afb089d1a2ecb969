"""The only place of the lake that talks to the hub: all files go in one commit, or none is seen.

The commit also removes what an earlier push left in the lake's own folders: patterns would find it.
Bytes that were sent before a push broke off are known to the hub, and are not sent again.
"""

from collections.abc import Sequence

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import (
    HFValidationError,
    HTTPError,  # pyrefly: ignore
)
from huggingface_hub.utils import validate_repo_id

from pipeline.core.errors import UserError, first_line
from pipeline.lake.outgoing import TOPS, Outgoing

CARD = "README.md"
_BROKEN = (OSError, HTTPError, ValueError, RuntimeError)
"""What the client raises: a bad connection, an answer it does not like, a card with bad metadata,
and a transfer of large files that broke off."""


def check_name(repo: str) -> None:
    """Raises UserError for what is not OWNER/NAME as the hub wants it."""
    try:
        validate_repo_id(repo)
        well = repo.count("/") == 1
    except HFValidationError:
        well = False
    if not well:
        raise UserError(f"repo={repo}: give OWNER/NAME: letters, digits, and single - _ . inside")


def push(repo: str, files: Sequence[Outgoing], card: str, private: bool) -> str:
    """Make the repository hold these files and this card. Gives its address.

    Raises UserError without a token, where the repository is there and public though asked to be
    private (or the reverse), or where a file has changed since it was verified; ConnectionError
    where the hub did not take it.
    """
    if not get_token():
        raise UserError("publish: no token of the hub: `hf auth login`, or set HF_TOKEN")
    try:
        return _push(HfApi(), repo, files, card, private)
    except _BROKEN as error:
        raise ConnectionError(
            f"{repo}: the hub did not take it, nothing shows: {first_line(error)}"
        ) from error


def _push(api: HfApi, repo: str, files: Sequence[Outgoing], card: str, private: bool) -> str:
    address = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
    there = api.dataset_info(repo)
    if bool(there.private) != private:
        is_so = "private" if there.private else "public"
        raise UserError(f"{repo} is {is_so} already: say private={str(not private).lower()}")
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(CARD, card.encode()),
        *map(_addition, files),
    ]
    wanted = {file.path for file in files}
    for sibling in there.siblings or ():
        path = sibling.rfilename
        if path.split("/")[0] in TOPS and path not in wanted:
            operations.append(CommitOperationDelete(path))
    api.create_commit(
        repo,
        operations,
        commit_message="Push a census of attention heads",
        repo_type="dataset",
        parent_commit=there.sha,
    )
    return str(address)


def _addition(file: Outgoing) -> CommitOperationAdd:
    addition = CommitOperationAdd(file.path, file.source)
    if addition.upload_info.sha256.hex() != file.sha256:
        raise UserError(f"{file.source} changed after it was verified: publish again")
    return addition
