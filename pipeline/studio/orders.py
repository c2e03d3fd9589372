"""From a submit's JSON to an order: the checks that a provider makes, in either request shape."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from pipeline.errors import ShotmakeError
from pipeline.storyboard.catalog import frame_size
from pipeline.studio.engine import Job
from pipeline.studio.tasks import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.storyboard.catalog import Model

_COMMON = {"prompt", "duration_seconds", "resolution", "aspect_ratio", "seed", "image_init"}
_ENVELOPE = {"model", "params", "out_task_id", "callback_url"}


class OrderError(ShotmakeError):
    """A submit that is refused; `status` and `code` as tasks-api.md lists them."""

    def __init__(self, message: str, code: str = "invalid_param", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def order_from(document: object, account: str, models: Mapping[str, Model], *, free: bool) -> Order:
    """Read a submit's body, flat or with `params`. Raises `OrderError`."""
    if not isinstance(document, dict):
        raise OrderError("the body is no JSON object")
    model = models.get(str(document.get("model")))
    if model is None:
        raise OrderError(f"no model {document.get('model')!r}", "model_not_found")
    nested = document.get("params")
    params = nested if isinstance(nested, dict) else document
    params = {name: value for name, value in params.items() if name not in _ENVELOPE}
    out_task_id = document.get("out_task_id")
    if out_task_id is not None and not (
        isinstance(out_task_id, str) and 0 < len(out_task_id) <= 256
    ):
        raise OrderError("out_task_id must be a text of 1 to 256 characters")
    _check(params, model)
    width, height = frame_size(
        params.get("aspect_ratio", model.aspects[0]), params.get("resolution", model.resolutions[0])
    )
    job = Job(
        label=_label(out_task_id),
        model=model.name,
        prompt=params["prompt"],
        duration_seconds=params["duration_seconds"],
        width=width,
        height=height,
        seed=params.get("seed"),
        init_image=_image(params.get("image_init")),
    )
    price = 0.0 if free else model.estimate_credits(job.duration_seconds)
    return Order(account, out_task_id, {"model": model.name, **params}, job, price)


def _check(params: Mapping[str, Any], model: Model) -> None:
    unknown = sorted(set(params) - _COMMON - set(model.extras))
    if unknown:
        raise OrderError(f"{model.name} has no field {unknown[0]!r}")
    prompt, seconds, seed = (params.get(name) for name in ("prompt", "duration_seconds", "seed"))
    if not isinstance(prompt, str) or not prompt.strip():
        raise OrderError("prompt is missing")
    longest = model.max_duration_seconds
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 1 <= seconds <= longest:
        raise OrderError(f"duration_seconds must be a whole number from 1 to {longest}")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise OrderError("seed must be a whole number")
    choices = {"aspect_ratio": model.aspects, "resolution": model.resolutions}
    for name in model.extras:
        choices[name] = tuple(model.fields["properties"][name].get("enum", ()))
    for name, allowed in choices.items():
        if name in params and allowed and params[name] not in allowed:
            raise OrderError(f"{name} must be one of {', '.join(map(str, allowed))}")


def _image(url: object) -> bytes | None:
    """An inline image's bytes. The studio fetches nothing: an https image is left out."""
    if url is None:
        return None
    if not isinstance(url, str):
        raise OrderError("image_init must be a URL")
    if url.startswith("https://"):
        return None
    header, comma, content = url.partition(",")
    if not (comma and header.startswith("data:image/") and header.endswith(";base64")):
        raise OrderError("image_init must be an https URL or a base64 data:image URL")
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise OrderError("image_init is no valid base64") from None


def _label(out_task_id: str | None) -> str:
    """What the picture calls the shot: the words before the key's first dot.

    The protocol carries no shot id; shotmake's own keys begin with it.
    """
    return (out_task_id or "").partition(".")[0][:64]
