#!/usr/bin/python
# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_check
short_description: Check the health of many targets at once
version_added: "0.1.0"
description:
  - Asks every target every check, many at the same time and again and again, until enough targets are healthy, until they
    have stayed so for a while, or until a deadline.
  - It checks from the machine that it runs on, which is the controller with C(delegate_to=localhost) or the managed host itself.
  - All options are validated, patterns and expressions compiled and libraries looked for before the first request.
  - Patterns are searched for on the machine that the module runs on, without a time limit. One that can be matched in very many
    ways, such as V((a+)+$), can keep it busy for longer than O(deadline).
extends_documentation_fragment:
  - progressive.delivery.attributes
  - progressive.delivery.attributes.actiongroup_delivery
requirements:
  - requests >= 2.28, for checks of type V(http) only
  - jmespath >= 1.0, for checks with O(checks[].conditions) only
attributes:
  check_mode:
    support: full
    details:
      - It only reads, so it does the same in check mode. The command of a check of type V(command) is run too and must itself only read.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
  platform:
    details:
      - Checks of type V(systemd) and V(memory) need Linux.
options:
  targets:
    description:
      - What to check. Every check is made of every target.
      - Without it there is one target, V(localhost) at V(127.0.0.1), which is what checks of the machine itself need.
      - Checks of type V(systemd), V(disk) and V(memory) look at the machine that the module runs on, so they take one target only.
    type: list
    elements: dict
    suboptions:
      name:
        description: The target's name in the results.
        type: str
        required: true
      address:
        description: Its host name or IP address. By default the O(targets[].name).
        type: str
      port:
        description: The port for checks that do not say one.
        type: int
      variables:
        description:
          - Further values for placeholders.
          - A placeholder such as V({zone}) in O(checks[].url), O(checks[].path), O(checks[].headers), O(checks[].server_name),
            O(checks[].query), O(checks[].expect), O(checks[].argv) or O(checks[].unit) is replaced for each target.
            V({name}), V({address}) and V({port}) are always there.
        type: dict
  checks:
    description:
      - What to ask of every target. Options that do not belong to the type of a check are refused.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The check's name in the results.
        type: str
        required: true
      type:
        description:
          - V(http) sends a request and judges the answer. Each attempt has a connection of its own; proxies, C(.netrc) and
            cookies are not used.
          - V(tcp) connects to a port.
          - V(tls) proves a server's certificate and the days that it remains valid.
          - V(dns) looks a name up with the resolver of the machine that the module runs on, C(/etc/hosts) included. It cannot ask
            a certain server.
          - V(command) runs a command, without a shell.
          - V(systemd) asks for the state of a unit.
          - V(disk) and V(memory) measure what is free. In a container V(memory) sees the memory of the whole machine.
          - V(composite) is healthy when enough other checks of the same target are.
        type: str
        required: true
        choices: [http, tcp, tls, dns, command, systemd, disk, memory, composite]
      severity:
        description:
          - A target with an unhealthy V(critical) check is unhealthy, with an unhealthy V(warning) check it is degraded.
          - A check that is part of a V(composite) counts only through it.
        type: str
        choices: [critical, warning]
        default: critical
      timeout:
        description: Seconds that one attempt may take, from the look-up of the name to the last byte. By default the O(timeout) of all.
        type: float
      max_latency:
        description:
          - Seconds that a good attempt may take. By default there is no limit.
          - Many checks at the same time slow each other down on a small machine; use fewer O(workers) for a strict limit.
        type: float
      url:
        description:
          - For V(http), the whole URL, in place of O(checks[].scheme), O(checks[].port) and O(checks[].path).
          - It must not have a user name or a password in it; give V(Authorization) in O(checks[].secret_headers).
        type: str
      scheme:
        description: For V(http), V(http) by default.
        type: str
        choices: [http, https]
      path:
        description: For V(http) the path with its query, for V(disk) any path on the file system. By default V(/).
        type: str
      port:
        description:
          - For V(http), V(tcp) and V(tls), the port. By default the O(targets[].port), then the scheme's own, which V(tcp) has not got.
        type: int
      method:
        description: For V(http), V(GET) by default.
        type: str
      headers:
        description: For V(http), headers to send. They appear in results and logs.
        type: dict
      secret_headers:
        description:
          - For V(http), headers to send whose values are secrets. A redirect to another server, which is one with another scheme,
            host or port, gets none of a check's headers.
          - A redirect from http to https on the same host gets O(checks[].headers). It gets the secret ones only when it leads from
            port V(80) to port V(443).
        type: dict
      body:
        description: For V(http), what to send. A string is sent as it is, anything else as JSON.
        type: raw
      status:
        description: For V(http), the status codes that are good. By default V(200).
        type: list
        elements: int
      body_regex:
        description: For V(http), a regular expression to be found in the first mebibyte of the body.
        type: str
      conditions:
        description:
          - For V(http), JMESPath expressions on the JSON of the body. None may yield V(false), V(null), or an empty string, list or object.
          - A function that JMESPath has not got, or one with a wrong number of arguments, is refused before the first request. An
            expression that cannot be applied to what comes back makes the attempt fail.
          - JMESPath wants single quotes around a string, as in V(status == 'ok').
        type: list
        elements: str
      response_headers:
        description: For V(http), headers that must be there, each with a regular expression to be found in its value.
        type: dict
      validate_certs:
        description: For V(http), whether to prove the server's certificate. By default V(true). V(tls) always does.
        type: bool
      ca_path:
        description:
          - For V(http) and V(tls), a file with the certificates to trust in place of the system's.
          - For a self-signed certificate, that certificate itself.
          - Certificates that these vouch for need not have all the extensions that Python 3.13 and newer ask of others.
        type: path
      server_name:
        description:
          - For V(tls) and V(http) with https, the name to ask for and to prove. By default the address, or the host of the URL.
        type: str
      follow_redirects:
        description: For V(http), whether to follow up to five redirects. By default V(false), so that a redirect is an answer like any other.
        type: bool
      min_days:
        description: For V(tls), the days that the certificate must remain valid. By default V(14).
        type: float
      query:
        description: For V(dns), the name to look up.
        type: str
      record_type:
        description: For V(dns), the kind of addresses. By default V(A).
        type: str
        choices: [A, AAAA]
      expect:
        description:
          - For V(dns), IP addresses of the kind of O(checks[].record_type) that must all be among those found, however they are
            written. By default any address will do.
        type: list
        elements: str
      argv:
        description: For V(command), the command and its arguments.
        type: list
        elements: str
      rc:
        description: For V(command), the exit codes that are good. By default V(0).
        type: list
        elements: int
      stdout_regex:
        description: For V(command), a regular expression to be found in the first mebibyte of the output.
        type: str
      unit:
        description: For V(systemd), the unit.
        type: str
      state:
        description: For V(systemd), the wanted state. By default V(active).
        type: str
        choices: [active, inactive, failed, activating, deactivating, reloading]
      min_free_percent:
        description: For V(disk), the free part of what users other than root can have.
        type: float
      min_free_bytes:
        description: For V(disk), the free room, such as V(500M).
        type: bytes
      min_available_percent:
        description: For V(memory), the part that the kernel says is available.
        type: float
      of:
        description: For V(composite), the names of checks that come before it.
        type: list
        elements: str
      quorum:
        description: For V(composite), how many of them must be healthy, as for all O(quorum). By default V(all).
        type: str
  rise:
    description: How many passes in a row make a check healthy.
    type: int
    default: 1
  fall:
    description: How many failures in a row make a check unhealthy.
    type: int
    default: 1
  interval:
    description: Seconds from the start of an attempt to the start of the next one of the same check.
    type: float
    default: 1.0
  timeout:
    description: Seconds that one attempt may take, for checks that do not say.
    type: float
    default: 5.0
  deadline:
    description:
      - Seconds that the targets have to become healthy. Then it ends, even with attempts under way; commands still running are killed.
      - Before that, it does not end well while a check that rose has failed since and neither passed again nor reached O(fall).
    type: float
    default: 60.0
  hold:
    description:
      - Seconds that they must then stay healthy, V(0) or at least O(fall) times O(interval). It ends at once when so many fall that the
        O(quorum) is lost.
      - After that, attempts under way are waited for, and a check whose last attempt failed is asked on until it passes or reaches
        O(fall). So a target that hangs is seen even when O(hold) is shorter than O(fall) times O(timeout).
      - A check that cannot be settled so in time, because O(workers) are too few, counts as unhealthy, by the fault of V(checker).
      - All in all it takes no longer than O(deadline) and O(hold), O(fall) times the longest timeout or O(interval), whichever is
        longer, and a second.
    type: float
    default: 0.0
  wait:
    description:
      - Whether to go on while too few targets are healthy. With V(false) it ends as soon as every check has reached O(rise) or O(fall),
        even with further attempts under way.
    type: bool
    default: true
  quorum:
    description: How many targets must be healthy or degraded; V(all), a count such as V(3), or a percentage such as V(60%), rounded up.
    type: str
    default: all
  fail_on:
    description: With which status the task fails. V(degraded) includes V(unhealthy).
    type: str
    choices: [unhealthy, degraded, never]
    default: unhealthy
  workers:
    description: How many attempts are made at the same time, at most.
    type: int
    default: 128
  validate_only:
    description: Refuse what would be refused, options that cannot be meant and libraries that are not there, and ask no target.
    type: bool
    default: false
seealso:
  - module: ansible.builtin.uri
  - module: ansible.builtin.wait_for
author:
  - The progressive.delivery engineers (@progressive-delivery)
"""

EXAMPLES = r"""
- name: Wait until two instances have answered well three times in a row
  progressive.delivery.health_check:
    targets:
      - name: app1
        address: 192.0.2.11
        port: 8080
      - name: app2
        address: 192.0.2.12
        port: 8080
    checks:
      - name: ready
        type: http
        path: /readyz
        conditions:
          - status == 'ok'
          - length(components) > `0`
        max_latency: 0.5
      - name: certificate
        type: tls
        port: 8443
        server_name: app.example.com
        severity: warning
    rise: 3
    deadline: 120
  delegate_to: localhost

- name: Watch a pool for five minutes and fail as soon as more than a fifth of it is down
  progressive.delivery.health_check:
    targets: "{{ pool }}"
    checks:
      - name: answers
        type: http
        url: http://{address}:{port}/analyze
        method: POST
        body:
          text: hello
        secret_headers:
          Authorization: Bearer {{ health_token }}
    fall: 3
    hold: 300
    quorum: 80%
  delegate_to: localhost

- name: Look at the machine itself once, without failing
  progressive.delivery.health_check:
    checks:
      - name: service
        type: systemd
        unit: analyze-all.service
      - name: room
        type: disk
        path: /var
        min_free_percent: 10
        min_free_bytes: 500M
        severity: warning
      - name: memory
        type: memory
        min_available_percent: 5
        severity: warning
    wait: false
    fail_on: never
  register: machine

- name: Be content with one of two ways to reach a database
  progressive.delivery.health_check:
    targets:
      - name: db.example.com
    checks:
      - name: primary
        type: tcp
        port: 5432
      - name: replica
        type: command
        argv: [pg_isready, --host, "{address}", --port, "5433"]
      - name: database
        type: composite
        of: [primary, replica]
        quorum: "1"
"""

RETURN = r"""
status:
  description:
    - V(unhealthy) when fewer targets than the quorum are ready.
    - V(degraded) when the quorum is there, but a target is unhealthy or degraded.
    - V(healthy) otherwise.
  returned: unless O(validate_only)
  type: str
  sample: degraded
healthy:
  description: Whether the quorum is there, so true for V(healthy) and V(degraded).
  returned: unless O(validate_only)
  type: bool
fault:
  description:
    - On whose side it is that the status is V(unhealthy). None with any other status.
    - V(checker) when the quorum might be there, had the machine that the module runs on been able to ask, so that nothing is proved
      against the targets. V(target) when even then it would not.
    - A check is unhealthy by the fault of its target once O(fall) attempts in a row failed on the target's side.
      Attempts that failed on the checker's side count apart, though they too make a check unhealthy.
  returned: unless O(validate_only)
  type: str
  sample: target
ready:
  description: How many targets are healthy or degraded.
  returned: unless O(validate_only)
  type: int
expected:
  description: How many the quorum asks for.
  returned: unless O(validate_only)
  type: int
summary:
  description: All of it in a sentence or two.
  returned: unless O(validate_only)
  type: str
  sample: "degraded: 2 of 3 targets ready, 2 needed. app3: ready: status 503, expected 200."
ended_by:
  description:
    - Why it ended. V(healthy), enough targets rose; V(held), they stayed so for O(hold); V(fell), they did not; V(deadline), they
      had not risen by O(deadline); V(decided), they had not and O(wait=false).
  returned: unless O(validate_only)
  type: str
  sample: healthy
duration:
  description: Seconds that it took.
  returned: unless O(validate_only)
  type: float
targets:
  description: What is known of each target, by name.
  returned: unless O(validate_only)
  type: dict
  contains:
    status:
      description: V(healthy), V(degraded) or V(unhealthy).
      type: str
    healthy:
      description: Whether all of its critical checks are healthy.
      type: bool
    checks:
      description: What is known of each check, by name.
      type: dict
      contains:
        healthy:
          description: Whether the check has risen and not fallen since.
          type: bool
        severity:
          description: V(critical) or V(warning).
          type: str
        latency:
          description: Seconds that the last attempt took; of a composite, the slowest of its parts. None without an attempt.
          type: float
        attempts:
          description: How many attempts ended; of a composite, the fewest of its parts.
          type: int
        reason:
          description: What the last attempt saw, good or bad, in at most some 300 characters.
          type: str
        fault:
          description:
            - On whose side the last attempt failed. V(target), or V(checker) when the machine that the module runs on could not ask,
              for example because its resolver is out of order, it has too many open files or the command cannot be run.
              None when the attempt was good.
            - Of an unhealthy composite, V(checker) when it might be healthy, had the machine been able to ask.
          type: str
  sample:
    app3:
      status: unhealthy
      healthy: false
      checks:
        ready:
          healthy: false
          severity: critical
          latency: 0.004
          attempts: 7
          reason: status 503, expected 200
          fault: target
error:
  description: V(unhealthy) or V(degraded) for that status; otherwise what kind of option or circumstance kept the checks from being made.
  returned: on failure
  type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.progressive.delivery.plugins.module_utils._errors import DeliveryError, InvalidOption
from ansible_collections.progressive.delivery.plugins.module_utils._health.assessment import Assessment
from ansible_collections.progressive.delivery.plugins.module_utils._health.crew import ThreadCrew
from ansible_collections.progressive.delivery.plugins.module_utils._health.policy import Policy
from ansible_collections.progressive.delivery.plugins.module_utils._health.polling import poll
from ansible_collections.progressive.delivery.plugins.module_utils._health.process import Custody
from ansible_collections.progressive.delivery.plugins.module_utils._health.specification import specify
from ansible_collections.progressive.delivery.plugins.module_utils._health.verdict import DEGRADED, UNHEALTHY, verdict
from ansible_collections.progressive.delivery.plugins.module_utils._quorum import needed

THIS_MACHINE = {"name": "localhost", "address": "127.0.0.1"}

FAILING = {"unhealthy": (UNHEALTHY,), "degraded": (UNHEALTHY, DEGRADED), "never": ()}

TARGET_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "variables": {"type": "dict"},
}

CHECK_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "type": {
        "type": "str",
        "required": True,
        "choices": ["http", "tcp", "tls", "dns", "command", "systemd", "disk", "memory", "composite"],
    },
    "severity": {"type": "str", "choices": ["critical", "warning"], "default": "critical"},
    "timeout": {"type": "float"},
    "max_latency": {"type": "float"},
    "url": {"type": "str"},
    "scheme": {"type": "str", "choices": ["http", "https"]},
    "path": {"type": "str"},
    "port": {"type": "int"},
    "method": {"type": "str"},
    "headers": {"type": "dict"},
    "secret_headers": {"type": "dict", "no_log": True},
    "body": {"type": "raw"},
    "status": {"type": "list", "elements": "int"},
    "body_regex": {"type": "str"},
    "conditions": {"type": "list", "elements": "str"},
    "response_headers": {"type": "dict"},
    "validate_certs": {"type": "bool"},
    "ca_path": {"type": "path"},
    "server_name": {"type": "str"},
    "follow_redirects": {"type": "bool"},
    "min_days": {"type": "float"},
    "query": {"type": "str"},
    "record_type": {"type": "str", "choices": ["A", "AAAA"]},
    "expect": {"type": "list", "elements": "str"},
    "argv": {"type": "list", "elements": "str"},
    "rc": {"type": "list", "elements": "int"},
    "stdout_regex": {"type": "str"},
    "unit": {"type": "str"},
    "state": {"type": "str", "choices": ["active", "inactive", "failed", "activating", "deactivating", "reloading"]},
    "min_free_percent": {"type": "float"},
    "min_free_bytes": {"type": "bytes"},
    "min_available_percent": {"type": "float"},
    "of": {"type": "list", "elements": "str"},
    "quorum": {"type": "str"},
}

OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {
    "targets": {"type": "list", "elements": "dict", "options": TARGET_OPTIONS},
    "checks": {"type": "list", "elements": "dict", "required": True, "options": CHECK_OPTIONS},
    "rise": {"type": "int", "default": 1},
    "fall": {"type": "int", "default": 1},
    "interval": {"type": "float", "default": 1.0},
    "timeout": {"type": "float", "default": 5.0},
    "deadline": {"type": "float", "default": 60.0},
    "hold": {"type": "float", "default": 0.0},
    "wait": {"type": "bool", "default": True},
    "quorum": {"type": "str", "default": "all"},
    "fail_on": {"type": "str", "choices": ["unhealthy", "degraded", "never"], "default": "unhealthy"},
    "workers": {"type": "int", "default": 128},
    "validate_only": {"type": "bool", "default": False},
}


def check_health(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Validate all, ask until it is over, and return the result; nothing with ``validate_only``.

    :raises DeliveryError: before any request, for what cannot be meant or done
    """
    if params["workers"] < 1:
        raise InvalidOption("workers is {0}; it must be at least 1.".format(params["workers"]))
    specification = specify(
        [THIS_MACHINE] if params["targets"] is None else params["targets"], params["checks"], params["timeout"]
    )
    names = specification.names
    policy = Policy(
        quorum=needed(params["quorum"], len(names.targets)),
        timeout=max(job.timeout for job in specification.jobs),
        **{option: params[option] for option in ("rise", "fall", "interval", "deadline", "hold", "wait")},
    )
    if params["validate_only"]:
        return {}
    with Custody(), ThreadCrew(params["workers"]) as crew:
        assessment = Assessment(specification.rules, len(names.targets), policy, crew.now())
        end = poll(specification.jobs, assessment, crew)
        return verdict(assessment, names, end, crew.now() - assessment.started)


def main() -> t.NoReturn:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = check_health(module.params)
    except DeliveryError as error:
        module.fail_json(**error.as_result())
    if result.get("status") in FAILING[module.params["fail_on"]]:
        module.fail_json(msg=result["summary"], error=result["status"], **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
