"""Judges a running Aura by its contract, with schemathesis, as a person, an API key, nobody and an operator.

fuzz.py <cases> [seed]: at least so many requests in all. The logs and what each operation answered stay in $JUDGE_LOGS.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import people

HERE = pathlib.Path(__file__).parent
# How many of the fuzzed requests each of them sends.
SHARES = {"person": 0.4, "key": 0.2, "nobody": 0.2, "operator": 0.2}
# How many of them at once.
AT_ONCE = 2


def run(who, examples, seed, folder, phases):
    """One run of schemathesis: whether it found nothing, what it said, what each operation answered."""
    folder = folder / str(seed)
    folder.mkdir(exist_ok=True)
    report, log = folder / f"{who}.json", folder / f"{who}.log"
    environment = {
        **os.environ, "JUDGED_AS": who, "JUDGED_REPORT": str(report), "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HERE), "NO_PROXY": "*",
    }
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [
        program, "--config-file", HERE / "schemathesis.toml", "run", people.AURA + "/api/openapi.json",
        "--phases", phases, "--max-examples", str(examples), "--seed", str(seed), "--checks", "all", "--continue-on-failure",
        "--suppress-health-check", "all", "--no-color",
        "--report", "ndjson", "--report-ndjson-path", folder / f"{who}.ndjson",
    ]
    with open(log, "w") as file:
        found = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.STDOUT, cwd=folder).returncode
    if not report.exists():
        sys.exit(f"schemathesis did not run as {who}; it said:\n{log.read_text()[-3000:]}")
    return found == 0, json.loads(report.read_text())


def count(answers, wanted=lambda status: True):
    return sum(number for counts in answers.values() for status, number in counts.items() if wanted(status))


def main():
    cases = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260401
    folder = pathlib.Path(os.environ.get("JUDGE_LOGS") or tempfile.mkdtemp(prefix="aura-contract-"))
    folder.mkdir(parents=True, exist_ok=True)
    all_fine, total, reached, operations = True, 0, set(), set()
    # What schemathesis derives from the schema comes once; after that only the seed brings anything new.
    rounds = [(who, "examples,coverage,fuzzing,stateful", seed) for who in SHARES]
    rounds += [(who, "fuzzing,stateful", seed + number) for number in range(1, 20) for who in SHARES]
    def judged(who, phases, seed):
        began = time.monotonic()
        fine, answers = run(who, max(1, round(cases * SHARES[who] / 150)), seed, folder, phases)
        return who, seed, fine, answers, time.monotonic() - began

    # Each acts for people of its own, so that two go on at once.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, len(rounds), len(SHARES)):
            if first and total >= cases:
                break
            for who, seed, fine, answers, took in pool.map(lambda one: judged(*one), rounds[first : first + len(SHARES)]):
                sent = count(answers)
                broken = count(answers, lambda status: status.startswith("5"))
                good = {name for name, counts in answers.items() if any(status.startswith("2") for status in counts)}
                operations |= set(answers) - {"other methods"}
                reached |= good & operations
                total += sent
                all_fine = all_fine and fine and broken == 0
                said = "nothing found" if fine else f"FOUND SOMETHING: {folder / str(seed) / who}.log"
                print(f"    as {who}: {sent} requests in {took:.0f} s, {broken} of 5xx, "
                      f"{len(good)} operations answered 2xx; {said}")
    print(f"    schemathesis: {total} requests, {len(reached)} of {len(operations)} operations answered 2xx")
    missing = sorted(operations - reached)
    if missing:
        print(f"    never 2xx: {', '.join(missing)}")
    if total < cases:
        print(f"    fewer than {cases} requests")
    sys.exit(0 if all_fine and total >= cases else 1)


main()
