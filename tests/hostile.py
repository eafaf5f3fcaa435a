"""What an attacker who owns a target, or a line of the inventory, may put where text is expected."""

from __future__ import annotations

from typing import Any

from tests.builders import Run, make_finding, make_record, make_remediation, make_summary, make_unaudited, samples

MARK = "injected-by-a-target"
HOSTILE = (
    f"<script>window.hurt = '{MARK}'; alert(1)</script>",
    f"</script><script>window.hurt = 1</script><b id={MARK}>",
    f"</style><style>body {{ display: none }}</style><b id={MARK}>",
    f"</textarea></title></select></details><img src=x onerror='window.hurt = 1' id={MARK}>",
    f'" onmouseover="window.hurt = 1" id="{MARK}" x="',
    "' autofocus onfocus='window.hurt = 1' x='",
    f"--><svg onload='window.hurt = 1' id={MARK}><!--",
    "{{ 7 * 7 }}{% for x in y %}{{ config }}${7 * 7}#{7 * 7}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "javascript:window.hurt=1//",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "invoice\u202egnp.exe \u2066isolate\u2069 \u200bzero\ufeffwidth \u00adsoft",
    "bell\x07 escape\x1b[31mred\x1b[0m null\x00 back\x08 c1\x9b31m return\rover",
    "lone surrogate \ud800, not a character \uffff, tag \U000e0041, line\u2028end",
    "Z" + "\u0334\u0335\u0336" * 200 + "algo",
    '=HYPERLINK("http://attacker.example","open")',
    "a" * 3000,
)
HUGE = "<" + "x" * 10_000_000


def hostile_run() -> Run:
    """A run in which every text that a target or an inventory decides is hostile; one value is 10 MB long."""
    names = [f"{text[:150]}{number}" for number, text in enumerate(HOSTILE)]
    kinds = list(samples(len(HOSTILE)))
    records = []
    for number, name in enumerate(names):
        findings = []
        for sample, text in zip(kinds, HOSTILE[number:] + HOSTILE[:number], strict=True):
            check: dict[str, Any] = dict.fromkeys(("setting", "expected", "observed", "source", "reason"), text)
            changes: dict[str, Any] = {"reason": text, "fix": text, "checks": [{**check, "outcome": "fail"}]}
            findings.append(make_finding(sample, "fail", **changes))
        records.append(make_record(name, findings, warnings=list(HOSTILE[:3])))
    records[0]["findings"][0]["checks"][0]["observed"] = HUGE
    records += [make_unaudited(f"down{number}{text[:100]}", reason=text) for number, text in enumerate(HOSTILE)]
    remediation = [make_remediation(name, pending_reboot=list(HOSTILE)) for name in names]
    missing = [f"gone{text[:100]}" for text in HOSTILE]
    return Run(make_summary(records, missing=missing, remediation=remediation), records)
