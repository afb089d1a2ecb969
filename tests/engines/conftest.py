"""The tiny checkpoint and the words for it are those of the stages' tests."""

from tests.stages.conftest import checkpoint, root, sentences, words

__all__ = ["checkpoint", "root", "sentences", "words"]
