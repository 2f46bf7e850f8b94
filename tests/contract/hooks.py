"""What schemathesis cannot know from the contract: who it acts for, what is already there, and which operations spend what
they are called with."""

import atexit
import collections
import json
import os
import subprocess
import threading

import schemathesis

import people

WHO = os.environ["JUDGED_AS"]
REPORT = os.environ["JUDGED_REPORT"]
SCOPES = [
    "profile:read", "profile:write", "files:read", "files:write", "notifications:read", "notifications:write",
    "connections:read", "connections:write", "webhooks:read", "webhooks:write", "tokens:read",
]

# Whoever calls one of these is signed out, changed or gone afterwards: they are called for somebody else each time.
SPENDING = {
    "end_all_sessions", "end_current_session", "delete_me", "set_password", "remove_password", "confirm_email_change",
}
# Well-formed requests that schemathesis cannot think of: each is sent for the first few well-formed cases.
USUAL = {
    "log_in": lambda: {"email": spare().email, "password": people.PASSWORD, "device": people.DEVICE},
    "refresh_tokens": lambda: {"refresh_token": people.Person().refresh},
    "register": lambda: {"email": people.fresh_email(), "password": people.PASSWORD, "display_name": "Mira"},
    "change_me": lambda: {"display_name": "Mira", "handle": f"mira_{people.fresh_email()[6:14]}", "time_zone": "Europe/Berlin"},
    "make_api_key": lambda: {"name": "A judge", "scopes": ["profile:read"], "expires_at": None},
    "prove": lambda: {"password": people.PASSWORD},
    "set_password": lambda: {"new_password": people.PASSWORD, "current_password": people.PASSWORD},
    "add_device": lambda: {"name": "Another", "platform": "android"},
    "make_file_address": lambda: {},
    "connect_by_key": lambda: people.CONNECTED_BY,
    "change_connection": lambda: {"models_may_see": False},
    "keep_spotify_app": lambda: {"client_id": "0000000000000000000000000000a001", "client_secret": "own-app-secret"},
    "give_spotify_app": lambda: {"client_id": "0000000000000000000000000000a001", "client_secret": "own-app-secret"},
    "make_webhook": lambda: people.WEBHOOK,
    "change_webhook": lambda: {"events": [], "on": True},
    "replay_failed_webhook_deliveries": lambda: {"since": "2026-01-01T00:00:00Z"},
    "publish_app_version": lambda: {
        "platform": "other", "version": f"9.{people.fresh_email()[6:14]}.0", "required": False, "notes": "",
        "store_url": "https://store.example.com/aura",
    },
}
ROUNDS = 4

_lock = threading.RLock()
_spare = []
_rounds = collections.Counter()
_answers = collections.defaultdict(collections.Counter)


def name(case):
    return case.operation.definition.raw.get("operationId", case.operation.label)


def make_operator(person):
    program = os.environ["AURA_BINARY"]
    subprocess.run([program, "admin", "grant", person.email], check=True, stdout=subprocess.DEVNULL)
    # Whoever gets another role signs in again.
    person.sign_in()
    return person


# Schemathesis loads this file once. Whom it acts for stays signed in for all of the run.
SOMEBODY = people.Person() if WHO != "nobody" else None
OTHER = people.Person()
SUSPENDED = people.Person()
if WHO == "operator":
    make_operator(SOMEBODY)
KEY = SOMEBODY.api_key(SCOPES)[0] if WHO == "key" else None


def stay_signed_in():
    """One's own device, session or account may have been among those that were listed and then ended."""
    global SOMEBODY
    if not SOMEBODY.is_signed_in() and not SOMEBODY.sign_in():
        SOMEBODY = people.Person()
        if WHO == "operator":
            make_operator(SOMEBODY)


def spare():
    """Somebody who is signed in and may be spent."""
    with _lock:
        if not _spare:
            _spare.append(people.Person())
        return _spare[-1]


if WHO != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Credential:
        def get(self, case, context):
            if WHO == "key":
                return KEY
            return (spare() if name(case) in SPENDING else SOMEBODY).token

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"


def own_id(case):
    """The id of something that is there and is of the person who asks."""
    operation, path = name(case), case.path
    if "/devices/" in path:
        return SOMEBODY.add_device() if operation == "remove_device" else SOMEBODY.device
    if "/sessions/" in path:
        return SOMEBODY.add_session()
    if "/api-keys/" in path:
        return SOMEBODY.api_key(["profile:read"])[1]
    if "/files/" in path:
        return SOMEBODY.file()
    if "/integrations/" in path:
        return "apollo"
    if "/connections/" in path:
        return SOMEBODY.connection()
    if "/webhooks/" in path:
        return SOMEBODY.webhook()
    if "/notifications/" in path:
        return SOMEBODY.notification()
    if "/users/" in path:
        return SUSPENDED.user if operation == "set_status" else SOMEBODY.user
    return None


def begun(operation, case):
    """A ceremony with its code, which was mailed."""
    if operation == "confirm_registration":
        ceremony, code = people.begin_registration()[:2]
    elif operation == "confirm_sign_in_code":
        ceremony, code = people.begin_sign_in(OTHER.email)
    elif operation == "confirm_recovery":
        ceremony, code = people.begin_recovery(people.Person().email)
        case.body["new_password"] = people.PASSWORD
    elif operation == "confirm_email_change":
        case.body["code"] = people.begin_email_change(spare().token)
        return
    elif operation == "confirm_phone" and WHO in ("person", "operator"):
        case.body["verification_id"], case.body["code"] = people.begin_phone(SOMEBODY.token)
        return
    elif operation == "read_all_notifications" and WHO != "nobody":
        case.body["last_seen"] = SOMEBODY.notification() or case.body["last_seen"]
        return
    else:
        return
    case.path_parameters["id"], case.body["code"] = ceremony, code


def is_well_formed(case):
    return case.method.upper() == case.operation.method.upper() and (case.meta is None or case.meta.generation.mode.is_positive)


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["X-Forwarded-For"] = people.address()
    if not is_well_formed(case):
        return
    operation = name(case)
    with _lock:
        _rounds[operation] += 1
        count = _rounds[operation]
    if count % 2:
        # Invented ones fit nothing that is there.
        case.headers.pop("If-Match", None)
    if count <= ROUNDS and isinstance(case.body, dict):
        begun(operation, case)
        if operation in USUAL:
            case.body = USUAL[operation]()
    if operation == "keep_file" and count <= ROUNDS:
        case.query["name"], case.body, case.media_type = "note.txt", b"A note.\n", "application/octet-stream"
    if SOMEBODY and count % 2 and "id" in (case.path_parameters or {}) and "confirm" not in operation:
        case.path_parameters["id"] = own_id(case) or case.path_parameters["id"]
        if "delivery" in case.path_parameters:
            case.path_parameters["delivery"] = SOMEBODY.delivery(case.path_parameters["id"]) or case.path_parameters["delivery"]


@schemathesis.hook
def after_call(context, case, response):
    operation = name(case)
    good = 200 <= response.status_code < 300 and case.method.upper() == case.operation.method.upper()
    with _lock:
        _answers[operation if case.method.upper() == case.operation.method.upper() else "other methods"][response.status_code] += 1
        if good and operation in SPENDING and _spare and not _spare[-1].sign_in():
            _spare.pop()
        if good and operation in ("remove_device", "end_session", "set_status"):
            stay_signed_in()


@atexit.register
def tell():
    with open(REPORT, "w") as file:
        json.dump({operation: dict(counts) for operation, counts in _answers.items()}, file, indent=1, sort_keys=True)
