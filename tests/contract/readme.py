"""Runs the commands of the README's section about the JSON API against a running Aura, and looks at what they print."""

import json
import os
import pathlib
import re
import subprocess
import sys

README = pathlib.Path(__file__).parents[2] / "README.md"

section = README.read_text().split("\n## The JSON API\n")[1].split("\n## ")[0]
script = re.search(r"```sh\n(.*?)```", section, re.S)[1]
for name, ours in (("AURA", os.environ["AURA_URL"]), ("SANDBOX", os.environ["SANDBOX_URL"])):
    script, found = re.subn(rf"\b{name}=\S+", f"{name}={ours}", script, count=1)
    if not found:
        sys.exit(f"README: {name} is not set")
done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=120)
if done.returncode:
    sys.exit(f"README: the commands failed:\n{done.stdout}\n{done.stderr}")
# What is printed: the person, twice the same, and a page of notifications.
texts, decoder, answers = done.stdout, json.JSONDecoder(), []
while texts.strip():
    answer, end = decoder.raw_decode(texts.strip())
    answers.append(answer)
    texts = texts.strip()[end:]
if len(answers) != 3 or answers[0]["id"] != answers[1]["id"] or not isinstance(answers[2]["items"], list):
    sys.exit(f"README: the answers are not what the text says:\n{done.stdout}")
print("    README: the commands of «The JSON API» do what they say")
