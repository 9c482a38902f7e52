# Copyright (c) OpenFeature Maintainers
# Apache License 2.0 (see LICENSES/Apache-2.0.txt or https://www.apache.org/licenses/LICENSE-2.0)
# SPDX-License-Identifier: Apache-2.0
"""What a file of flag definitions may hold, by flagd's published JSON schema.

PRIVATE to the collection. From open-feature/flagd-schemas, json/flags.json, changed:
written as Python, and without titles, descriptions and comments.
"""

from __future__ import annotations

import typing as t

FLAGS: t.Mapping[str, t.Any] = {
    "$id": "https://flagd.dev/schema/v0/flags.json",
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$ref": "#/definitions/providerConfig",
    "definitions": {
        "flagsMap": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^.{1,}$": {"$ref": "#/definitions/anyFlag"}},
        },
        "flagsArray": {
            "type": "array",
            "items": {
                "allOf": [
                    {"$ref": "#/definitions/anyFlag"},
                    {"type": "object", "properties": {"key": {"type": "string", "minLength": 1}}, "required": ["key"]},
                ]
            },
        },
        "baseConfig": {
            "type": "object",
            "properties": {
                "$evaluators": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {"$ref": "./targeting.json"}},
                },
                "metadata": {
                    "properties": {"flagSetId": {"type": "string"}, "version": {"type": "string"}},
                    "$ref": "#/definitions/metadata",
                },
            },
        },
        "providerConfig": {
            "type": "object",
            "allOf": [{"$ref": "#/definitions/baseConfig"}],
            "properties": {"flags": {"$ref": "#/definitions/flagsMap"}},
            "required": ["flags"],
        },
        "flagdConfig": {
            "type": "object",
            "allOf": [
                {"$ref": "#/definitions/baseConfig"},
                {
                    "properties": {
                        "flags": {"oneOf": [{"$ref": "#/definitions/flagsMap"}, {"$ref": "#/definitions/flagsArray"}]}
                    }
                },
            ],
            "required": ["flags"],
        },
        "baseFlag": {
            "type": "object",
            "properties": {
                "state": {"type": "string", "enum": ["ENABLED", "DISABLED"]},
                "defaultVariant": {"type": ["string", "null"]},
                "targeting": {"$ref": "./targeting.json"},
                "metadata": {"$ref": "#/definitions/metadata"},
                "variants": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {}},
                },
            },
            "required": ["state", "variants"],
        },
        "booleanVariants": {
            "type": "object",
            "properties": {
                "variants": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {"type": "boolean"}},
                }
            },
        },
        "stringVariants": {
            "type": "object",
            "properties": {
                "variants": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {"type": "string"}},
                }
            },
        },
        "numberVariants": {
            "type": "object",
            "properties": {
                "variants": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {"type": "number"}},
                }
            },
        },
        "objectVariants": {
            "type": "object",
            "properties": {
                "variants": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {"^.{1,}$": {"type": "object"}},
                }
            },
        },
        "anyFlag": {
            "anyOf": [
                {"$ref": "#/definitions/booleanFlag"},
                {"$ref": "#/definitions/numberFlag"},
                {"$ref": "#/definitions/stringFlag"},
                {"$ref": "#/definitions/objectFlag"},
            ]
        },
        "booleanFlag": {"allOf": [{"$ref": "#/definitions/baseFlag"}, {"$ref": "#/definitions/booleanVariants"}]},
        "stringFlag": {"allOf": [{"$ref": "#/definitions/baseFlag"}, {"$ref": "#/definitions/stringVariants"}]},
        "numberFlag": {"allOf": [{"$ref": "#/definitions/baseFlag"}, {"$ref": "#/definitions/numberVariants"}]},
        "objectFlag": {"allOf": [{"$ref": "#/definitions/baseFlag"}, {"$ref": "#/definitions/objectVariants"}]},
        "metadata": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    },
}
