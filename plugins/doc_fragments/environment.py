# Copyright (c) 2026, The progressive.delivery engineers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that the modules of environments share."""

from __future__ import annotations


class ModuleDocFragment:
    """What is declared of an app's configuration, and where a host keeps what it has of it."""

    DOCUMENTATION = r"""
options:
  app:
    description: Name of the app. Up to 63 small letters, digits, C(_) and C(-), beginning with a letter or digit.
    type: str
    required: true
  environment:
    description: Name of the environment, for example V(staging). It is built as O(app).
    type: str
    required: true
  layers:
    description:
      - The files of settings, each later one over those before it.
      - Dictionaries are merged, anything else is replaced; marks such as C($append) and C($replace) say otherwise.
      - A secret stands there by reference, in a dictionary with the one key C($secret), and C(${other.key}) takes in another setting.
      - A layer that says C($environment) is refused for any other.
    type: list
    elements: dict
    suboptions:
      name:
        description: What the layer is for, for example V(base), an environment, a region, a host or V(rollout).
        type: str
        required: true
      path:
        description: The file, on the host. With O(layers[].content) it is only what messages call that.
        type: str
        required: true
      content:
        description: The file's text, in place of what is at O(layers[].path).
        type: str
      format:
        description: The format. By default the ending of O(layers[].path) tells it.
        type: str
        choices: [dotenv, json, toml, yaml]
  schema:
    description: The JSON Schema (2020-12) that the app ships, which the settings must keep to.
    type: dict
  schema_path:
    description: The file on the host that holds it, in place of O(schema).
    type: path
  secrets:
    description: How the secrets are read that the layers refer to. It is done on the host.
    type: dict
    default: {}
    suboptions:
      ansible:
        description: Values of references such as V(ansible:NAME), by their names. They may come from files that Ansible Vault has encrypted.
        type: dict
      folder:
        description: Folder in which relative paths of V(file:PATH) and V(sops:PATH#KEY) begin.
        type: path
      sops:
        description: The program C(sops).
        type: path
        default: sops
      vault:
        description: How V(vault:MOUNT/PATH#FIELD) is read from HashiCorp Vault. What is left out is taken from the variables that its own program knows.
        type: dict
        suboptions:
          address:
            description: Address of the server. By default C(VAULT_ADDR).
            type: str
          token:
            description: The token. By default C(VAULT_TOKEN), or what C(vault login) has left.
            type: str
          token_path:
            description: A file on the host that holds the token.
            type: path
          role_id:
            description: Id of an AppRole to log in with, in place of a token. By default C(VAULT_ROLE_ID).
            type: str
          secret_id:
            description: The AppRole's secret id. By default C(VAULT_SECRET_ID).
            type: str
          secret_id_path:
            description: A file on the host that holds the secret id.
            type: path
          approle_mount:
            description: Where that way of logging in is mounted.
            type: str
            default: approle
          namespace:
            description: The namespace. By default C(VAULT_NAMESPACE).
            type: str
          ca_path:
            description: A file of authorities in place of the system's. By default C(VAULT_CACERT).
            type: path
          validate_certs:
            description: Whether the server's certificate must be valid.
            type: bool
            default: true
          timeout:
            description: Seconds that a connection, and each part of an answer, may take.
            type: float
            default: 10
  renders:
    description: The files to make of the settings.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path of the file on the host; its folder must be there. A link there is replaced, not followed.
        type: path
        required: true
      format:
        description:
          - V(dotenv) is read alike by shells (C(set -a; . file)) and by readers of dotenv. V(systemd) is for C(EnvironmentFile=).
          - In both a nested setting such as C(database.host) is the variable C(DATABASE_HOST), and a list is one text.
          - V(json), V(yaml) and V(toml) keep nesting and types.
          - V(template) is O(renders[].template), filled in.
        type: str
        required: true
        choices: [dotenv, json, systemd, template, toml, yaml]
      owner:
        description: User, by name or number. By default the file keeps its owner, and a new one is of who runs the task.
        type: str
      group:
        description: Group, by name or number.
        type: str
      mode:
        description: Permission bits, in quotes. A file with secrets that everybody could read is refused.
        type: raw
        default: "0640"
      keys:
        description: The settings to put into the file, by their dotted keys, each with all below it. Empty for all.
        type: list
        elements: str
        default: []
      prefix:
        description: What the variables of V(dotenv) and V(systemd) begin with.
        type: str
      separator:
        description: What stands between the parts of a nested setting in a variable; V(_) unless it is said.
        type: str
      list_separator:
        description: What stands between the values of a list in a variable; V(,) unless it is said. A value that holds it is refused.
        type: str
      template:
        description:
          - A Jinja2 template for O(renders[].format=template), with the variables C(settings), C(app) and C(environment).
          - It is filled in on the host, which needs Jinja2, in a sandbox, and sees nothing else. What is not set is an error.
          - A task that gives the text itself must keep Ansible from filling it in, with C(!unsafe) or P(ansible.builtin.file#lookup).
        type: str
  state_directory:
    description:
      - Folder on the host in which revisions are kept, in C(APP/ENVIRONMENT/). Only its owner can read them; they hold secrets.
    type: path
    default: /var/lib/progressive.delivery/environments
"""
