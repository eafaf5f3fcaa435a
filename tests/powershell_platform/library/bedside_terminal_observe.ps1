#AnsibleRequires -CSharpUtil Ansible.Basic

$module = [Ansible.Basic.AnsibleModule]::Create($args, @{ options = @{ request = @{ type = 'json'; required = $true } } })
$module.Result.benchmarks = @('bedside_terminal')
$module.ExitJson()
