# Copyright (c) OpenFeature Maintainers
# Apache License 2.0 (see LICENSES/Apache-2.0.txt or https://www.apache.org/licenses/LICENSE-2.0)
# SPDX-License-Identifier: Apache-2.0
"""What the targeting of a flag may say, by flagd's published JSON schema.

PRIVATE to the collection. From open-feature/flagd-schemas, json/targeting.json, changed:
written as Python, and without titles, descriptions and comments.
"""

from __future__ import annotations

import typing as t

TARGETING: t.Mapping[str, t.Any] = {
    "$id": "https://flagd.dev/schema/v0/targeting.json",
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "anyOf": [{"type": "object", "additionalProperties": False, "properties": {}}, {"$ref": "#/definitions/anyRule"}],
    "definitions": {
        "primitive": {
            "oneOf": [{"type": "null"}, {"type": "boolean"}, {"type": "number"}, {"type": "string"}, {"type": "array"}]
        },
        "varRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "var": {
                    "anyOf": [
                        {"type": "string", "pattern": r"^\$flagd\.((timestamp)|(flagKey))$"},
                        {"not": {"type": "string", "pattern": r"^\$flagd\..*$"}},
                        {
                            "type": "array",
                            "minItems": 1,
                            "items": [{"type": "string"}],
                            "additionalItems": {
                                "anyOf": [{"type": "null"}, {"type": "boolean"}, {"type": "string"}, {"type": "number"}]
                            },
                        },
                    ]
                }
            },
        },
        "missingRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"missing": {"type": "array", "items": {"type": "string"}}},
        },
        "missingSomeRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "missing_some": {
                    "minItems": 2,
                    "maxItems": 2,
                    "type": "array",
                    "items": [{"type": "number"}, {"type": "array", "items": {"type": "string"}}],
                }
            },
        },
        "binaryOrTernaryOp": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"$ref": "#/definitions/args"}},
        "binaryOrTernaryRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "substr": {"$ref": "#/definitions/binaryOrTernaryOp"},
                "<": {"$ref": "#/definitions/binaryOrTernaryOp"},
                "<=": {"$ref": "#/definitions/binaryOrTernaryOp"},
            },
        },
        "binaryOp": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"$ref": "#/definitions/args"}},
        "binaryRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "if": {"$ref": "#/definitions/variadicOp"},
                "==": {"$ref": "#/definitions/binaryOp"},
                "===": {"$ref": "#/definitions/binaryOp"},
                "!=": {"$ref": "#/definitions/binaryOp"},
                "!==": {"$ref": "#/definitions/binaryOp"},
                ">": {"$ref": "#/definitions/binaryOp"},
                ">=": {"$ref": "#/definitions/binaryOp"},
                "%": {"$ref": "#/definitions/binaryOp"},
                "/": {"$ref": "#/definitions/binaryOp"},
                "map": {"$ref": "#/definitions/binaryOp"},
                "filter": {"$ref": "#/definitions/binaryOp"},
                "all": {"$ref": "#/definitions/binaryOp"},
                "none": {"$ref": "#/definitions/binaryOp"},
                "some": {"$ref": "#/definitions/binaryOp"},
                "in": {"$ref": "#/definitions/binaryOp"},
            },
        },
        "reduceRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "reduce": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"$ref": "#/definitions/args"}}
            },
        },
        "associativeOp": {"type": "array", "minItems": 2, "items": {"$ref": "#/definitions/args"}},
        "associativeRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"*": {"$ref": "#/definitions/associativeOp"}},
        },
        "unaryOp": {
            "anyOf": [
                {"type": "array", "minItems": 1, "maxItems": 1, "items": {"$ref": "#/definitions/args"}},
                {"$ref": "#/definitions/args"},
            ]
        },
        "unaryRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"!": {"$ref": "#/definitions/unaryOp"}, "!!": {"$ref": "#/definitions/unaryOp"}},
        },
        "variadicOp": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/args"}},
        "variadicRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "or": {"$ref": "#/definitions/variadicOp"},
                "and": {"$ref": "#/definitions/variadicOp"},
                "+": {"$ref": "#/definitions/variadicOp"},
                "-": {"$ref": "#/definitions/variadicOp"},
                "max": {"$ref": "#/definitions/variadicOp"},
                "min": {"$ref": "#/definitions/variadicOp"},
                "merge": {"$ref": "#/definitions/variadicOp"},
                "cat": {"$ref": "#/definitions/variadicOp"},
            },
        },
        "stringCompareArg": {"oneOf": [{"type": "string"}, {"$ref": "#/definitions/anyRule"}]},
        "stringCompareArgs": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"$ref": "#/definitions/stringCompareArg"},
        },
        "stringCompareRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "starts_with": {"$ref": "#/definitions/stringCompareArgs"},
                "ends_with": {"$ref": "#/definitions/stringCompareArgs"},
            },
        },
        "semVerString": {
            "type": "string",
            "pattern": (
                r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-]"
                r"[0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0"
                r"-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$"
            ),
        },
        "ruleSemVer": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "sem_ver": {
                    "type": "array",
                    "minItems": 3,
                    "maxItems": 3,
                    "items": [
                        {"oneOf": [{"$ref": "#/definitions/semVerString"}, {"$ref": "#/definitions/varRule"}]},
                        {"enum": ["=", "!=", ">", "<", ">=", "<=", "~", "^"]},
                        {"oneOf": [{"$ref": "#/definitions/semVerString"}, {"$ref": "#/definitions/varRule"}]},
                    ],
                }
            },
        },
        "fractionalWeightArg": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": [
                {"$ref": "#/definitions/args"},
                {"oneOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/definitions/anyRule"}]},
            ],
        },
        "fractionalOp": {
            "type": "array",
            "minItems": 1,
            "items": [
                {"$ref": "#/definitions/anyRule"},
                {"$ref": "#/definitions/fractionalWeightArg"},
                {"$ref": "#/definitions/fractionalWeightArg"},
            ],
            "additionalItems": {"$ref": "#/definitions/fractionalWeightArg"},
        },
        "fractionalShorthandOp": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "#/definitions/fractionalWeightArg"},
        },
        "fractionalRule": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "fractional": {
                    "oneOf": [{"$ref": "#/definitions/fractionalOp"}, {"$ref": "#/definitions/fractionalShorthandOp"}]
                }
            },
        },
        "reference": {
            "additionalProperties": False,
            "type": "object",
            "patternProperties": {r"^\$ref$": {"type": "string"}},
        },
        "args": {
            "oneOf": [
                {"$ref": "#/definitions/reference"},
                {"$ref": "#/definitions/anyRule"},
                {"$ref": "#/definitions/primitive"},
            ]
        },
        "anyRule": {
            "anyOf": [
                {"$ref": "#/definitions/varRule"},
                {"$ref": "#/definitions/missingRule"},
                {"$ref": "#/definitions/missingSomeRule"},
                {"$ref": "#/definitions/binaryRule"},
                {"$ref": "#/definitions/binaryOrTernaryRule"},
                {"$ref": "#/definitions/associativeRule"},
                {"$ref": "#/definitions/unaryRule"},
                {"$ref": "#/definitions/variadicRule"},
                {"$ref": "#/definitions/reduceRule"},
                {"$ref": "#/definitions/stringCompareRule"},
                {"$ref": "#/definitions/ruleSemVer"},
                {"$ref": "#/definitions/fractionalRule"},
            ]
        },
    },
}
