"""Judges a running Aura with sqlmap: injection.py [paths…]. Every parameter of every operation of the JSON API, and the
fields of the forms in front of the app. $INJECTION_SECONDS bounds what is spent on one of them."""

import collections
import concurrent.futures
import http.client
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.parse

import people

FOLDER = pathlib.Path(os.environ["JUDGE_LOGS"])
SQLMAP = pathlib.Path(sys.executable).with_name("sqlmap")
SECONDS = int(os.environ.get("INJECTION_SECONDS", "600"))
LEVEL = os.environ.get("INJECTION_LEVEL", "3")
# The forms that strangers can send, with the names of their fields.
FORMS = {
    "/api/identity/start-sign-in": {"email": "judge@example.com", "next": "/chat", "time_zone": "Europe/Berlin"},
    "/api/identity/sign-in-by-password": {"email": "judge@example.com", "password": "something", "next": "/chat"},
    "/api/identity/confirm-email": {"token": "0123456789abcdef", "password": "something"},
    "/api/identity/verify-code": {"code": "123456"},
    "/api/identity/stop-recovery": {"token": "0123456789abcdef"},
    "/api/identity/undo-email-change": {"token": "0123456789abcdef"},
}


class Anywhere(http.server.BaseHTTPRequestHandler):
    """Hands requests on to Aura, each from another address: limits of one address would answer for the parameters."""

    protocol_version = "HTTP/1.1"

    def _hand_on(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else None
        aura = urllib.parse.urlsplit(people.AURA)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("connection", "accept-encoding")}
        headers["X-Forwarded-For"] = people.address()
        connection = http.client.HTTPConnection(aura.hostname, aura.port, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException, UnicodeError):
            self.send_error(502)
            return
        finally:
            connection.close()
        with _lock:
            _answers[answer.status] += 1
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "set-cookie"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _hand_on

    def log_message(self, *_):
        pass


_lock, _answers = threading.Lock(), collections.Counter()


class Door(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Sqlmap hangs up on what it has waited long enough for."""


DOOR = Door(("127.0.0.1", 0), Anywhere)


def example(document, schema):
    if "$ref" in schema:
        return example(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return example(document, next(one for one in schema[several] if one.get("type") != "null"))
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    kind = next(one for one in kinds if one != "null") if isinstance(kinds, list) else kinds
    if kind == "string":
        known = {"uuid": "0192f0c1-0000-7000-8000-000000000000", "email": "judge@example.com",
                 "date-time": "2027-04-01T00:00:00Z"}
        return known.get(schema.get("format"), "123456")
    if kind in ("integer", "number"):
        return 1
    if kind == "boolean":
        return True
    if kind == "array":
        return [example(document, schema.get("items", {}))]
    return {name: example(document, one) for name, one in schema.get("properties", {}).items()}


def targets(document):
    """Name, method, address, body of everything that takes a parameter. A star marks a place in the path."""
    for path, item in document["paths"].items():
        for method, said in item.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            address, query = path, {}
            for parameter in said.get("parameters", []):
                value = str(example(document, parameter["schema"]))
                if parameter["in"] == "path":
                    address = address.replace("{%s}" % parameter["name"], value + "*")
                elif parameter["in"] == "query":
                    query[parameter["name"]] = value
            schema = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            body = json.dumps(example(document, schema)) if schema else None
            if query or body or "*" in address:
                yield said["operationId"], method.upper(), address, query, body


def judge(name, method, address, query, body, token):
    url = f"http://127.0.0.1:{DOOR.server_port}" + address + ("?" + urllib.parse.urlencode(query) if query else "")
    command = [
        SQLMAP, "-u", url, "--method", method, "--batch", "--level", LEVEL, "--risk", "2", "--dbms", "PostgreSQL",
        "--technique", "BEUST", "--time-sec", "2", "--timeout", "20", "--retries", "1", "--threads", "1",
        "--flush-session", "--ignore-code", "*", "--skip", "user-agent,referer,host", "--disable-coloring",
        "--output-dir", FOLDER / name,
    ]
    headers = ["Accept: application/json"]
    if token:
        headers.append(f"Authorization: Bearer {token}")
    if body is not None:
        form = not body.startswith("{")
        headers.append("Content-Type: " + ("application/x-www-form-urlencoded" if form else "application/json"))
        command += ["--data", body]
    command += ["--headers", "\n".join(headers)]
    began = time.monotonic()
    log = FOLDER / f"{name}.log"
    with open(log, "w") as file:
        environment = {**os.environ, "NO_PROXY": "*"}
        try:
            subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, env=environment, timeout=SECONDS)
            cut = False
        except subprocess.TimeoutExpired:
            cut = True
    said = log.read_text(errors="replace")
    # What only appears to be one, sqlmap tries again and takes back where it was none.
    found = re.search(r"identified the following injection point|is vulnerable|resumed the following injection", said)
    judged = len(re.findall(r"parameter '.*' does not seem to be injectable", said))
    requests = re.search(r"HTTP\(S\) requests:|all tested parameters do not appear", said)
    return name, bool(found), judged, cut, requests is not None, time.monotonic() - began


def main():
    threading.Thread(target=DOOR.serve_forever, daemon=True).start()
    person = people.Person()
    status, document = people.ask("GET", "/api/openapi.json")
    people.must(status, 200, document)
    wanted = set(sys.argv[1:])
    work = [(*target, person.token) for target in targets(document)]
    work += [(path.rsplit("/", 1)[1], "POST", path, {}, urllib.parse.urlencode(fields), None) for path, fields in FORMS.items()]
    work = [one for one in work if not wanted or one[0] in wanted]
    injectable, cut_off, judged, silent = [], [], 0, []
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("INJECTION_AT_ONCE", "2"))) as pool:
        for name, found, count, cut, told, seconds in pool.map(lambda one: judge(*one), work):
            judged += count
            if found:
                injectable.append(name)
            if cut:
                cut_off.append(name)
            elif not told:
                silent.append(name)
    broken = sum(number for status, number in _answers.items() if status >= 500)
    print(f"    sqlmap: {len(work)} operations and forms, {judged} parameters judged at level {LEVEL} with "
          f"{sum(_answers.values())} requests: {len(injectable)} injectable, {broken} answers of 5xx")
    for label, names in (("injectable", injectable), ("not finished in time", cut_off), ("not judged", silent)):
        if names:
            print(f"    {label}: {', '.join(names)}")
    sys.exit(1 if injectable or silent or broken or judged == 0 else 0)


main()
