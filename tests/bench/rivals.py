"""What the recorder is compared with, in the same run: heaptrack, jemalloc and gperftools, as Debian has them."""
import os
import pathlib
import shutil

LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
JEMALLOC, TCMALLOC = LIBRARIES / "libjemalloc.so.2", LIBRARIES / "libtcmalloc.so.4"
SLOW = ("heaptrack", "jemalloc, every one", "gperftools")  # these need less work for a steady figure


def ours(preloaded, folder, **settings):
    return {"LD_PRELOAD": preloaded, "MQTRACK_LOG_DIR": folder, **settings}


def rivals(folder):
    """(name, command prefix, environment) of each that is installed. The others are named on standard output."""
    found = []
    if shutil.which("heaptrack"):
        # Recording only: without its interpreter, which otherwise runs beside the service. That is in heaptrack's favour.
        found.append(("heaptrack", ["heaptrack", "--raw", "-o", os.path.join(folder, "heaptrack")], {}))
    else:
        print("heaptrack is not installed and left out")
    if JEMALLOC.exists():
        base = {"LD_PRELOAD": str(JEMALLOC)}
        found.append(("jemalloc, every one", [], {**base, "MALLOC_CONF": "prof:true,lg_prof_sample:0"}))
        found.append(("jemalloc, 512 KiB", [], {**base, "MALLOC_CONF": "prof:true,lg_prof_sample:19"}))
        found.append(("jemalloc, no profile", [], base))
    else:
        print("libjemalloc2 is not installed and left out")
    if TCMALLOC.exists():
        # Without the files that it writes every now and then, again in its favour.
        found.append(("gperftools", [], {"LD_PRELOAD": str(TCMALLOC), "HEAPPROFILE": os.path.join(folder, "gperftools"),
                                         "HEAP_PROFILE_ALLOCATION_INTERVAL": "0", "HEAP_PROFILE_INUSE_INTERVAL": "0"}))
        found.append(("gperftools, no profile", [], {"LD_PRELOAD": str(TCMALLOC)}))
    else:
        print("libgoogle-perftools4 is not installed and left out")
    return found
