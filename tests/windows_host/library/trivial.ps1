# The least that a module can be: what any play with a module of PowerShell takes.

#AnsibleRequires -CSharpUtil Ansible.Basic

$module = [Ansible.Basic.AnsibleModule]::Create($args, @{ options = @{}; supports_check_mode = $true })
$module.Result.changed = $false
$module.ExitJson()
