"""The demos of FFCx and UFL: fetched from PyPI's source archives, unpacked, listed.

Nothing of them is kept in this repository.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
import subprocess
import sys
import tarfile

FFCX = "fenics-ffcx"
FFCX_VERSION = "0.11.0"
UFL = "fenics-ufl"
NOT_DEMOS = {"test_demos.py", "__init__.py", "conftest.py"}


@dataclasses.dataclass(frozen=True)
class Project:
    """A project's source tree: its name on PyPI, its version, its demos."""

    name: str
    version: str
    demos: tuple[pathlib.Path, ...]


def download(requirement: str, folder: pathlib.Path) -> None:
    """Puts the source archive of a requirement into a folder. The index is pip's own setting."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary",
               ":all:", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"cannot download {requirement}:\n{done.stderr.strip()}")


def archive_of(name: str, folder: pathlib.Path) -> pathlib.Path:
    """The newest archive of a project in a folder; its file name has _ or - in the name."""
    pattern = re.compile(re.escape(name).replace(r"\-", "[-_]") + r"-([0-9][0-9.a-z]*)\.tar\.gz$")
    found = [(version_key(m.group(1)), path) for path in folder.iterdir()
             if (m := pattern.fullmatch(path.name))]
    if not found:
        raise SystemExit(f"no {name}-VERSION.tar.gz in {folder}")
    return max(found)[1]


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def unpack(archive: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Unpacks an archive; returns its top folder."""
    with tarfile.open(archive) as tar:
        top = tar.getnames()[0].split("/")[0]
        # Python 3.11.4 and later refuse members that would land outside the folder.
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:
            tar.extractall(folder)
    return folder / top


def demos_of(top: pathlib.Path) -> tuple[pathlib.Path, ...]:
    return tuple(sorted(path for path in (top / "demo").glob("*.py")
                        if path.name not in NOT_DEMOS))


def load(archives: pathlib.Path | None, work: pathlib.Path) -> list[Project]:
    """FFCx and UFL, from archives in a folder or, without one, from the package index."""
    if archives is None:
        archives = work / "archives"
        archives.mkdir()
        download(f"{FFCX}=={FFCX_VERSION}", archives)
        download(UFL, archives)
    projects = []
    for name in (FFCX, UFL):
        archive = archive_of(name, archives)
        top = unpack(archive, work)
        projects.append(Project(name, top.name.rsplit("-", 1)[1], demos_of(top)))
    return projects


def has_complex_literal(path: pathlib.Path) -> bool:
    """Does the code (comments aside) hold a literal such as 1.5j?"""
    code = "\n".join(line.split("#")[0] for line in path.read_text().splitlines())
    return re.search(r"(?<![\w.])(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[jJ]\b", code) is not None
