"""From prompts to token ids: one BOS token; a chat template that refuses a prompt is one error."""

import re

import jinja2
import pytest

from passgap.data.policies import Prompt
from passgap.engines.encoding import encode
from passgap.errors import UsageError

BOS_ID = 1


def no_system(messages, **_):
    if messages[0]["role"] == "system":
        raise jinja2.TemplateError("System role not supported")
    return "<s>" + messages[-1]["content"]


class Words:
    """A tokenizer with one id per word, which begins every text with BOS."""

    chat_template, bos_token_id = "yes", BOS_ID
    apply_chat_template = staticmethod(no_system)

    def __call__(self, text, *, add_special_tokens=True):
        ids = [BOS_ID if word == "<s>" else 1 + len(word) for word in re.findall(r"<s>|\w+", text)]
        return {"input_ids": [BOS_ID] * add_special_tokens + ids}


@pytest.mark.parametrize(
    ("text", "ids"),
    [("<s>one three", [1, 4, 6]), ("one three", [1, 4, 6]), ("one <s>three", [1, 4, 1, 6])],
)
def test_a_text_has_one_bos_token(text, ids):
    assert encode(Words(), Prompt(text=text)) == ids


def test_a_tokenizer_without_bos_changes_nothing():
    bare = lambda text, **_: {"input_ids": [7, 7, 8]}  # noqa: E731
    tokenizer = type("Bare", (Words,), {"bos_token_id": None, "__call__": staticmethod(bare)})()
    assert encode(tokenizer, Prompt(text="x")) == [7, 7, 8]


def test_chat_messages_have_the_templates_own_bos():
    assert encode(Words(), Prompt(messages=(("user", "one"),))) == [1, 4]


def test_a_template_that_refuses_the_system_role_is_told():
    messages = (("system", "Be brief."), ("user", "one"))
    with pytest.raises(UsageError, match=r"\(System role not supported\); leave out --system, or"):
        encode(Words(), Prompt(messages=messages))
