"""Checkpoints: a folder's files become a model and its tokenizer. Safetensors, and no code.

The census runs the bare transformer; only interventions, which ask what a model then says, run the
head of its language model.
"""

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn

from pipeline.core.errors import UserError, first_line
from pipeline.models import files
from pipeline.models.align import special_ids

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
else:
    # Its import takes seconds, and whoever only checks a config loads no model.
    PreTrainedModel = PreTrainedTokenizerBase = Any

_LANGUAGE = {"source": "src_lang", "target": "tgt_lang"}
"""What transformers calls the languages of the two sides."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained model and where it comes from.

    `path` is a local folder or a hub id and wins over `package`, the name of an installed
    distribution that carries the files. `revision` pins a hub checkpoint; of a local folder it is
    the folder in it that holds that one. `sha256` is the hash its safetensors must have.
    `allow_pickle` and `trust_remote_code` opt out of what is otherwise refused: both let a
    checkpoint run code of its own on this machine. A tokenizer of many languages (mBART, NLLB) is
    told which two by their codes, `source_language` and `target_language`.
    """

    path: str | None = None
    package: str | None = None
    revision: str | None = None
    sha256: str | None = None
    allow_pickle: bool = False
    trust_remote_code: bool = False
    source_language: str | None = None
    target_language: str | None = None

    @cached_property
    def folder(self) -> Path:
        """The local folder of its files. Downloads a hub checkpoint that is not in the cache.

        Raises UserError where there is none, or where its weights are not those of `sha256`.
        """
        folder = files.found(self.path, self.package, self.revision, self.allow_pickle)
        files.check(folder, self.sha256, self.allow_pickle)
        return folder

    @cached_property
    def file_hashes(self) -> dict[str, str]:
        """sha256 of every file that makes the model or its tokenizer what they are, by name."""
        return files.hashes(self.folder, self.allow_pickle)

    def config(self):
        """Of what is measured: where a model sees or hears as well, of the part that reads text."""
        config = self._config()
        return getattr(config, "text_config", None) or config

    def _config(self):
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(self.folder, trust_remote_code=self.trust_remote_code)

    def tokenizer(self) -> PreTrainedTokenizerBase:
        """Raises UserError where the folder holds no tokenizer that can be read, or none that
        knows the languages asked for."""
        from transformers import AutoTokenizer

        asked = {"source": self.source_language, "target": self.target_language}
        languages = {side: code for side, code in asked.items() if code is not None}
        try:
            with warnings.catch_warnings():
                # Marian's asks for a normaliser that it never calls.
                warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
                tokenizer: Any = AutoTokenizer.from_pretrained(
                    self.folder,
                    trust_remote_code=self.trust_remote_code,
                    **{_LANGUAGE[side]: code for side, code in languages.items()},
                )
        except ImportError as error:
            raise UserError(
                f"model: the tokenizer in {self.folder} needs a package that is not installed:"
                f" {first_line(error)}"
            ) from error
        except (OSError, ValueError, KeyError) as error:
            if (self.folder / "tokenizer.json").is_file():
                raise UserError(
                    f"model: the tokenizer in {self.folder} cannot be read ({first_line(error)}):"
                    " get its files anew"
                ) from error
            raise UserError(
                f"model: no tokenizer in {self.folder} ({first_line(error)}): save it there beside"
                " the weights"
            ) from error
        # Without its files transformers makes an empty one, to which all words are unknown.
        names = {"tokenizer.json", *tokenizer.vocab_files_names.values()}
        if tokenizer.vocab_files_names and not any((self.folder / n).is_file() for n in names):
            raise UserError(
                f"model: no tokenizer in {self.folder} (there is no {' or '.join(sorted(names))}):"
                " save it there beside the weights"
            )
        if special_ids(tokenizer).issuperset(range(len(tokenizer))):
            raise UserError(
                f"model: the tokenizer in {self.folder} has none but special pieces, and knows no"
                " word: get its files anew"
            )
        for side, code in languages.items():
            # A tokenizer that has no such language takes an unknown piece for its code.
            unknown = tokenizer.convert_tokens_to_ids(code) in (None, tokenizer.unk_token_id)
            if not hasattr(tokenizer, _LANGUAGE[side]) or unknown:
                raise UserError(
                    f"model.{side}_language={code}: {type(tokenizer).__name__} has no such language"
                    "; give one that it has"
                )
        return tokenizer

    @property
    def objective(self) -> str | None:
        """What the checkpoint was trained to say, by the architecture that it names: `mlm`, `clm`
        or `seq2seq`; None for one without a language model's head, or that sees or hears too."""
        from transformers.models.auto import modeling_auto as auto

        config = self._config()
        if getattr(config, "text_config", None):
            return None
        known = {
            "mlm": auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
            "clm": auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
            "seq2seq": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        }
        named = set(config.architectures or ())
        # BART stands in all three lists: what it is trained for is what it has.
        order = reversed(known) if config.is_encoder_decoder else iter(known)
        for objective in order:
            if known[objective].get(config.model_type) in named:
                return objective
        return None

    def load(self, attention: str, dtype: str = "float32") -> PreTrainedModel:
        """The bare model in evaluation mode on the CPU, its attention routed to `attention`; of one
        that sees or hears as well, the part that reads text.

        Raises UserError where the weights do not fill the architecture: what is missing would be
        drawn at random and measured as if it had been trained.
        """
        model, missing = self._filled(None, attention, dtype)
        if missing:
            raise UserError(
                f"model: {self.folder} lacks {len(missing)} weights of {type(model).__name__},"
                f" {missing[0]} among them: they would be random;"
                " give a checkpoint that has them"
            )
        return model

    def load_speaking(self, attention: str) -> tuple[PreTrainedModel, str | None]:
        """The model with the head of its objective, and that; in float32, since rounding to less
        moves last states by about a percent, as a change of a head may.

        Bare, and None, where it has no such objective or its folder was saved without the head.
        Raises UserError as `load` does.
        """
        if self.objective is not None:
            model, missing = self._filled(self.objective, attention, "float32")
            if not missing:
                _untie(model)
                return model, self.objective
        return self.load(attention), None

    def _filled(
        self, objective: str | None, attention: str, dtype: str
    ) -> tuple[PreTrainedModel, list[str]]:
        """A model, and those of its weights that the folder does not give."""
        import transformers

        auto = getattr(transformers, "AutoModel" + _HEADS[objective])
        _quiet()
        try:
            model, info = auto.from_pretrained(
                self.folder,
                attn_implementation=attention,
                dtype=dtype,
                use_safetensors=None if self.allow_pickle else True,
                trust_remote_code=self.trust_remote_code,
                output_loading_info=True,
                # A config may ask for patterns, which only eager attention gives, or for tuples.
                output_attentions=False,
                return_dict=True,
                # By chunks the same is computed, of lengths alone that they divide.
                chunk_size_feed_forward=0,
                # Else it says that there is a report, which is not shown; what is in it is raised
                # below.
                ignore_mismatched_sizes=True,
            )
        except KeyError as error:
            if error.args != (attention,):
                raise UserError(
                    f"model: cannot load {self.folder}: no {error}; get its files anew"
                ) from error
            family = self.config().model_type
            raise UserError(
                f"model: the attention of {family} does not pass through transformers'"
                f" AttentionInterface (no entry for {error}); this family cannot be measured:"
                " give a model of another"
            ) from error
        except (OSError, ValueError, SafetensorError) as error:
            raise UserError(
                f"model: cannot load {self.folder}: {first_line(error)}; get its files"
                " anew, or mend that"
            ) from error
        for key, there, wanted in sorted(info["mismatched_keys"]):
            raise UserError(
                f"model: {self.folder} holds {key} as {_sizes(there)}, and its config.json makes it"
                f" {_sizes(wanted)}: they are of two models; get its files anew"
            )
        if beyond := _beyond(model, info["unexpected_keys"]):
            raise UserError(
                f"model: {self.folder} holds weights of layers that its config.json leaves out,"
                f" {beyond[0]} among them: it would be measured without them; mend the number of"
                " layers there, or save the model with fewer"
            )
        # The pooler sits above the last layer; encoders trained as language models have none.
        missing = sorted(k for k in info["missing_keys"] if "pooler" not in k)
        missing = missing and _drawn(model, missing, auto)
        if getattr(model.config, "text_config", None):
            model = model.get_decoder()
        return model.eval(), missing


_HEADS: dict[str | None, str] = {
    None: "",
    "mlm": "ForMaskedLM",
    "clm": "ForCausalLM",
    "seq2seq": "ForSeq2SeqLM",
}


def _untie(model: PreTrainedModel) -> None:
    """A head of its own: what a control does to the input's embedding, it does not do to it."""
    head: Any = model.get_output_embeddings()
    embedding: Any = model.get_input_embeddings()
    if head is not None and head.weight is embedding.weight:
        head.weight = nn.Parameter(head.weight.detach().clone())


def _beyond(model: PreTrainedModel, unexpected: Iterable[str]) -> list[str]:
    """Those of the weights without a place in a model that are of layers beyond its last."""

    def bare(key: str) -> str:
        return key.removeprefix(f"{model.base_model_prefix}.")

    known = {bare(key) for key in model.state_dict()}
    layers = {key[: hit.end()] for key in known if (hit := _NUMBER.search(key))}

    def is_beyond(key: str) -> bool:
        hit = _NUMBER.search(key)
        if hit is None or key[: hit.end()] in layers:
            return False
        return f"{key[: hit.start()]}.0.{key[hit.end() :]}" in known

    return sorted(key for key in unexpected if is_beyond(bare(key)))


_NUMBER = re.compile(r"\.\d+\.")
"""Of a layer, the first there is in the name of a weight."""


def _drawn(model: PreTrainedModel, missing: list[str], auto: Any) -> list[str]:
    """Those of the missing weights that chance or training would have to give.

    The others are what the architecture says they are: Marian's sinusoidal positions, which its
    checkpoints leave out. A constant, ones or zeros, is where training starts and none of these.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        fresh = auto.from_config(model.config, dtype=model.dtype).state_dict()
    loaded = model.state_dict()

    def is_given(key: str) -> bool:
        weight = loaded.get(key)
        if weight is None or key not in fresh or not torch.equal(weight, fresh[key]):
            return False
        return bool((weight != weight.flatten()[0]).any())

    return [key for key in missing if not is_given(key)]


def _sizes(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _quiet() -> None:
    """No load report and no second progress bar: what matters in them is raised above."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
