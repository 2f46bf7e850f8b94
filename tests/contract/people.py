"""People whom the judges act for: registered over the API itself, with the codes of the mails that the sandbox keeps."""

import itertools
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

AURA = os.environ.get("AURA_URL", "http://127.0.0.1:3000")
SANDBOX = os.environ.get("SANDBOX_URL", "http://localhost:4010")
PASSWORD = "correct horse battery staple nine"
CONNECTED_BY = {"fields": {"key": "sandbox-apollo-key"}}
WEBHOOK = {"url": "https://hooks.example.com/aura"}
DEVICE = {"name": "A judge's phone", "platform": "ios", "app_version": "2.4.1"}

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_seen = {"texts": 0}
# Several of these run at once, and each has numbers of its own.
_numbers = itertools.count((int(time.time() * 1000) + os.getpid() * 10_007_000) % 10**9)


def address():
    """Another network address each time: limits of one address are not what is judged here."""
    number = next(_numbers)
    return f"198.{18 + number // 65536 % 2}.{number // 256 % 256}.{number % 256}"


def ask(method, path, body=None, token=None, headers=None, file=None):
    """Status and answer of one request."""
    sent = {"x-forwarded-for": address(), "accept": "application/json", **(headers or {})}
    if token:
        sent["authorization"] = f"Bearer {token}"
    data = file
    if body is not None:
        sent["content-type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(AURA + path, data=data, headers=sent, method=method)
    try:
        with _opener.open(request, timeout=30) as answer:
            text, status = answer.read(), answer.status
    except urllib.error.HTTPError as refused:
        text, status = refused.read(), refused.code
    return status, json.loads(text) if text else None


def must(status, wanted, answer):
    if status != wanted:
        raise RuntimeError(f"{status} instead of {wanted}: {answer}")
    return answer


def code_for(email):
    """The code of the newest mail to an address, once it is there."""
    url = f"{SANDBOX}/_sandbox/mail?to={urllib.parse.quote(email)}"
    for _ in range(200):
        with _opener.open(url, timeout=10) as answer:
            mails = json.loads(answer.read())
        if mails and mails[0]["code"]:
            return mails[0]["code"]
        time.sleep(0.05)
    raise RuntimeError(f"no mail came to {email}")


def fresh_email(name="judge"):
    return f"{name}-{next(_numbers)}@example.com"


def begin_registration():
    """The id of a registration and its code."""
    email = fresh_email()
    begun = must(*_wanted(202, "POST", "/api/v1/registrations", {"email": email, "password": PASSWORD}))
    return begun["verification_id"], code_for(email), email


def begin_sign_in(email):
    begun = must(*_wanted(202, "POST", "/api/v1/sign-in-codes", {"email": email}))
    return begun["verification_id"], code_for(email)


def begin_recovery(email):
    begun = must(*_wanted(202, "POST", "/api/v1/recoveries", {"email": email}))
    return begun["verification_id"], code_for(email)


def begin_email_change(token):
    email = fresh_email()
    must(*_wanted(202, "POST", "/api/v1/users/me/email-changes", {"email": email}, token))
    return code_for(email)


def begin_phone(token):
    """The id and the code of a number's proof; a developer's Aura writes its messages into the log."""
    number = f"+49151{next(_numbers) % 10**8:08}"
    begun = must(*_wanted(202, "POST", "/api/v1/users/me/phone", {"number": number}, token))
    for _ in range(200):
        with open(os.path.join(os.environ["STACK_LOGS"], "aura.log")) as log:
            texts = [line for line in log if "a text message would have left" in line]
        if len(texts) > _seen["texts"]:
            _seen["texts"] = len(texts)
            return begun["verification_id"], json.loads(texts[-1])["text"][:6]
        time.sleep(0.05)
    raise RuntimeError("no text message left")


def _wanted(wanted, method, path, body, token=None):
    status, answer = ask(method, path, body, token)
    return status, wanted, answer


class Person:
    """Registered with a password, and signed in on a device."""

    def __init__(self):
        registration, code, self.email = begin_registration()
        body = {"code": code, "device": DEVICE}
        self._take(must(*_wanted(200, "POST", f"/api/v1/registrations/{registration}/confirm", body)))

    def _take(self, tokens):
        self.token, self.refresh = tokens["access_token"], tokens["refresh_token"]
        self.user, self.session, self.device = tokens["user_id"], tokens["session_id"], tokens["device_id"]

    def sign_in(self):
        """Anew, with the password; says whether that went."""
        status, answer = ask("POST", "/api/v1/tokens", {"email": self.email, "password": PASSWORD, "device": DEVICE})
        if status == 200:
            self._take(answer)
        return status == 200

    def add_device(self):
        """The id of a device more, while they may have more."""
        status, answer = ask("POST", "/api/v1/devices", {"name": "Another", "platform": "android"}, self.token)
        return answer["id"] if status == 201 else None

    def add_session(self):
        status, answer = ask("POST", "/api/v1/tokens", {"email": self.email, "password": PASSWORD, "device": DEVICE})
        return answer["session_id"] if status == 200 else None

    def file(self):
        """The id of a file that is kept for them."""
        sent = {"content-type": "application/octet-stream", "authorization": f"Bearer {self.token}"}
        status, answer = ask("POST", "/api/v1/files?name=note.txt", headers=sent, file=b"A note.\n")
        return must(status, 201, answer)["id"]

    def notification(self):
        """The id of the newest thing that they were told, where there is one."""
        items = must(*_wanted(200, "GET", "/api/v1/notifications", None, self.token))["items"]
        return items[0]["id"] if items else None

    def is_signed_in(self):
        return ask("GET", "/api/v1/users/me", token=self.token)[0] == 200

    def api_key(self, scopes):
        """A key and its id, while they may have more."""
        status, answer = ask("POST", "/api/v1/api-keys", {"name": "A judge", "scopes": scopes}, self.token)
        return (answer["key"], answer["api_key"]["id"]) if status == 201 else (None, None)

    def connection(self):
        """The id of an account of theirs that is connected; the sandbox takes the key."""
        status, answer = ask("GET", "/api/v1/connections", token=self.token)
        items = answer["items"] if status == 200 else []
        if not items:
            status, answer = ask("POST", "/api/integrations/apollo/key", CONNECTED_BY, self.token)
            items = [answer] if status == 200 else []
        return items[0]["id"] if items else None

    def webhook(self):
        """The id of an address that is told of what happens: a new one, while they may have more."""
        ask("POST", "/api/v1/webhooks", WEBHOOK, self.token)
        status, answer = ask("GET", "/api/v1/webhooks", token=self.token)
        items = answer["items"] if status == 200 else []
        return items[0]["id"] if items else None

    def delivery(self, webhook):
        """The id of something that was posted to it."""
        ask("POST", f"/api/v1/webhooks/{webhook}/ping", token=self.token)
        status, answer = ask("GET", f"/api/v1/webhooks/{webhook}/deliveries", token=self.token)
        items = answer["items"] if status == 200 else []
        return items[0]["id"] if items else None
