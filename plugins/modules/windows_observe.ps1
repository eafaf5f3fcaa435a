#!powershell

# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.host
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.access
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.accounts
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.exports
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.network
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.records
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.registry
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.service
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.session
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.system
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.volume
#AnsibleRequires -PowerShell ansible_collections.hipaa.cis.plugins.module_utils.windows.observe

$spec = @{
    options = @{
        settings = @{ type = 'list'; elements = 'dict' }
        request = @{ type = 'json' }
    }
    mutually_exclusive = @(, @('settings', 'request'))
    required_one_of = @(, @('settings', 'request'))
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$settings = $module.Params.settings
try {
    if ($null -eq $settings) { $answer = Get-HipaaAnswer -Text $module.Params.request }
    else { $answer = Get-HipaaAnswer -Text (ConvertTo-HipaaRequest -Settings $settings) }
}
catch { $module.FailJson($_.Exception.Message) }
if ($null -ne $settings) {
    $observations = $answer.observations
    $answer.observations = @(for ($number = 0; $number -lt $settings.Count; $number++) { $observations[[string]$number] })
    $null = $answer.Remove('benchmarks')
}
foreach ($key in $answer.Keys) { $module.Result[$key] = $answer[$key] }
$module.ExitJson()
