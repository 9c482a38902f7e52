#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: supervised_process
short_description: Run a long-lived process under a supervisord of your own
version_added: "0.1.0"
description:
  - Describes, starts, stops, restarts and reloads one process under a C(supervisord), the process supervisor from PyPI.
  - Each folder O(supervisor_directory) has one supervisord of its own. It is started when it is not there, needs no root,
    listens on a unix socket only, and outlives the play and the connection that started it, as do its processes.
  - Nothing starts it again after the machine itself has restarted; the next run of this module does. Use systemd where that matters.
  - What runs is compared with what is asked for at each call, in the live supervisord and not only in its files,
    so that a run that was cut off half way is finished by the next.
options:
  supervisor_directory:
    description:
      - Absolute path of the folder of the supervisord, which holds C(supervisord.conf), C(programs/), C(logs/), its process id and its socket.
      - A path too long for a socket's address has its socket in a private folder below C(/tmp) instead; RV(socket) tells where.
    type: path
    required: true
  name:
    description:
      - Name of the process. Letters, digits, C(.), C(_), C(-) and C(@).
      - Required unless O(state=shutdown).
    type: str
  state:
    description:
      - V(started) runs it, and restarts it when it runs with another configuration and O(restart_on_change=true).
      - V(restarted) always ends and starts it, V(reloaded) makes it read its own configuration again and starts it if it does not run.
      - V(stopped) ends it and keeps its description, V(absent) removes that too.
      - V(shutdown) ends the whole supervisord of the folder with all its processes and waits until it is gone.
    type: str
    choices: [started, stopped, restarted, reloaded, absent, shutdown]
    default: started
  command:
    description:
      - Program and arguments. No shell reads them.
      - May be left out for a process that has been described before.
    type: list
    elements: str
  environment:
    description:
      - Variables added to the environment. The description, which holds them, is readable by its owner only; they are
        among the arguments of no process.
      - Their values are not shown. What the process prints is shown when it cannot be started, with values of
        8 characters and more masked, unless another option has them too.
    type: dict
    default: {}
  directory:
    description: Working directory of the process.
    type: path
  user:
    description: User to run it as. Needs a supervisord that runs as root.
    type: str
  revision:
    description:
      - Any text that stands for what the command does not show, such as the release behind a symbolic link.
        A process that runs with another revision is outdated. The process finds it in the variable E(SERVICE_REVISION).
    type: str
    default: ""
  stop_signal:
    description: Signal that asks the process to end.
    type: str
    choices: [TERM, HUP, INT, QUIT, KILL, USR1, USR2]
    default: TERM
  stop_timeout:
    description:
      - Seconds the process may take to end after O(stop_signal) before SIGKILL ends it and its children.
      - With O(state=shutdown), seconds to wait for the supervisord and all its processes.
    type: int
    default: 30
  start_seconds:
    description: Seconds the process must stay up to count as started. With V(0) it counts at once.
    type: int
    default: 1
  restart_on_change:
    description: Restart a running process because its configuration changed. With V(false) RV(restart_pending) says that it did.
    type: bool
    default: true
  reload_command:
    description: Command that reloads the process, for O(state=reloaded). Without it O(reload_signal) is sent.
    type: list
    elements: str
  reload_signal:
    description: Signal that reloads the process.
    type: str
    choices: [HUP, USR1, USR2, INT, QUIT]
    default: HUP
  binary_directory:
    description: Folder of the C(supervisord) program. By default it is looked for beside the Python that runs this module, then on E(PATH).
    type: path
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of O(environment) are not shown.
  idempotent:
    support: partial
    details:
      - O(state=restarted) and O(state=reloaded) always change.
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Run an instance of the service, as whoever runs the play
  progressive.delivery.supervised_process:
    supervisor_directory: "{{ ansible_env.HOME }}/analyze-all/supervisor"
    name: analyze-all-8001
    command: [/usr/bin/python3, -m, analyze_all, --port, "8001"]
    directory: "{{ ansible_env.HOME }}/analyze-all/current"
    revision: "1.1.0"

- name: End it and wait until it has finished its requests
  progressive.delivery.supervised_process:
    supervisor_directory: "{{ ansible_env.HOME }}/analyze-all/supervisor"
    name: analyze-all-8001
    state: stopped

- name: End the supervisor and everything it runs
  progressive.delivery.supervised_process:
    supervisor_directory: "{{ ansible_env.HOME }}/analyze-all/supervisor"
    state: shutdown
"""

RETURN = r"""
steps:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ["stop it", "make supervisord use its configuration", "start it and wait until it stays up"]
process_state:
  description: Supervisord's word for the state of the process before the steps. V(UNKNOWN) if supervisord did not know it.
  returned: success
  type: str
  sample: RUNNING
pid:
  description: Process id after the steps.
  returned: when the process runs
  type: int
restart_pending:
  description: Whether the process still runs with an older configuration, because O(restart_on_change=false).
  returned: success
  type: bool
log:
  description: File that holds what the process prints.
  returned: when O(name) is given
  type: str
socket:
  description: The unix socket of the supervisord.
  returned: success
  type: str
error:
  description: Name of the kind of failure, for example C(start-failed), C(supervisor-missing) or C(invalid-option).
  returned: failure
  type: str
  sample: start-failed
details:
  description: Further facts of the failure, where there are any.
  returned: failure, for some kinds of it
  type: dict
  contains:
    log:
      description: With C(start-failed), the end of what the process printed.
      type: str
      sample: "OSError: [Errno 98] Address already in use"
"""

import os
import pwd
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor import daemon
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.plan import (
    Observed,
    Step,
    Wanted,
    outdated_after,
    plan,
)
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.process import SupervisedProcess
from ansible_collections.progressive.delivery.plugins.module_utils._supervisor.program import (
    Program,
    check_name,
    render,
    with_autostart,
    without_values,
    worth_masking,
)


def take_environment(module: AnsibleModule) -> t.Dict[str, str]:
    """The option ``environment``, of which from here on only the names are among the module's parameters.

    ``no_log`` kept it out of the system's log. Its other half, to mask the same texts wherever they
    occur in the result, would hide process ids behind ``WORKERS=1`` and paths behind ``NAME=app``, and
    the result of a success holds nothing of the values.
    """
    environment = {key: str(value) for key, value in module.params["environment"].items()}
    module.params["environment"] = dict.fromkeys(environment, "***")
    module.no_log_values = set()
    return environment


def describe(params: t.Mapping[str, t.Any], environment: t.Mapping[str, str], folder: daemon.Folder) -> t.Optional[str]:
    """The program file that the options ask for; None when they give no command."""
    if not params["command"]:
        return None
    program = Program(
        name=params["name"],
        command=tuple(params["command"]),
        environment=environment,
        directory=params["directory"],
        user=_other_user(params["user"]),
        revision=params["revision"],
        stop_signal=params["stop_signal"],
        stop_timeout=params["stop_timeout"],
        start_seconds=params["start_seconds"],
    )
    return render(program, folder.log(program.name), autostart=params["state"] != "stopped")


def _other_user(user: t.Optional[str]) -> t.Optional[str]:
    if user is None:
        return None
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        raise InvalidOption("user {0!r} does not exist on this host".format(user)) from None
    if uid == os.getuid():
        return None
    if os.getuid() != 0:
        raise InvalidOption("user {0!r} can only be used when the supervisor runs as root".format(user))
    return user


def shutdown(module: AnsibleModule, folder: daemon.Folder) -> t.NoReturn:
    """End the folder's supervisord, if there is one."""
    running = daemon.connect(folder) is not None
    if running and not module.check_mode:
        daemon.shut_down(folder, module.params["stop_timeout"])
    module.exit_json(
        changed=running,
        steps=["shut supervisord down"] if running else [],
        process_state="UNKNOWN",
        restart_pending=False,
        socket=folder.socket,
        diff={
            "before": "supervisord: {0}\n".format("running" if running else "absent"),
            "after": "supervisord: absent\n",
        },
    )


def ensure(module: AnsibleModule, environment: t.Mapping[str, str], folder: daemon.Folder) -> t.NoReturn:
    """Bring one process to the wanted state."""
    params = module.params
    check_name(params["name"])
    text = describe(params, environment, folder)
    process, observed, wanted, steps = look(params, text, folder)
    if Step.START_DAEMON in steps:
        daemon.find_binary(params["binary_directory"])
    pid = None
    if steps and not module.check_mode:
        folder.make()
        with folder.locked("process-" + params["name"]):
            # Again, because another run may have changed it until it gave the lock back.
            process, observed, wanted, steps = look(params, text, folder)
            for step in steps:
                process.perform(step, wanted)
            pid = process.pid()
    elif not module.check_mode:
        pid = process.pid()
    result: t.Dict[str, t.Any] = {
        "changed": bool(steps),
        "steps": [step.value for step in steps],
        "process_state": observed.state or "UNKNOWN",
        "restart_pending": outdated_after(observed, wanted),
        "log": folder.log(params["name"]),
        "socket": folder.socket,
        "diff": _diff(observed, wanted),
    }
    if pid:
        result["pid"] = pid
    module.exit_json(**result)


def look(
    params: t.Mapping[str, t.Any], text: t.Optional[str], folder: daemon.Folder
) -> t.Tuple[SupervisedProcess, Observed, Wanted, t.Tuple[Step, ...]]:
    """The process, how it is, how it is to be, and the steps from the one to the other."""
    process = SupervisedProcess(
        folder, params["name"], params["binary_directory"], params["reload_command"], params["reload_signal"]
    )
    observed = process.observe()
    if text is None and observed.text is not None and params["state"] != "absent":
        text = with_autostart(observed.text, params["state"] != "stopped")
    wanted = Wanted(params["state"], text, params["restart_on_change"])
    return process, observed, wanted, plan(params["name"], observed, wanted)


def _diff(observed: Observed, wanted: Wanted) -> t.Dict[str, str]:
    up = "stopped" if wanted.state in ("stopped", "absent") else "running"
    after = None if wanted.state == "absent" else wanted.text
    return {
        "before": _shown(observed.text, "running" if observed.state == "RUNNING" else "stopped"),
        "after": _shown(after, up),
    }


def _shown(text: t.Optional[str], state: str) -> str:
    return "{0}\n{1}".format(state, without_values(text) if text is not None else "")


def main() -> t.NoReturn:
    module = AnsibleModule(
        argument_spec={
            "supervisor_directory": {"type": "path", "required": True},
            "name": {"type": "str"},
            "state": {
                "type": "str",
                "choices": ["started", "stopped", "restarted", "reloaded", "absent", "shutdown"],
                "default": "started",
            },
            "command": {"type": "list", "elements": "str"},
            "environment": {"type": "dict", "default": {}, "no_log": True},
            "directory": {"type": "path"},
            "user": {"type": "str"},
            "revision": {"type": "str", "default": ""},
            "stop_signal": {
                "type": "str",
                "choices": ["TERM", "HUP", "INT", "QUIT", "KILL", "USR1", "USR2"],
                "default": "TERM",
            },
            "stop_timeout": {"type": "int", "default": 30},
            "start_seconds": {"type": "int", "default": 1},
            "restart_on_change": {"type": "bool", "default": True},
            "reload_command": {"type": "list", "elements": "str"},
            "reload_signal": {"type": "str", "choices": ["HUP", "USR1", "USR2", "INT", "QUIT"], "default": "HUP"},
            "binary_directory": {"type": "path"},
        },
        required_if=[("state", state, ["name"]) for state in ("started", "stopped", "restarted", "reloaded", "absent")],
        supports_check_mode=True,
    )
    environment = take_environment(module)
    try:
        folder = daemon.Folder(module.params["supervisor_directory"])
        if module.params["state"] == "shutdown":
            shutdown(module, folder)
        ensure(module, environment, folder)
    except DeliveryError as error:
        module.no_log_values = worth_masking(environment, str(module.params))
        module.fail_json(**error.as_result())


if __name__ == "__main__":
    main()
