"""What a Python service does: threads, subprocesses, TLS contexts, a database, garbage. Prints one line."""
import gc
import hashlib
import sqlite3
import ssl
import subprocess
import sys
import threading

results = []


def thread(number):
    database = sqlite3.connect(":memory:")
    database.execute("create table t (a integer, b text)")
    database.executemany("insert into t values (?, ?)", [(i, "x" * (i % 100)) for i in range(2000)])
    total = database.execute("select sum(length(b)) from t").fetchone()[0]
    results.append(total + len(hashlib.sha256(b"x" * number).hexdigest()))
    for _ in range(20):
        ssl.create_default_context()


threads = [threading.Thread(target=thread, args=(i,)) for i in range(8)]
for one in threads:
    one.start()
children = [subprocess.run([sys.executable, "-c", f"print({i} * 2)"], capture_output=True, text=True, check=True).stdout
            for i in range(5)]
for one in threads:
    one.join()
gc.collect()
print(sum(results), "".join(children).split())
