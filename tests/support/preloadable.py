"""LD_PRELOAD separates its entries by blanks, so a library below a folder with a blank in its name needs another name."""
import atexit
import os
import shutil
import tempfile


def preloadable(path):
    """`path`, a file or folder, by a name without blanks: a link that goes when this program ends, if need be."""
    path = str(path)
    if " " not in path:
        return path
    folder = tempfile.mkdtemp(prefix="mqtrack-link-", dir="/tmp")
    os.chmod(folder, 0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    link = os.path.join(folder, os.path.basename(path).replace(" ", "_"))
    os.symlink(path, link)
    return link
