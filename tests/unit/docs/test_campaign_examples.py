"""What docs/campaigns.md shows, as it stands there, comes to the vectors of tests/data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from storepulse.domain.errors import Rejected
from storepulse.domain.init_data import init_data_by_signature, init_data_by_token
from storepulse.domain.payload_signer import PayloadSigner
from storepulse.domain.start_params import StartParam, StartParamSerializer
from storepulse.local.java import install

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "campaigns.md").read_text("utf-8")
VECTORS: dict[str, Any] = json.loads((ROOT / "tests/data/campaign_vectors.json").read_text("utf-8"))
HARNESS = """
const v = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const refuses = (text) => { try { readStartParam(text); return false; } catch { return true; } };
const byToken = v.init_data_by_token, bySignature = v.init_data_by_signature;
console.log(JSON.stringify({
  signatures: v.signatures.map((s) => sign(s.secret, s.timestamp, s.body)),
  written: v.start_params.map((p) => startParam(p.campaign_id, p.tracking_id, p.more)),
  read: v.start_params.map((p) => readStartParam(p.text)),
  refused: v.refused_start_params.map((p) => refuses(p.text)),
  by_token: [
    isProvenByToken(byToken.text, byToken.bot_token),
    isProvenByToken(byToken.text + "0", byToken.bot_token),
    isProvenByToken(byToken.text, "1:A"),
  ],
  by_signature: [
    isProvenBySignature(bySignature.text, bySignature.bot_id, bySignature.public_key),
    isProvenBySignature(bySignature.text, "1", bySignature.public_key),
  ],
}));
"""


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_python_comes_to_the_vectors() -> None:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "campaigns.md", "exec"), names)  # noqa: S102 - our own page
    serializer = StartParamSerializer()
    for vector in VECTORS["signatures"]:
        body = vector["body"].encode()
        for signed in (names["sign"], lambda s, t, b: PayloadSigner(s).sign(b, t)):
            assert signed(vector["secret"], vector["timestamp"], body) == vector["signature"]
    for vector in VECTORS["start_params"]:
        param = StartParam(vector["campaign_id"], vector["tracking_id"], vector["more"])
        assert serializer.serialize(param) == vector["text"]
        assert serializer.deserialize(vector["text"]) == param
    for vector in VECTORS["refused_start_params"]:
        with pytest.raises(Rejected, match="start_param"):
            serializer.deserialize(vector["text"])
    token, signature = VECTORS["init_data_by_token"], VECTORS["init_data_by_signature"]
    said = init_data_by_token(token["text"], [token["bot_token"]], token["auth_date"])
    assert (said.user_id, said.start_param) == (token["user_id"], token["start_param"])
    said = init_data_by_signature(
        signature["text"], [signature["bot_id"]], signature["auth_date"] + 1
    )
    assert (said.user_id, said.start_param) == (signature["user_id"], None)


def test_node_comes_to_the_vectors() -> None:
    if shutil.which("node") is None and not install(("nodejs",), os.environ, print):
        pytest.fail("node is missing; install it with: sudo apt-get install -y nodejs")
    done = subprocess.run(
        ["node", "-e", example("js") + HARNESS], input=json.dumps(VECTORS), capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    params = VECTORS["start_params"]
    assert found == {
        "signatures": [s["signature"] for s in VECTORS["signatures"]],
        "written": [p["text"] for p in params],
        "read": [
            {"campaignId": p["campaign_id"], "trackingId": p["tracking_id"], "more": p["more"]}
            for p in params
        ],
        "refused": [True] * len(VECTORS["refused_start_params"]),
        "by_token": [True, False, False],
        "by_signature": [True, False],
    }


def test_the_page_shows_vectors() -> None:
    first = VECTORS["signatures"][0]
    for shown in (first["secret"], str(first["timestamp"]), first["body"], first["signature"]):
        assert shown in PAGE
    rows = re.findall(r"^\| `(\S+)` \| `(\S+)` \|(.*)\| `(\S+)` \|$", PAGE, re.MULTILINE)
    shown_params = [
        (campaign, tracking, dict(re.findall(r"`(\w+)` = `([^`]+)`", more)), text)
        for campaign, tracking, more, text in rows
    ]
    known = [
        (p["campaign_id"], p["tracking_id"], p["more"], p["text"]) for p in VECTORS["start_params"]
    ]
    assert len(shown_params) == 4
    assert all(row in known for row in shown_params)
