"""Every script of PowerShell is one that Windows PowerShell 5.1 knows, and what reads a host calls nothing that writes.

`powershell51_commands.csv` holds the commands that are used, with their parameters, as Windows PowerShell 5.1 has them on Windows 10
and Server 2016 (common parameters left out), after the lists of PSScriptAnalyzer (MIT).
"""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.powershell import ROOT, run

pytestmark = pytest.mark.pwsh

HERE = Path(__file__).parent
LISTED = subprocess.run(["git", "ls-files", "*.ps1", "*.psm1"], cwd=ROOT, capture_output=True, text=True, check=True)
SCRIPTS = sorted(LISTED.stdout.split())
READING = [
    name for name in SCRIPTS if re.match(r"plugins/(modules|module_utils)/.*(_(observe|selftest)\.ps1|\.psm1)$", name)
]
with open(HERE / "powershell51_commands.csv", encoding="ascii") as table:
    KNOWN = {row["command"].lower(): row["parameters"].lower().split() for row in csv.DictReader(table)}
COMMON = ("erroraction", "errorvariable", "warningaction", "verbose", "debug", "outvariable")
READING_VERBS = ("convertfrom", "convertto", "foreach", "get", "select", "sort", "test", "where")
# What is called by a name that is worked out: collectors of a table.
BY_TABLE = ("[$collector.first]", "[$collector.read]", "[$Read]", "[$Way]")
# Methods of both .NET Framework and .NET that write nothing on a host. A new one is looked up in both before it comes here.
METHODS = re.findall(
    r"\S+",
    """
Add AddArgument AddParameters AddScript BeginInvoke BeginStop Compile Contains ContainsKey Create Dispose EndInvoke ExitJson FailJson
FindAll FindOne GetAccessControl GetBaseException GetMethod GetSecurityDescriptorSddlForm GetString GetSubKeyNames GetValue GetValueKind
GetValueNames IndexOf IsInRole Max Min Open OpenSubKey Pop Push ReadToEndAsync Register Remove Replace Round Split StartNew StartsWith
Substring ToArray ToLowerInvariant ToString ToUniversalTime ToUpperInvariant Translate Trim TrimEnd Wait WaitForExit WaitOne
Ansible.Basic.AnsibleModule::Create Math::Max Math::Min Math::Round Microsoft.Win32.RegistryAclExtensions::GetAccessControl
Microsoft.Win32.RegistryKey::OpenBaseKey System.Array::Copy System.BitConverter::GetBytes System.BitConverter::ToUInt32
System.BitConverter::ToUInt64 System.Convert::FromBase64String System.Convert::ToBase64String System.Diagnostics.Process::GetCurrentProcess
System.Diagnostics.Stopwatch::StartNew System.Environment::ExpandEnvironmentVariables System.Environment::GetEnvironmentVariable
System.Guid::NewGuid System.IO.Directory::Exists System.IO.Directory::GetFileSystemEntries System.IO.File::Exists
System.IO.File::GetAttributes System.IO.File::ReadAllBytes System.IO.Path::Combine System.IO.Path::GetFileName System.IO.Path::GetTempPath
System.Linq.Expressions.Expression::Call System.Linq.Expressions.Expression::Constant System.Linq.Expressions.Expression::Lambda
System.Management.Automation.PowerShell::Create System.Management.Automation.Runspaces.InitialSessionState::CreateDefault
System.Management.Automation.Runspaces.RunspaceFactory::CreateRunspace System.Management.Automation.Runspaces.SessionStateFunctionEntry::new
System.Security.Principal.WindowsIdentity::GetCurrent System.Text.Encoding::GetEncoding System.TimeSpan::FromSeconds
""",
)
# In the one script that may: a folder of its own for what a program writes to a file alone, gone afterwards, and that program.
OWN_FOLDER = (
    "System.IO.Directory::CreateDirectory",
    "System.IO.Directory::Delete",
    "System.Diagnostics.Process::Start",
    "Kill",
)
# Methods that an object of ADSI is called by, in that script alone, each with the one name that only reads.
OF_OBJECTS = {"Invoke": "'Members'", "InvokeGet": "'objectSid'"}
# Programs, by what they are called with; none of it changes a setting.
READING_CALLS = {
    ("secedit", "'/export', '/cfg', 'FILE', '/areas', 'SECURITYPOLICY', 'USER_RIGHTS', '/log', 'LOG', '/quiet'"),
    ("secedit", "'/export', '/cfg', 'FILE', '/areas', 'USER_RIGHTS', '/log', 'LOG', '/quiet'"),
    ("auditpol", "'/backup', '/file:FILE'"),
    # What these print is read as it is.
    ("auditpol", "'/get', '/category:*', '/r' -Most 60000)"),
    ("net", "'accounts' -Most 4000)"),
    ("reg", "'query', \"HKLM\\$($one.key)\", '/v', $one.name, \"/reg:$($one.view)\" -Most 4000)"),
    ("reg", "'query', \"HKU\\$sid\\$($user.key)\", '/v', $user.name, '/reg:64' -Most 4000)"),
}
# Methods of CIM, which alone may be called by Invoke-CimMethod, and in host.psm1 only.
READING_CIM_METHODS = ["GetProtectionStatus", "GetKeyProtectors", "GetKeyProtectorType"]
NEWER = {
    "$a = $b ? 1 : 2": "TernaryExpressionAst",
    "$a = $b ?? 1": "QuestionQuestion",
    "$a ??= 1": "QuestionQuestionEquals",
    "${a}?.Length": "NullConditional",
    "${a}?[0]": "NullConditional",
    "Get-Date && Get-Date": "PipelineChainAst",
    "Get-Date || Get-Date": "PipelineChainAst",
    "Get-Date &": "Background",
    "function f { process { 1 } clean { 2 } }": "CleanBlock",
    "$a = 0b11": "number 0b11",
    "$a = 1u": "number 1u",
    '$a = "`e[0m"': 'escape in "`e[0m"',
    "Get-Date\n| Out-Null": "a line that begins with a pipe",
}
FINE = ["$a = 'x ? 1 : 2'", "Get-Date |\n Out-Null", '$a = "``e"', "$a = 0xfd + 1l", "& { 1 }", "$a = 1kb"]


@pytest.fixture(scope="module")
def inspected():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in SCRIPTS] + [*NEWER, *FINE]
    return dict(zip([*SCRIPTS, *NEWER, *FINE], run(HERE / "inspect_scripts.ps1", texts), strict=True))


@pytest.fixture(scope="module")
def ours(inspected):
    """The functions that any script defines, in small letters: names of commands have no case."""
    return {name.lower() for script in SCRIPTS for name in inspected[script]["defined"]}


def unknown(call: dict[str, Any]) -> list[str]:
    """Return what 5.1 does not know of a call of a command that it has."""
    known = KNOWN[call["name"].lower()]
    given = [name.lower() for name in call["parameters"]]
    return [name for name in given if name not in COMMON and name not in known]


def test_scripts_are_found():
    assert "plugins/modules/windows_observe.ps1" in READING
    assert "plugins/module_utils/windows/host.psm1" in READING


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_one_that_windows_powershell_parses(script, inspected):
    assert inspected[script]["errors"] == []
    assert inspected[script]["newer"] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_of_ascii_for_windows_powershell_takes_others_by_the_code_page(script):
    text = (ROOT / script).read_bytes()

    assert text.isascii()
    assert b"\r" not in text


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_calls_only_what_windows_powershell_has(script, inspected, ours):
    called = [
        call for call in inspected[script]["called"] if call["name"].lower() not in ours and call["name"][0] != "["
    ]

    assert [call for call in called if call["name"].lower() not in KNOWN] == []
    assert [call for call in called if unknown(call)] == []


@pytest.mark.parametrize("script", READING)
def test_what_reads_a_host_calls_nothing_that_writes(script, inspected, ours):
    seen = inspected[script]
    named = [call["name"] for call in seen["called"] if call["name"].lower() not in ours | {"new-object"}]

    if script.endswith("/host.psm1"):
        named = [name for name in named if name != "Invoke-CimMethod"]
    assert [name for name in named if name.split("-")[0].lower() not in READING_VERBS and name not in BY_TABLE] == []
    may = [*METHODS, *OWN_FOLDER, *OF_OBJECTS] if script.endswith("/host.psm1") else METHODS
    assert [name for name in seen["members"] if name not in may] == []
    assert seen["redirected"] == []


def test_a_function_of_windows_observe_is_defined_once(inspected):
    names = [name for script in READING if "/module_utils/" in script for name in inspected[script]["defined"]]

    assert sorted(names) == sorted(set(names))


def test_what_creates_the_folder_of_an_export_removes_it():
    text = (ROOT / "plugins" / "module_utils" / "windows" / "exports.psm1").read_text(encoding="ascii")

    assert text.count("New-HipaaFolder") == text.count("finally { Remove-HipaaFolder -Path $folder }") == 1
    assert "New-HipaaFolder" not in "".join(
        (ROOT / name).read_text() for name in READING if "/host." not in name and "/exports." not in name
    )


def test_programs_of_windows_are_called_with_what_reads_alone():
    texts = [(ROOT / name).read_text(encoding="ascii") for name in READING]
    called = re.compile(r"(?:Read-HipaaExport|Invoke-HipaaProgram) -Program (\w+) -Arguments (.+)")
    calls = [call for text in texts for call in called.findall(text)]

    assert sorted(calls) == sorted(READING_CALLS)
    # Where it is defined, and where an export hands on its program.
    assert (
        sum(text.count("Invoke-HipaaProgram") - text.count("Invoke-HipaaProgram -Program reg ") for text in texts) == 4
    )
    assert sum(text.count("Read-HipaaExport") for text in texts) == 4


def test_methods_of_cim_that_are_called_only_read():
    text = (ROOT / "plugins" / "module_utils" / "windows" / "host.psm1").read_text(encoding="ascii")

    assert re.findall(r"Invoke-CimMethod .*-MethodName (\S+) ", text) == READING_CIM_METHODS
    assert text.count("Invoke-CimMethod") == len(READING_CIM_METHODS)


def test_objects_of_accounts_are_asked_and_never_changed():
    text = (ROOT / "plugins" / "module_utils" / "windows" / "host.psm1").read_text(encoding="ascii")

    assert dict(re.findall(r"\.(Invoke\w*)\(([^)]*)\)", text)) == OF_OBJECTS
    assert len(re.findall(r"\.Invoke", text)) == len(OF_OBJECTS)


@pytest.mark.parametrize("text", NEWER)
def test_what_windows_powershell_does_not_parse_is_seen(text, inspected):
    assert inspected[text]["newer"] == [NEWER[text]]


@pytest.mark.parametrize("text", FINE)
def test_what_windows_powershell_parses_is_not_held_against_a_script(text, inspected):
    assert inspected[text]["newer"] == []


def test_a_parameter_that_windows_powershell_does_not_have_is_seen():
    assert unknown({"name": "ConvertFrom-Json", "parameters": ["InputObject", "AsHashtable"]}) == ["ashashtable"]
    assert unknown({"name": "Get-Service", "parameters": ["ErrorAction"]}) == []
