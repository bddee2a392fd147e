"""A tiny random Llama in a folder, problems whose answer is one letter."""

import os

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.policies import Policy
from passgap.data.problems import Problem, ProblemSet
from passgap.lab.pretrain import make_tokenizer
from passgap.verifiers.base import TextVerifier

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class FirstLetter(TextVerifier):
    """Correct when the text holds the reference; unscored when it begins with ``b``."""

    name = "first_letter"
    digest = digest("first_letter")

    def mark(self, problem, text, finish_reason):
        if text.startswith("b"):
            return Outcome("unscored", reason="error")
        status = "correct" if problem.reference in text else "incorrect"
        return Outcome(status, text or None, "" if text else "no_answer")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tokenizer():
    return make_tokenizer()


def write_policy(folder, tokenizer, seed=0):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        initializer_range=0.2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Policy(str(folder))


@pytest.fixture(scope="session")
def base(tmp_path_factory, tokenizer):
    return write_policy(tmp_path_factory.mktemp("base"), tokenizer)


@pytest.fixture(scope="session")
def teacher(tmp_path_factory, tokenizer):
    return write_policy(tmp_path_factory.mktemp("teacher"), tokenizer, seed=1)


def problems(name, letters, reference="a"):
    return ProblemSet.of(name, [Problem(f"{c}:abc=", reference, "exact") for c in letters])


@pytest.fixture(scope="session")
def train_set():
    return problems("train", "ABDF")


@pytest.fixture(scope="session")
def held_out():
    return problems("held_out", "LRS")


@pytest.fixture(scope="session")
def verifier():
    return FirstLetter()
