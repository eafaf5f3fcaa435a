"""A stand-in of AWX's API on the loopback: keeps what it is given, and refuses what AWX 24.6.1 would, by `awx_fields.yml` and the checks below.

What it checks besides fields are the rules of AWX's serializers that a set-up meets: forms of credential types, surveys, schedules and
notifications, playbooks that the project has, nodes that are there.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

Json = dict[str, Any]
TABLE: dict[str, dict[str, str]] = {
    endpoint: dict(field.split("=", 1) for field in fields.split())
    for endpoint, fields in yaml.safe_load(Path(__file__).with_name("awx_fields.yml").read_text()).items()
}
FORMS = {"str": str, "int": int, "bool": bool, "dict": dict}
# What a new one has without being told: what the API answers is what the next run compares with.
DEFAULTS: dict[str, Json] = {"inventories": {"kind": "", "host_filter": None}, "job_templates": {"job_type": "run"}}
ASSOCIATIONS = {
    "job_templates": ("credentials", "labels", "instance_groups", "notification_templates_error"),
    "workflow_job_templates": ("notification_templates_error", "notification_templates_approvals"),
    "workflow_job_template_nodes": ("success_nodes", "failure_nodes", "always_nodes", "credentials"),
}
TARGETS = {
    "notification_templates_error": "notification_templates",
    "notification_templates_approvals": "notification_templates",
}
UNIFIED = ("projects", "job_templates", "workflow_job_templates", "inventory_sources", "workflow_approval_templates")
SURVEY: dict[str, Any] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (int, float),
}
MAIL = {
    "host": str,
    "port": int,
    "username": str,
    "password": str,
    "use_tls": bool,
    "use_ssl": bool,
    "sender": str,
    "recipients": list,
    "timeout": int,
}
INPUT_KEYS = {
    "id",
    "label",
    "type",
    "format",
    "choices",
    "help_text",
    "multiline",
    "secret",
    "ask_at_runtime",
    "default",
}


class Refused(Exception):
    """What AWX answers with status 400."""


class Controller:
    """What there is, by endpoint; every call that changes something; and what was refused."""

    def __init__(self, playbooks: list[str], token: str = "") -> None:
        self.playbooks, self.token = playbooks, token
        self.there: dict[str, dict[int, Json]] = {name: {} for name in (*TABLE, "labels", "instance_groups")}
        self.linked: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Json] = {}
        self.writes: list[tuple[str, str, Json]] = []
        self.refused: list[str] = []
        self._last = 0
        self.put("organizations", {"name": "Default"})
        self.put("credential_types", {"name": "Machine", "kind": "ssh"})
        self.put("credentials", {"name": "hosts by SSH", "credential_type": 2})

    def named(self, endpoint: str, name: str) -> Json:
        """The one thing of a name."""
        return next(one for one in self.there[endpoint].values() if one.get("name", one.get("identifier")) == name)

    def put(self, endpoint: str, given: Json) -> Json:
        """Keep something new."""
        self._last += 1
        item: Json = {
            "id": self._last,
            "url": f"/api/v2/{endpoint}/{self._last}/",
            "type": endpoint.rstrip("s"),
            "related": {},
            "summary_fields": {},
        }
        item |= {**DEFAULTS.get(endpoint, {}), **given}
        if endpoint in ("job_templates", "workflow_job_templates"):
            item["related"]["survey_spec"] = f"{item['url']}survey_spec/"
        if endpoint == "projects":
            item |= {"scm_revision": ""}
            item["summary_fields"]["current_update"] = {"id": self._last}
        if endpoint == "workflow_job_template_nodes":
            item["type"] = "workflow_job_template_node"
        self.there[endpoint][self._last] = item
        return item

    def find(self, endpoint: str, wanted: dict[str, str]) -> list[Json]:
        """What a list of the API answers to a search."""
        places = UNIFIED if endpoint == "unified_job_templates" else (endpoint,)
        found = []
        for item in (item for place in places for item in self.there[place].values()):
            either = {name[4:]: value for name, value in wanted.items() if name.startswith("or__")}
            all_of = {name: value for name, value in wanted.items() if not name.startswith("or__")}
            if all(str(item.get(name)) == value for name, value in all_of.items()) and (
                not either or any(str(item.get(name)) == value for name, value in either.items())
            ):
                found.append(item)
        return found

    def check(self, endpoint: str, given: Json, *, new: bool) -> None:
        """Raise `Refused` where AWX would not take it."""
        fields = TABLE[endpoint]
        for name, form in fields.items():
            if new and form.endswith("!") and given.get(name) in (None, ""):
                raise Refused({name: ["This field is required."]})
        for name, value in given.items():
            if name not in fields:
                raise Refused({name: ["Unknown field."]})
            form = fields[name].rstrip("!")
            if value is None:
                continue
            if form.startswith(">"):
                if not any(item["id"] == value for item in self.find(form[1:], {})):
                    raise Refused({name: [f"Invalid pk {value!r} - object does not exist."]})
            elif not isinstance(value, FORMS[form]) or (form == "int" and isinstance(value, bool)):
                raise Refused({name: [f"Not a valid {form}: {value!r}"]})
        if new and any(item.get("name", "-") == given.get("name") and item.get("organization") == given.get("organization")
                       for item in self.there[endpoint].values() if endpoint not in ("schedules", "workflow_approval_templates")):  # fmt: skip
            raise Refused({"__all__": ["There is one of this name already."]})
        getattr(self, f"_check_{endpoint}", lambda _given: None)(given)

    def _check_credential_types(self, given: Json) -> None:
        if given.get("kind") not in ("cloud", "net"):
            raise Refused({"kind": ["Must be 'cloud' or 'net'"]})
        inputs, injectors = given.get("inputs", {}), given.get("injectors", {})
        names = [field.get("id") for field in inputs.get("fields", [])]
        strange = set(inputs) - {"required", "fields"} or set(injectors) - {"file", "env", "extra_vars"}
        for field in inputs.get("fields", []):
            strange = strange or set(field) - INPUT_KEYS or {"id", "label"} - set(field)
            if field.get("type", "string") == "string" and not isinstance(field.get("default", ""), str):
                raise Refused({"inputs": [f"{field['default']!r} is not a string"]})
            # As AWX keeps it.
            field.setdefault("type", "string")
        if strange or len(set(names)) < len(names) or not set(inputs.get("required", [])) <= set(names):
            raise Refused({"inputs": [f"not of the schema: {strange or names}"]})
        for group in injectors.values():
            for text in group.values():
                used = set(re.findall(r"\{\{\s*([a-z_]+)", text)) | set(re.findall(r"\bif ([a-z_]+) else", text))
                if not used <= {*names, "tower"} or not text.isascii():
                    raise Refused({"injectors": [f"{text!r} uses an undefined field"]})

    def _check_credentials(self, given: Json) -> None:
        fields = self.there["credential_types"][given["credential_type"]].get("inputs", {})
        names = {field["id"] for field in fields.get("fields", [])}
        if not set(given.get("inputs", {})) <= names:
            raise Refused({"inputs": ["Additional properties are not allowed"]})

    def _check_notification_templates(self, given: Json) -> None:
        config = given.get("notification_configuration", {})
        wrong = [name for name, form in MAIL.items() if not isinstance(config.get(name), form)] + sorted(
            set(config) - set(MAIL)
        )
        if given.get("notification_type") != "email" or wrong:
            raise Refused({"notification_configuration": [f"Missing or of another form: {wrong}"]})

    def _check_job_templates(self, given: Json) -> None:
        if given["playbook"] not in self.playbooks:
            raise Refused({"playbook": ["Playbook not found for project."]})
        if given.get("inventory") is None:
            raise Refused({"inventory": ["You must either set a default value or ask to prompt on launch."]})
        if given.get("job_type") not in ("run", "check") or not given.get("job_slice_count", 1) >= 1:
            raise Refused({"job_type": ["not a valid choice"]})
        json.loads(given.get("extra_vars", "{}"))

    def _check_schedules(self, given: Json) -> None:
        rule = given["rrule"]
        form = r"DTSTART(;TZID=[A-Za-z_/+-]+:[0-9]{8}T[0-9]{6}|:[0-9]{8}T[0-9]{6}Z) RRULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY);.*"
        if not re.fullmatch(form, rule) or "INTERVAL=" not in rule:
            raise Refused({"rrule": ["Valid DTSTART and INTERVAL required in rrule."]})

    def check_survey(self, spec: Json) -> None:
        """Raise `Refused` where AWX would not take a survey."""
        if (
            not all(
                isinstance(spec.get(name), form) for name, form in (("name", str), ("description", str), ("spec", list))
            )
            or not spec["spec"]
        ):
            raise Refused({"error": "Field is missing from survey spec."})
        variables = [question.get("variable") for question in spec["spec"]]
        if len(set(variables)) < len(variables):
            raise Refused({"error": "'variable' duplicated in survey"})
        for question in spec["spec"]:
            texts = all(isinstance(question.get(name), str) for name in ("type", "question_name", "variable"))
            if not texts or not isinstance(question.get("required"), bool) or question["type"] not in SURVEY:
                raise Refused({"error": f"survey question {question} is not of the form"})
            default = question.get("default", "")
            if default != "" and not isinstance(default, SURVEY[question["type"]]):
                raise Refused({"error": "Default value expected to be of another type."})
            if question["type"] == "multiplechoice" and (default or question["choices"][0]) not in question["choices"]:
                raise Refused({"error": "Default choice must be answered from the choices listed."})

    def shown(self, endpoint: str, item: Json) -> Json:
        """What the API tells of something: secrets as AWX has them."""
        if endpoint != "credentials":
            return item
        fields = self.there["credential_types"][item["credential_type"]].get("inputs", {}).get("fields", [])
        secret = {field["id"] for field in fields if field.get("secret")}
        inputs = {name: "$encrypted$" if name in secret else value for name, value in item.get("inputs", {}).items()}
        return {**item, "inputs": inputs}

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:  # noqa: PLR0911 - one a kind of call
        """Status and JSON of a call, or status 404."""
        parts = [part for part in path.split("/") if part][2:]
        if method in ("POST", "PATCH"):
            self.writes.append((method, "/".join(parts), body))
        endpoint = parts[0]
        if endpoint == "project_updates":
            return 200, {"status": "successful"}
        if endpoint not in self.there and endpoint != "unified_job_templates":
            return 404, {"detail": "Not found."}
        if len(parts) == 1 and method == "GET":
            found = [self.shown(endpoint, item) for item in self.find(endpoint, query)]
            return 200, {"count": len(found), "next": None, "results": found}
        if len(parts) == 1 and method == "POST":
            self.check(endpoint, body, new=True)
            return 201, self.shown(endpoint, self.put(endpoint, body))
        item = self.there[endpoint].get(int(parts[1]))
        if item is None:
            return 404, {"detail": "Not found."}
        if len(parts) == 2:
            if method == "PATCH":
                self.check(
                    endpoint, {**{name: item[name] for name in TABLE[endpoint] if name in item}, **body}, new=False
                )
                item.update(body)
            return 200, self.shown(endpoint, item)
        return self._below(method, endpoint, item, parts[2], body)

    def _below(self, method: str, endpoint: str, item: Json, what: str, body: Json) -> tuple[int, Any]:
        if what == "survey_spec":
            if method == "POST":
                self.check_survey(body)
                self.surveys[endpoint, item["id"]] = body
            return 200, self.surveys.get((endpoint, item["id"]), {})
        if what == "create_approval_template" and endpoint == "workflow_job_template_nodes":
            self.check("workflow_approval_templates", body, new=True)
            made = self.put("workflow_approval_templates", body)
            item["unified_job_template"] = made["id"]
            item["related"]["unified_job_template"] = made["url"]
            return 201, made
        if what not in ASSOCIATIONS.get(endpoint, ()):
            return 404, {"detail": "Not found."}
        links = self.linked.setdefault((endpoint, item["id"], what), [])
        target = self.there[TARGETS.get(what, "workflow_job_template_nodes" if what.endswith("_nodes") else what)]
        if method == "POST":
            if body["id"] not in target:
                raise Refused({"id": ["Invalid pk"]})
            links.remove(body["id"]) if body.get("disassociate") else links.append(body["id"])
            return 204, None
        return 200, {"count": len(links), "next": None, "results": [target[number] for number in links]}


@contextmanager
def serving(controller: Controller) -> Iterator[str]:
    """Serve the API on the loopback, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            url = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if controller.token and self.headers.get("Authorization") != f"Bearer {controller.token}":
                status, told = (
                    401,
                    {
                        "detail": "Authentication credentials were not provided. To establish a login session, visit /api/login/."
                    },
                )
            else:
                try:
                    status, told = controller.answer(
                        self.command, url.path, dict(parse_qsl(url.query)), json.loads(sent or b"{}")
                    )
                except Refused as problem:
                    status, told = 400, problem.args[0]
                    controller.refused.append(f"{self.command} {url.path}: {told}")
            data = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _do  # noqa: N815 - so the base class calls them

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
