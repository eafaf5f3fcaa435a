# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the actions on runs share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the run directory, of what is audited, and attributes."""

    DOCUMENTATION = r"""
options:
  run_dir:
    description:
      - The folder on the controller that holds the runs, a folder each, and the link C(latest). Made where missing, with mode 0700.
      - A relative path is taken from where the command was started.
      - Where not given, the variable C(hipaa_cis_run_dir).
    type: str
    default: hipaa-cis-runs
  run_id:
    description:
      - The name of the run's folder; letters, digits, dot, underscore and dash. By default the time and a random part,
        with the number of the job between them in a job of an automation controller (C(JOB_ID)).
      - An audit refuses the id of a run in which another command has a record of the host already.
      - Where not given, the variable C(hipaa_cis_run_id).
    type: str
  catalog_paths:
    description:
      - Folders of a site's own catalog, laid over the collection's, with the same sub-folders.
      - Where not given, the variable C(hipaa_cis_catalog_paths).
    type: list
    elements: str
    default: []
"""

    SLICE = r"""
options:
  slice:
    description:
      - Which part of a run this command is, where several share one O(run_id), each with some of the hosts. Its number and how many there are, such as
        V(2/5); or V(auto) and V(auto/5) in a sliced job of AWX, whose jobs do not know their number and are told apart by their ids.
      - The records then go below C(_slices) in O(run_dir), from where M(hipaa.cis.merge) makes the run of them.
      - Where not given, the variable C(hipaa_cis_slice).
    type: str
"""

    LEDGER = r"""
options:
  ledger:
    description:
      - The address of the ledger, the history of all runs, such as C(postgresql://USER:PASSWORD@HOST/DATABASE), or
        C(sqlite:////srv/hipaa-cis/ledger.sqlite), with four slashes. Put one with a password into a vault.
      - By default the file C(_ledger.sqlite) in O(run_dir), which is brought up to date when it is read, and at the end of a run of 50 hosts or more.
        A ledger that is given is brought up to date at the end of each run.
      - Where not given, the variable C(hipaa_cis_ledger).
    type: str
"""

    SELECTION = r"""
options:
  benchmark:
    description:
      - The benchmarks to hold the host against, or V(auto) to detect them from the host.
      - Without a version, as V(debian_12), the newest that the catalog has; with one, as V(debian_12@1.1.0), that one. A host is held against
        one version of a benchmark; groups of hosts may have different ones.
      - With V(auto) among the names the host's own is detected, and the others stand beside it, as in V([auto, supplement_linux]). These are
        supplements and benchmarks of what is no system. A host that no benchmark fits is then not assessed.
    type: list
    elements: str
    default: [auto]
  level:
    description: The level of the benchmark, 1 or 2. Level 2 includes level 1.
    type: int
    default: 1
  profile:
    description:
      - The profile of the benchmark, such as V(server) or V(workstation).
      - Where a benchmark has roles that a host has by what it says of itself, as V(domain_controller) and V(member_server), each host is judged by
        its own, unless this names one of them for it.
    type: str
    default: server
  profiles:
    description: Profiles of the benchmark that are added to the one of the host, such as V(next_generation).
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  include:
    description:
      - Only what all given keys leave in. The keys are C(rules), C(recommendations), C(tags), C(safeguards) and C(severity),
        each a list of names.
    type: dict
    default: {}
  exclude:
    description: Leave out what any of the keys names. The keys are those of O(include).
    type: dict
    default: {}
  meant_level:
    description:
      - The level that the host is meant to be held against, whatever this run looks at. What a run of a lower level, or one that is narrowed by
        O(include) or O(exclude), does not look at is named, and a safeguard that it bears on is then not assessed.
      - Where not given, the run's own O(level).
    type: int
  meant_profile:
    description: The profile that the host is meant to be held against; where not given, the run's own O(profile).
    type: str
  platforms:
    description:
      - The platforms of the catalog that the host may be of. Where not given, those for the shell that it is reached by; by WinRM, PSRP or
        C(ansible_shell_type=powershell) that is PowerShell. A host is never asked for others to find out.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  parameters:
    description:
      - Values of parameters that differ from the benchmark's own, by the parameter's name.
      - A variable C(hipaa_cis_parameter_<name>) does the same for one parameter, so that group and host can each set some.
      - A value looser than the benchmark's bound fails the rules that use it.
    type: dict
    default: {}
  command_timeout:
    description: Seconds after which one command on the host is given up; its settings then are errors.
    type: float
    default: 20.0
  scan_exclude:
    description:
      - Folders on the host that the file system scan leaves out, by their whole path.
      - Rules about all files that find nothing are then V(manual), for nobody has looked in those folders.
    type: list
    elements: str
    default: []
  scan_max_seconds:
    description: Seconds after which the file system scan is given up; its settings then are errors.
    type: float
    default: 1800.0
  scan_max_findings:
    description: How many paths the file system scan keeps for each question; all are counted.
    type: int
    default: 1000
  observe_max_seconds:
    description:
      - Seconds after which the reading of a host is given up. What was read till then is judged, all else is an error.
      - Walks of file systems and homes come last; they have the seconds of O(scan_max_seconds) on top.
    type: float
    default: 300.0
  gentle:
    description:
      - Whether a host is read with a low priority (nice 10) for its processor, and with it for its disks.
      - Where a host is so busy that commands of the audit are given up, set it to V(false) or raise O(command_timeout).
    type: bool
    default: true
  root:
    description:
      - A folder on the host that holds the tree of files to audit in place of the host itself, by its whole path; a mounted image, an unpacked
        container. Nothing in it is run, and nothing of the host around it is asked.
      - What only a running host shows is V(not_applicable) then, and named as not looked at.
      - Only audits take it; a remediation refuses it. See C(docs/images.md) of the collection.
    type: str
  keep_raw:
    description:
      - Days for which what the host answered is kept beside its record, so that it can be judged again. With V(0) nothing of it is kept.
      - The playbook C(hipaa.cis.prune) takes away what is older.
    type: float
    default: 400.0
"""

    SITE = r"""
options:
  framework:
    description:
      - What safeguards are held against. V(hipaa) is the rule in force; V(hipaa_2025_proposal) is the proposal of January 2025 (no specification is
        addressable, and there are more of them), which is named as proposed in everything that is written.
    type: str
    default: hipaa
  site_dir:
    description:
      - The folder with the site's decisions, on the controller, C(exceptions.yml), C(attestations.yml), C(tailoring.yml), C(systems.yml) and
        C(deadlines.yml), each where there is any. C(docs/decisions.md) says what stands in them, and C(docs/examples/site) has an example.
      - A relative path is taken from where the command was started. What the lists of variables have is added to it.
      - In an audit an entry with a mistake counts for nothing and is told; the others count.
    type: str
  second_person:
    description: Whether an exception has to be approved by another person than the one that proposed it, and name both.
    type: bool
    default: false
  attestations:
    description: What somebody attests to where no scan can see, as in C(attestations.yml).
    type: list
    elements: dict
    default: []
  tailoring:
    description:
      - Values of parameters that the site has decided, as in C(tailoring.yml). One that is looser than the benchmark's bound then is no failure.
      - A value that O(parameters) or C(hipaa_cis_parameter_<name>) gives stays; where it is another, no tailoring speaks for it.
    type: list
    elements: dict
    default: []
  systems:
    description:
      - The site's systems, as in C(systems.yml), with what each is meant to be held against. Best given for all hosts, or in the folder.
      - Level and profile of a system count where O(meant_level) and O(meant_profile) are not given.
    type: list
    elements: dict
    default: []
  deadlines:
    description: How many days a failure may stay open, as in C(deadlines.yml).
    type: list
    elements: dict
    default: []
  audit_interval:
    description: Within how many days a host of a system is to be audited again, where the system says nothing of it.
    type: float
    default: 31.0
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and does the same, for it changes nothing on the hosts.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  action:
    description: Has an action of its own on the controller.
    support: full
"""
