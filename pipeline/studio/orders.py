"""From a submit's JSON to an order: the checks that a provider makes, in either request shape."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

from pipeline.storyboard.catalog import frame_size
from pipeline.studio.engine import Job
from pipeline.studio.refusals import RefusalError, quoted
from pipeline.studio.tasks import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.storyboard.catalog import Model

OUT_TASK_ID_MAX: Final = 256
ADDRESS_MAX: Final = 2048
SEED_MIN, SEED_MAX = -(2**63), 2**63 - 1
"""The provider publishes no bound for seeds; the studio's is what 64 bits hold."""

PROMPT_CHARACTERS_MAX: Final = 4000
"""An engine is told a prompt's beginning: a million characters a task would fill the memory."""

ADDRESS_PATTERN: Final = (
    r"^https?://(?:[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,30}|\[[0-9a-f:]{2,40}\])"
    r"(?::[0-9]{1,5})?(?:[/?][!-~]*)?$"
)
DATA_URL_PATTERN: Final = (
    r"^data:image/[a-z0-9.+-]{1,40};base64,"
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$"
)
_TAKE = re.compile(r"[^.]*\.t([1-9][0-9]{0,3})\.")
_ADDRESS = re.compile(ADDRESS_PATTERN)
_DATA_URL = re.compile(DATA_URL_PATTERN)

_OWN = {"prompt", "duration_seconds", "resolution", "aspect_ratio", "seed", "image_init"}
_ENVELOPE = {"model", "params", "out_task_id", "callback_url"}


def order_from(document: object, account: str, models: Mapping[str, Model], *, free: bool) -> Order:
    """Read a submit's body, flat or with `params`. Raises `RefusalError`."""
    if not isinstance(document, dict):
        raise RefusalError("the body is no JSON object")
    model = _model(document, models)
    params = _params(document)
    out_task_id = document.get("out_task_id")
    if "out_task_id" in document and not (
        isinstance(out_task_id, str) and 0 < len(out_task_id) <= OUT_TASK_ID_MAX
    ):
        raise RefusalError(f"out_task_id must be a text of 1 to {OUT_TASK_ID_MAX} characters")
    if "callback_url" in document and not _is_address(document["callback_url"]):
        raise RefusalError("callback_url must be an http or https URL")
    _check(params, model)
    resolution = params.get("resolution", model.resolutions[0])
    width, height = frame_size(params.get("aspect_ratio", model.aspects[0]), resolution)
    job = Job(
        label=(out_task_id or "").partition(".")[0][:64],
        model=model.name,
        prompt=params["prompt"][:PROMPT_CHARACTERS_MAX],
        duration_seconds=int(params["duration_seconds"]),
        width=width,
        height=height,
        seed=int(params["seed"]) if "seed" in params else None,
        take=_take(out_task_id),
    )
    price = 0.0 if free else model.estimate_credits(job.duration_seconds)
    image = _image(params["image_init"]) if "image_init" in params else None
    fingerprint = _fingerprint(model.name, params)
    return Order(account, out_task_id, fingerprint, job, resolution, price, image)


def _model(document: Mapping[str, Any], models: Mapping[str, Model]) -> Model:
    name = document.get("model")
    if not isinstance(name, str):
        raise RefusalError("model is missing" if name is None else "model must be a text")
    if name not in models:
        raise RefusalError(f"no model {quoted(name)}", "model_not_found")
    return models[name]


def _params(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters: those under `params`, which then has all of them, or the top level's."""
    top = {name: value for name, value in document.items() if name not in _ENVELOPE}
    if "params" not in document:
        return top
    params = document["params"]
    if not isinstance(params, dict):
        raise RefusalError("params must be an object")
    if top:
        raise RefusalError(f"{quoted(next(iter(top)))} stands beside params and not in it")
    return params


def _check(params: Mapping[str, Any], model: Model) -> None:
    unknown = sorted(set(params) - _OWN - set(model.extras))
    if unknown:
        raise RefusalError(f"{model.name} has no field {quoted(unknown[0])}")
    prompt = params.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise RefusalError("prompt is missing")
    longest = model.max_duration_seconds
    if not _is_whole(params.get("duration_seconds"), 1, longest):
        raise RefusalError(f"duration_seconds must be a whole number from 1 to {longest}")
    if "seed" in params and not _is_whole(params["seed"], SEED_MIN, SEED_MAX):
        raise RefusalError(f"seed must be a whole number from {SEED_MIN} to {SEED_MAX}")
    choices = {"aspect_ratio": model.aspects, "resolution": model.resolutions}
    for name in model.extras:
        choices[name] = tuple(model.fields["properties"][name].get("enum", ()))
    for name, allowed in choices.items():
        if name in params and allowed and params[name] not in allowed:
            raise RefusalError(f"{name} must be one of {', '.join(map(str, allowed))}")


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    """JSON knows one kind of number: 4.0 is a whole one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value // 1 and lowest <= value <= highest


def _is_address(value: object) -> bool:
    return isinstance(value, str) and len(value) <= ADDRESS_MAX and bool(_ADDRESS.fullmatch(value))


def _image(url: object) -> bytes | str:
    """An inline image's bytes, or the address of one that is elsewhere."""
    if isinstance(url, str) and _is_address(url):
        return url
    if not isinstance(url, str) or not _DATA_URL.fullmatch(url):
        raise RefusalError("image_init must be an https URL or a base64 data:image URL")
    return base64.b64decode(url.partition(",")[2])


def _fingerprint(model: str, params: Mapping[str, Any]) -> bytes:
    """What de-duplication compares: the same in either shape, whatever the order of fields."""
    wholes = {
        name: int(value) if isinstance(value, float) else value for name, value in params.items()
    }
    canonical = json.dumps([model, wholes], sort_keys=True)
    return hashlib.sha256(canonical.encode("ascii")).digest()


def _take(out_task_id: str | None) -> int:
    """Which take of a shot it is. The protocol carries neither shot nor take; shotmake's own keys
    begin with both, as in `pour.t2.a1.…`.
    """
    found = _TAKE.match(out_task_id or "")
    return int(found[1]) if found else 1
