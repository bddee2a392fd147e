"""Writes logs/promptfoo/out.json with ``promptfoo eval`` of promptfoo 0.121.20.

2 tests x 3 repeats with a scripted provider, one of them lost by an error. Run: npm install
promptfoo@0.121.20; python promptfoo_eval.py OUT node_modules/.bin/promptfoo
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROVIDER = """
const SAID = { '1+1?': ['2', '3', '2'], '2+2?': ['4', null, '5'] };
const asked = {};
module.exports = class {
  id() { return 'scripted'; }
  async callApi(prompt) {
    const place = asked[prompt] = (asked[prompt] ?? -1) + 1;
    const text = SAID[prompt][place % 3];
    const tokenUsage = { total: 5, prompt: 4, completion: 1 };
    return text === null ? { error: 'the server is gone' } : { output: text, tokenUsage };
  }
};
"""
EQUALS = [{"type": "equals", "value": "{{answer}}"}]
CONFIG = {
    "prompts": ["{{question}}"],
    "providers": [{"id": "file://provider.js", "config": {"temperature": 0.7}}],
    "tests": [
        {"vars": {"question": question, "answer": answer}, "assert": EQUALS}
        for question, answer in (("1+1?", "2"), ("2+2?", "4"))
    ],
}
QUIET = ("DISABLE_TELEMETRY", "DISABLE_UPDATE", "DISABLE_REMOTE_GENERATION", "DISABLE_SHARING")

if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    (folder / "provider.js").write_text(PROVIDER)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    command = [
        *(str(Path(sys.argv[2]).resolve()), "eval", "-c", "config.json", "--repeat", "3"),
        *("--no-cache", "-j", "1", "--no-table", "--no-share", "-o"),
        str(Path(sys.argv[1], "out.json").resolve()),
    ]
    quiet = {f"PROMPTFOO_{name}": "1" for name in QUIET}
    env = {**os.environ, **quiet, "PROMPTFOO_CONFIG_DIR": str(folder)}
    subprocess.run(command, cwd=folder, env=env, check=False)  # 100 where a test fails
    written = Path(command[-1])  # which names its own place
    written.write_text(written.read_text().replace(command[-1], written.name))
