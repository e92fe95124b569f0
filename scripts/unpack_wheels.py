"""Unpacks NVIDIA's wheels into one folder laid out as a toolkit: lib, bin, include.

usage: unpack_wheels.py WHEELS TARGET

Takes every *.whl of the folder WHEELS. Static libraries and NVRTC's alternative
build (".alt") are left out; licences go to TARGET/licenses. Needs nothing but Python's standard library.
"""

import pathlib
import shutil
import sys
import zipfile


def place(name: str) -> pathlib.PurePosixPath | None:
    """Where a member of a wheel goes below TARGET; None for what is not wanted."""
    parts = pathlib.PurePosixPath(name).parts
    if name.endswith("/") or ".." in parts or name.startswith("/"):
        return None
    if parts[0].endswith(".dist-info") and "license" in parts[-1].lower():
        return pathlib.PurePosixPath("licenses", parts[0].removesuffix(".dist-info") + ".txt")
    for kind in ("lib", "bin", "include"):
        # "nvidia/cu13/lib/libnvrtc.so.13", "nvidia/cuda_nvrtc/lib/libnvrtc.so.12"
        if kind in parts[1:4] and ".alt." not in name and not name.endswith((".a", ".py")):
            below = parts[parts.index(kind) + 1 :]
            return pathlib.PurePosixPath(kind, *below)
    return None


def main() -> None:
    wheels, target = map(pathlib.Path, sys.argv[1:3])
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                where = place(member.filename)
                if where is None:
                    continue
                path = target / where
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, open(path, "wb") as copy:
                    shutil.copyfileobj(source, copy)
                path.chmod(0o755 if where.parts[0] == "bin" else 0o644)


if __name__ == "__main__":
    main()
