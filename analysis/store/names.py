"""Names of runs: whatever a person types, as one part of a path that every system can have."""

import hashlib
import re
import unicodedata

LONGEST = 180  # bytes: other files are called after a run, and a name may have 255
_FORBIDDEN = re.compile(r"[/\\:*?\"<>|$`%\x00-\x1f\x7f-\x9f]|[^\S ]|^[.~ -]|[. ]$")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)", re.I)


def safe_name(text: str) -> str:
    """Return `text` as the name of a folder.

    What a file system or a shell might take for something else is written as its bytes in UTF-8,
    ``%2F`` for a slash, so that different texts have different names; what is too long ends in a
    hash of the whole. Two spellings of one letter, composed and not, are one.

    Raises
    ------
    ValueError
        It is empty.

    Examples
    --------
    >>> safe_name("byol-lr=0.1-0"), safe_name("../up"), safe_name("con")
    ('byol-lr=0.1-0', '%2E.%2Fup', '%63on')
    """
    if not text:
        raise ValueError("a run has an empty name; give it one")
    name = unicodedata.normalize("NFC", text)
    name = _FORBIDDEN.sub(lambda found: _escaped(found[0]), name)
    name = "".join(c if c.isprintable() else _escaped(c) for c in name)
    if _RESERVED.match(name):  # a device, on Windows
        name = _escaped(name[0]) + name[1:]
    encoded = name.encode()
    if len(encoded) <= LONGEST:
        return name
    digest = hashlib.blake2b(encoded, digest_size=8).hexdigest()
    return f"{encoded[: LONGEST - 17].decode(errors='ignore')}-{digest}"


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
