#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Lets Ansible and Python find the checkout under its collection name, in .cache/collections.
set -eu

mkdir -p .cache/collections/ansible_collections/progressive
ln -sfn ../../../.. .cache/collections/ansible_collections/progressive/delivery
