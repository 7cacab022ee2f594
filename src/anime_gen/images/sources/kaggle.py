"""A Kaggle data set on this disk, through kagglehub and its cache."""

import json
import os
from pathlib import Path

from anime_gen.paths import user_path


def download(handle: str) -> Path:
    """The folder that holds the newest version of `owner/name` (or the one named by `/versions/N`).

    Downloads it once; without a network the newest complete version in the cache is used. Raises ValueError that says
    what to do about missing credentials, an unknown handle or a broken connection.
    """
    import kagglehub
    import requests
    from kagglehub.exceptions import BackendError, CredentialError, DataCorruptionError, UnauthenticatedError

    by_hand = (
        f"or download the data set by hand (https://www.kaggle.com/datasets/{handle.split('/versions/')[0]}) "
        "and set source.path to that zip or folder"
    )
    sign_in = f"set KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY (kaggle.com, Settings, API), {by_hand}"
    try:
        return Path(kagglehub.dataset_download(handle))
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else None
        if status in (401, 403):
            raise ValueError(f"Kaggle refused access to {handle} (HTTP {status}): {sign_in}") from None
        if status == 404:
            raise ValueError(f"Kaggle knows no data set {handle!r}: check source.handle, {by_hand}") from None
        raise ValueError(f"Kaggle answered HTTP {status} for {handle}: try again later, {by_hand}") from None
    except (CredentialError, UnauthenticatedError) as error:
        raise ValueError(f"Kaggle credentials are missing or unusable ({error}): {sign_in}") from None
    except (DataCorruptionError, BackendError) as error:
        raise ValueError(f"the download of {handle} is damaged ({error}): run again, {by_hand}") from None
    except requests.RequestException as error:
        cached = _newest_cached(handle)
        if cached is not None:
            return cached
        raise ValueError(f"Kaggle cannot be reached ({type(error).__name__}): check the network, {by_hand}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # what kagglehub makes of odd credentials
        file = user_path(os.environ.get("KAGGLE_CONFIG_DIR") or "~/.kaggle") / "kaggle.json"
        if (problem := _credentials_problem(file)) is not None:
            raise ValueError(
                f"the Kaggle credentials in {file} cannot be used ({problem}): the file must hold "
                f'{{"username": "...", "key": "..."}} as UTF-8 text; {sign_in}'
            ) from error
        if isinstance(error, UnicodeError):
            raise ValueError(
                f"the Kaggle credentials cannot be used ({error}); looked at were KAGGLE_API_TOKEN, KAGGLE_USERNAME, "
                f"KAGGLE_KEY, {file} and ~/.kaggle/access_token: {sign_in}"
            ) from error
        raise


def _credentials_problem(file: Path) -> str | None:
    """What is wrong with a `kaggle.json`; None when it is in order or not there."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        return None
    except UnicodeDecodeError:
        return "it is no UTF-8 text"
    except ValueError as error:
        return f"it is no JSON: {error}"
    lacking = [key for key in ("username", "key") if not (isinstance(held, dict) and held.get(key))]
    return f"it lacks {' and '.join(lacking)}" if lacking else None


def _newest_cached(handle: str) -> Path | None:
    """The newest version that an earlier download completed, by kagglehub's own marker files."""
    import kagglehub
    from kagglehub.config import get_cache_folder

    name, _, version = handle.partition("/versions/")
    markers = Path(get_cache_folder(), "datasets", name).glob(f"{version or '*'}.complete")
    versions = sorted(int(marker.stem) for marker in markers if marker.stem.isdigit())
    return Path(kagglehub.dataset_download(f"{name}/versions/{versions[-1]}")) if versions else None
