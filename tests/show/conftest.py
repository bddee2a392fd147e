"""Hand-made results in the results' shape: a sharpened policy, told by exact curves."""

import shutil
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.watching import watching
from passgap.data.counts import Counts
from passgap.show import PageData
from passgap.show.page.page import render

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PATIENCE = 60_000
KS = [1, 2, 4, 8, 16, 32, 64, 128, 256]
P_BASE = np.linspace(0, 1, 60) ** 4
P_TRAINED = np.where(P_BASE > 0.02, P_BASE**0.45, P_BASE * 0.4)
N = 256


def curve(p: np.ndarray) -> list[dict[str, Any]]:
    values = {k: float((1 - (1 - p) ** k).mean()) for k in KS}
    return [
        {"k": k, "value": v, "low": max(0, v - 0.05), "high": min(1, v + 0.05)}
        for k, v in values.items()
    ]


@pytest.fixture
def probe() -> dict[str, Any]:
    tilted = {d: P_BASE * np.exp(d) / (1 - P_BASE + P_BASE * np.exp(d)) for d in (1, 2, 3, 4)}
    signal = {g: float((1 - P_BASE**g - (1 - P_BASE) ** g).mean()) for g in (4, 8, 16, 32, 64)}
    return {
        "schema": "passgap.probe/1",
        "verdict": {
            "label": "rlvr_can_pay",
            "reasons": ["headroom 0.31 to 0.41 lies above 0.15", "mixed@8 is 0.55"],
            "needs": None,
        },
        "settings": {
            "k_small": 2,
            "k_large": 20,
            "small": 0.05,
            "large": 0.15,
            "interval": "population",
            "seed": 0,
        },
        "problems": len(P_BASE),
        "draws": N,
        "unscored": 0,
        "curve": [*curve(P_BASE), {"k": 20, "value": 0.6, "low": 0.55, "high": 0.65}],
        "headroom": {"k_small": 2, "k_large": 20, "value": 0.36, "low": 0.31, "high": 0.41},
        "signal": [
            {"group_size": g, "value": v, "low": v - 0.04, "high": v + 0.04}
            for g, v in signal.items()
        ],
        "forecast": [{"delta": float(d), "curve": curve(p)} for d, p in tilted.items()],
        "luck": {"curve": [{"k": k, "value": k / 5000, "low": 0.0, "high": 0.08} for k in KS]},
    }


@pytest.fixture
def comparison() -> dict[str, Any]:
    base, trained = curve(P_BASE), curve(P_TRAINED)
    delta = []
    for b, t in zip(base, trained, strict=True):
        d = t["value"] - b["value"]
        row = {"k": b["k"], "value": d, "low": d - 0.03, "high": d + 0.03}
        delta.append(row | {"band_low": d - 0.05, "band_high": d + 0.05})
    return {
        "schema": "passgap.compare/1",
        "verdict": {
            "label": "sharpened_narrowed",
            "reasons": ["delta at k = 2 is up", "delta at k = 128 is down"],
            "needs": None,
            "at_small_k": "up",
            "at_large_k": "down",
        },
        "settings": {"k_small": 2, "k_large": 128, "margin": 0.02, "interval": "population"},
        "problems": len(P_BASE),
        "draws": {"base": N, "trained": N},
        "unscored": {"base": 0, "trained": 0},
        "base": {"curve": base},
        "trained": {"curve": trained},
        "delta": delta,
        "crossover": {"k": 37, "low": 18, "high": None},
        "coverage": {
            "k": N,
            "both": 48,
            "lost": 7,
            "gained": 1,
            "neither": 4,
            "expected_lost": 2.1,
            "expected_gained": 1.7,
        },
        "tilt": {"delta": 1.4, "low": 1.2, "high": 1.6, "misfit_p": 0.2},
        "answered": {
            "base": {"no_answer_share": 0.12, "truncated_share": 0.03},
            "trained": {"no_answer_share": 0.01, "truncated_share": 0.0},
            "delta": {"k": 2, "value": 0.11, "low": 0.08, "high": 0.14},
        },
        "efficiency_gap": {"k": 256, "value": 0.3, "low": 0.2, "high": 0.4},
    }


@pytest.fixture
def problems() -> list[dict[str, Any]]:
    arms = zip(P_BASE, P_TRAINED, strict=True)
    return [
        {
            "problem_id": f"{i:016x}",
            "question": f"{i}+{i}+3-1=",
            "reference": str(2 * i + 2),
            "n": N,
            "base_c": round(N * b),
            "trained_c": round(N * t),
        }
        for i, (b, t) in enumerate(arms)
    ]


@pytest.fixture(scope="session")
def watched() -> dict[str, Any]:
    """The record of a run of 60 steps: ever longer completions, and one problem lost."""
    rng = np.random.default_rng(1)
    p = np.linspace(0.01, 0.95, 60)
    rows = []
    for step in range(60):
        for i in [0, *rng.choice(np.arange(1, 60), 15, replace=False)]:
            now = p[i] ** (1 - step / 100)
            c = rng.binomial(8, now if i else 0.6 * (step < 40))
            rows.append((step, f"{i:016x}", 8, c, (20 + step) * 8 + rng.normal()))
    step, problem, n, c, tokens = (np.array(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(n), int)
    columns = {"step": step, "problem_id": problem, "completions": n, "n": n, "c": c}
    columns |= {"rewards": n, "reward_sum": c, "tokens": n, "token_sum": tokens}
    groups = Groups.of(columns | {"endings": n, "cut": zero})
    base = Counts([f"{i:016x}" for i in range(60)], np.full(60, 64), rng.binomial(64, p))
    return watching(groups, base=base).to_dict()


@pytest.fixture
def data(probe, comparison, problems, watched) -> PageData:
    rng = np.random.default_rng(0)
    steps = np.arange(1, 201)
    training = [
        {
            "step": int(s),
            "reward": float(0.2 + 0.5 * s / (s + 60) + 0.05 * rng.normal()),
            "mixed_share": float(0.6 - 0.001 * s + 0.05 * rng.normal()),
            "completion_length": float(24 - 0.02 * s + rng.normal()),
        }
        for s in steps
    ]
    held_out = [
        {"step": s, "curve": curve(P_BASE ** (1 - 0.5 * s / 200))[:8]} for s in (0, 50, 100, 200)
    ]
    run = {
        "schema": "passgap.run/1",
        "policy": {"path": "lab/rare/base", "weights_digest": "7d0f2c9be1a35d44"},
        "prompt": {"template": "plain", "shots": []},
        "sampling": {"max_tokens": 64, "temperature": 1.0, "top_p": 1.0, "top_k": 0},
        "problem_set": {"name": "lab:rare", "digest": "11aa22bb33cc44dd"},
        "n": N,
        "seed": 0,
        "versions": {"passgap": "0.1.0", "torch": "2.13.0", "transformers": "5.23.0"},
    }
    trained = run | {"policy": {"path": "demo/trained", "weights_digest": "90ab12cd34ef5678"}}
    completions = [
        {
            "problem_id": p["problem_id"],
            "question": p["question"],
            "reference": p["reference"],
            "role": role,
            "text": f"{2 * int(p['problem_id'], 16)},{p['reference']}",
            "status": "correct" if role == "trained" else "incorrect",
            "extracted": p["reference"] if role == "trained" else None,
            "reason": "" if role == "trained" else "no_answer",
        }
        for p in problems[:6]
        for role in ("base", "base", "trained", "trained")
    ]
    return PageData(
        title="GRPO on lab:rare",
        probe=probe,
        comparison=comparison,
        training=training,
        held_out=held_out,
        watching=watched,
        problems=problems,
        completions=completions,
        runs={"base": run, "trained": trained},
        notes=["No cloned draws in 30,720.", "Both runs share prompt and verifier."],
        command="passgap report runs/base runs/trained --out report.html",
    )


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on the path; Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page; what it said on the console and asked the network for comes beside it."""
    contexts = []

    def open_page(data, width, scheme="light"):
        file = tmp_path / "report.html"
        file.write_text(render(data), encoding="utf-8")
        viewport = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=viewport, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        charts = page.locator(".chart svg")
        expect(charts).to_have_count(page.locator(".chart").count(), timeout=PATIENCE)
        local = ("file:", "data:", "blob:")
        return page, said, _Elsewhere(asked, local)

    yield open_page
    for context in contexts:
        context.close()


class _Elsewhere:
    """The requests so far that left the machine, looked up when compared."""

    def __init__(self, asked: list[str], local: tuple[str, ...]) -> None:
        self._asked, self._local = asked, local

    def __eq__(self, other: object) -> bool:
        return [url for url in self._asked if not url.startswith(self._local)] == other

    __hash__ = None
