"""The icons of a package of the npm registry, for whoever makes pictures of them. Needs npm; nothing is installed."""
import pathlib
import subprocess
import tarfile
import tempfile

OPENMOJI = "@iconify-json/openmoji@1.2.29"  # CC BY-SA 4.0, the OpenMoji project


def fetch(package, target):
    """Writes the package's icons.json as target, whole or not at all; one that is there is left alone."""
    if target.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as archive:
            data = archive.extractfile("package/icons.json").read()
    temporary = target.with_suffix(".new")
    temporary.write_bytes(data)
    temporary.replace(target)
