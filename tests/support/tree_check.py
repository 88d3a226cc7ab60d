"""What the checks of the source tree have in common: how they are called, and how they end."""
import pathlib
import sys


def run(check, self_check, things):
    """`script ROOT` prints what `check(root)` has to complain about and exits 1 if that is anything; `script --self-check`
    exits with what `self_check()` returns. `check` also tells how many `things` were looked at: none is a failure, since
    a check that looks at nothing would pass for ever."""
    if sys.argv[1:] == ["--self-check"]:
        sys.exit(self_check())
    complaints, looked_at = check(pathlib.Path(sys.argv[1]))
    for complaint in complaints:
        print(complaint)
    if looked_at == 0:
        print(f"no {things} below {sys.argv[1]}: nothing was checked")
    sys.exit(1 if complaints or looked_at == 0 else 0)
