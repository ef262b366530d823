import json
import pathlib

# ssh_config_file: the user's own must not decide what is measured.
hosts = [
    (
        host["host"],
        {
            "ssh_port": host["port"],
            "ssh_user": host["user"],
            "ssh_key": "key",
            "ssh_allow_agent": False,
            "ssh_look_for_keys": False,
            "ssh_known_hosts_file": "known_hosts",
            "ssh_strict_host_key_checking": "yes",
            "ssh_config_file": "no_ssh_config",
        },
    )
    for host in json.loads(pathlib.Path("hosts.json").read_text())
]
