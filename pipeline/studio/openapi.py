"""The studio's OpenAPI 3.1 document, made from the models in the catalog.

It says what the studio really accepts and answers; tests hold the one against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline import __version__
from pipeline.studio.orders import (
    ADDRESS_MAX,
    ADDRESS_PATTERN,
    DATA_URL_PATTERN,
    OUT_TASK_ID_MAX,
    SEED_MAX,
    SEED_MIN,
)
from pipeline.studio.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.storyboard.catalog import Model

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
_WHOLE: Final[Schema] = {"type": "integer", "minimum": 1}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_ADDRESS: Final[Schema] = {"type": "string", "pattern": ADDRESS_PATTERN, "maxLength": ADDRESS_MAX}
_KEY: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": OUT_TASK_ID_MAX}
_ID: Final[Schema] = {"type": "string", "minLength": 1}
_TASK_IN_PATH: Final[Schema] = {"name": "task_id", "in": "path", "required": True, "schema": _ID}

_REFUSALS: Final[Mapping[int, tuple[str, ...]]] = {
    400: ("invalid_param", "model_not_found"),
    401: ("invalid_api_key",),
    402: ("insufficient_balance",),
    403: ("permission_denied",),
    404: ("task_not_found", "not_found"),
    405: ("invalid_param",),
    409: ("duplicate_out_task_id",),
    410: ("not_found",),
    413: ("request_entity_too_large",),
    416: ("invalid_param",),
    429: ("concurrency_limit",),
    500: ("internal_error",),
    502: ("api_error",),
    503: ("api_error",),
}
_ACCOUNTING: Final = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Quota-Remaining-Credits",
    "X-Org-Quota-Remaining-Credits",
)
_TASK_ID: Final = "$response.body#/task_id"
_AFTER_SUBMIT: Final[Schema] = {
    "ask": {"operationId": "query", "parameters": {"task_id": _TASK_ID}},
    "askByEither": {"operationId": "queryByEither", "requestBody": {"task_id": _TASK_ID}},
    "cancel": {"operationId": "cancel", "parameters": {"task_id": _TASK_ID}},
    "cancelByKey": {
        "operationId": "cancelByKey",
        "requestBody": {"out_task_id": "$request.body#/out_task_id"},
    },
}


def openapi_document(models: Mapping[str, Model]) -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "shotmake studio", "version": __version__},
        "security": [{"key": []}, {"bearer": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": _schemas(models),
            "headers": {name: {"schema": _NUMBER} for name in _ACCOUNTING},
            "responses": {str(status): _refusal(codes) for status, codes in _REFUSALS.items()},
        },
    }


def _paths() -> Schema:
    return {
        **_task_paths(),
        "/v1/models": {"get": _operation("models", _json("Models"), (401, 405))},
        "/studio/ledger": {"get": _operation("ledger", _json("Ledger"), (401, 405))},
        "/studio/clips/{task_id}.mp4": {"get": _clip("clip"), "head": _clip("clipHead")},
        "/openapi.json": {"get": _operation("openapi", _json("Any"), (405,)) | {"security": []}},
    }


def _task_paths() -> Schema:
    shape = _query("shape", {"enum": list(SHAPES)}, required=False)
    told, asked = _json("Task"), (400, 401, 404, 405)
    submit = _operation(
        "submit",
        _json("Submitted"),
        (400, 401, 402, 405, 409, 413, 429, 503),
        [shape],
        "Submit",
        links=_AFTER_SUBMIT,
    )
    either = _operation("queryByEither", told, (*asked, 413), [shape], "EitherId")
    by_key = _operation("cancelByKey", told, (*asked, 413), [shape], "OutTaskId")
    return {
        "/v1/tasks/submit": {"post": submit},
        "/v1/tasks/query": {
            "get": _operation("query", told, asked, [_query("task_id", _ID), shape]),
            "post": either,
        },
        "/v1/tasks/cancel/{task_id}": {
            "post": _operation("cancel", told, asked, [_TASK_IN_PATH, shape])
        },
        "/v1/tasks/cancel": {"post": by_key},
    }


def _schemas(models: Mapping[str, Model]) -> Schema:
    error = _object({"type": _TEXT, "code": _TEXT, "message": _TEXT})
    listed = _object({"id": _TEXT, "capabilities": {"type": "array", "items": _TEXT}})
    charge = _object(
        {
            "account": _TEXT,
            "task_id": _TEXT,
            "out_task_id": {"type": ["string", "null"]},
            "credits": _NUMBER,
            "reason": {"enum": ["completed", "cancelled"]},
            "at": _TIME,
        }
    )
    charges = {"type": "array", "items": charge}
    return {
        "Submit": {"anyOf": [order for model in models.values() for order in _orders(model)]},
        "OutTaskId": _object({"out_task_id": _KEY}),
        "EitherId": {"anyOf": [_object({"task_id": _ID}), _object({"out_task_id": _KEY})]},
        "Task": {"anyOf": _tasks({})},
        "Submitted": {"anyOf": _tasks({"estimated_credits": _NUMBER})},
        "Models": _object(
            {"object": {"const": "list"}, "data": {"type": "array", "items": listed}}
        ),
        "Ledger": _object({"account": _TEXT, "total_credits": _NUMBER, "charges": charges}),
        "Error": _object({"error": error}),
        "Any": {"type": "object"},
    }


def _orders(model: Model) -> list[Schema]:
    """What a submit may be for one model: flat, and with `params`."""
    fields = model.fields["properties"]
    params = {
        "prompt": {"type": "string", "minLength": 1, "pattern": r"\S"},
        "duration_seconds": {**_WHOLE, "maximum": model.max_duration_seconds},
        "aspect_ratio": {"enum": list(model.aspects)},
        "resolution": {"enum": list(model.resolutions)},
        "seed": {"type": "integer", "minimum": SEED_MIN, "maximum": SEED_MAX},
        "image_init": {"anyOf": [_ADDRESS, {"type": "string", "pattern": DATA_URL_PATTERN}]},
        **{name: {"enum": fields[name]["enum"]} for name in model.extras},
    }
    must = ("prompt", "duration_seconds")
    head = {"model": {"const": model.name}, "out_task_id": _KEY, "callback_url": _ADDRESS}
    nested = {**head, "params": _object(params, must)}
    return [_object({**head, **params}, ("model", *must)), _object(nested, ("model", "params"))]


def _tasks(more: Schema) -> list[Schema]:
    """A task in the model page's shape, and in the tasks reference's. `more` is always there."""
    both = {
        "task_id": _TEXT,
        **more,
        "out_task_id": _TEXT,
        "error_code": _TEXT,
        "error_message": _TEXT,
        "credits_used": _NUMBER,
    }
    result = _object({"video_url": _TEXT, "duration_seconds": _WHOLE, "resolution": _TEXT})
    clip = _object(
        {
            "type": {"const": "video"},
            "url": _TEXT,
            "duration_seconds": _WHOLE,
            "width": _WHOLE,
            "height": _WHOLE,
        }
    )
    ends = ["running", "completed", "failed", "cancelled"]
    page = {
        **both,
        "status": {"enum": ["queued", *ends]},
        "submitted_at": _TIME,
        "completed_at": _TIME,
        "credits": _NUMBER,
        "result": result,
    }
    reference = {
        **both,
        "status": {"enum": ["pending", *ends]},
        "output": {"type": "array", "items": clip},
    }
    if more:
        reference["estimated_seconds"] = {"type": "integer", "minimum": 0}
    must = ("task_id", "status", *more)
    return [_object(page, (*must, "submitted_at")), _object(reference, must)]


def _object(properties: Schema, required: Iterable[str] | None = None) -> Schema:
    """An object that has these and no others; all of them unless `required` says which."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def _query(name: str, schema: Schema, *, required: bool = True) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _operation(
    operation_id: str,
    answer: Schema,
    refusals: Iterable[int],
    parameters: Iterable[Schema] = (),
    body: str = "",
    links: Schema | None = None,
) -> Schema:
    operation: Schema = {
        "operationId": operation_id,
        "parameters": list(parameters),
        "responses": _responses({200: answer | ({"links": links} if links else {})}, refusals),
    }
    if body:
        operation["requestBody"] = {"required": True, "content": _content(body)}
    return operation


def _responses(answers: Mapping[int, Schema], refusals: Iterable[int]) -> Schema:
    return {
        **{str(status): answer for status, answer in answers.items()},
        **{
            str(status): {"$ref": f"#/components/responses/{status}"} for status in (*refusals, 500)
        },
    }


def _refusal(codes: Iterable[str]) -> Schema:
    return _answer(" or ".join(codes), _content("Error"))


def _json(schema: str) -> Schema:
    return _answer(schema, _content(schema))


def _clip(operation_id: str) -> Schema:
    """Getting a clip, for which its address is all that one needs."""
    video: Schema = {"video/mp4": {}}
    answers = {200: _answer("the clip", video), 206: _answer("a part of it", video)}
    return {
        "operationId": operation_id,
        "parameters": [_TASK_IN_PATH, _query("expires", _TEXT), _query("signature", _TEXT)],
        "security": [],
        "responses": _responses(answers, (403, 405, 410, 416, 502)),
    }


def _answer(description: str, content: Schema) -> Schema:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _ACCOUNTING}
    return {"description": description, "headers": headers, "content": content}


def _content(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
