#!powershell

# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.host
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.registry
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.exports
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.observe
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.selftest

# All but `request` are the action's.
$spec = @{
    options = @{
        catalog_paths = @{ type = 'list'; elements = 'str'; default = @() }
        observe_max_seconds = @{ type = 'float'; default = 300.0 }
        request = @{ type = 'json' }
        selftest_dir = @{ type = 'str'; default = 'hipaa-cis-selftest' }
        selftest_fails = @{ type = 'bool'; default = $true }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
if (-not $module.Params.request) { $module.FailJson('this is run by its action, which asks it') }
try { $answer = Get-HipaaSecondAnswer -Text $module.Params.request }
catch { $module.FailJson($_.Exception.Message) }
foreach ($key in $answer.Keys) { $module.Result[$key] = $answer[$key] }
$module.ExitJson()
