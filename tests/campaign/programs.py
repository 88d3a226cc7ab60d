"""What the campaign runs: programs that say something which can be compared, and servers with a session of a client."""
import hashlib
import os
import pathlib
import random
import socket
import subprocess
import time
import urllib.request


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16].encode()


class Program:
    """Runs to its end. `files`: what lies in its folder; `makes`: a file whose content counts as output too."""

    def __init__(self, name, package, does, *command, files=(), makes=None):
        self.name, self.package, self.does, self.command = name, package, does, command
        self.files, self.makes = dict(files), makes


class Server:
    """Runs until it is told to end. `session(port, folder)` gives what its client saw."""

    def __init__(self, name, package, does, command, session, files=(), prepare=None, user=None, ends="TERM",
                 display=False):
        self.name, self.package, self.does, self.command, self.session = name, package, does, command, session
        self.files, self.prepare, self.user, self.ends = dict(files), prepare, user, ends
        self.display = display  # a program with windows: its session gets the environment of its display, too


def wait_for_port(port, deadline=60):
    end = time.monotonic() + deadline
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def memcached(port, _folder):
    answers = b""
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as lines:
        connection.sendall(b"flush_all\r\n")
        answers += lines.readline()
        for i in range(3000):
            value = str(i).encode() * (i % 40 + 1)
            connection.sendall(b"set key%d 0 0 %d\r\n%s\r\n" % (i % 700, len(value), value))
            answers += lines.readline()
            connection.sendall(b"get key%d\r\n" % (i * 7 % 700))
            while not answers.endswith(b"END\r\n"):
                answers += lines.readline()
    return digest(answers)


def http(port, _folder):
    seen = b""
    for i in range(150):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/file{i % 5}", timeout=30) as answer:
            seen += answer.read()
    return digest(seen)


def sql(client, statements):
    def session(port, folder):
        done = subprocess.run([word.format(port=port, folder=folder) for word in client], input=statements,
                              capture_output=True, text=True, timeout=120, check=False)
        return f"{done.returncode} {done.stdout} {done.stderr}".encode()
    return session


FILES = {f"www/file{i}": "".join(random.Random(i).choices("abcdefgh\n", k=3000 * (i + 1))) for i in range(5)}
POSTGRES = "create table t(id int primary key, name text);\ninsert into t select i, md5(i::text) from generate_series(1,20000) i;\n" \
    "create index on t(name);\nselect count(*), min(name), max(name) from t;\nbegin; delete from t where id % 3 = 0; rollback;\n" \
    "select sum(id) from t where name like 'a%';\nselect string_agg(name, ',' order by name) from (select name from t limit 5) x;\ndrop table t;\n"
MARIADB = "create database c; use c;\ncreate table t(id int primary key, name varchar(40)) engine=innodb;\n" \
    "insert into t select seq, md5(seq) from seq_1_to_20000;\ncreate index n on t(name);\nselect count(*), min(name), max(name) from t;\n" \
    "start transaction; delete from t where id % 3 = 0; rollback;\nselect sum(id) from t where name like 'a%';\ndrop database c;\n"
HAPROXY = "global\n maxconn 100\ndefaults\n mode http\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n" \
    "frontend f\n bind 127.0.0.1:{port}\n http-request return status 200 content-type text/plain file {folder}/www/file0\n"
LIGHTTPD = 'server.document-root = "{folder}/www"\nserver.port = {port}\nserver.bind = "127.0.0.1"\nserver.errorlog = "{folder}/errors"\n'

CXX = """#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <vector>
template <int N> int Fold() { if constexpr (N == 0) return 1; else return N + Fold<N - 1>(); }
int main() {
  std::map<std::string, std::vector<int>> all;
  for (int i = 0; i < 20000; ++i) all[std::to_string(i * 7919 % 997)].push_back(i);
  long sum = 0;
  for (const auto& [name, list] : all) sum += std::accumulate(list.begin(), list.end(), 0L) * static_cast<long>(name.size());
  std::cout << sum << " " << Fold<200>() << "\\n";
}
"""

PROGRAMS = [
    Program("lua5.4", "lua5.4", "coroutines, string building, a sort", "lua5.4", "work.lua", files={"work.lua": """
local t = {} for i = 1, 200000 do t[i] = (i * 7919) % 100003 end table.sort(t)
local co = {} for i = 1, 500 do co[i] = coroutine.wrap(function() for j = 1, 50 do coroutine.yield(i * j) end end) end
local sum = 0 for j = 1, 50 do for i = 1, 500 do sum = sum + co[i]() end end
local s = {} for i = 1, 50000 do s[#s + 1] = string.format("%d:%s", i, ("x"):rep(i % 30)) end
print(t[1], t[100000], sum, #table.concat(s)) collectgarbage() print(pcall(error, "expected"))
"""}),
    Program("tcl", "tcl", "lists, dictionaries, coroutines", "tclsh", "work.tcl", files={"work.tcl": """
for {set i 0} {$i < 60000} {incr i} { lappend l [expr {($i * 7919) % 10007}]; dict set d k$i $i }
proc counter {} { yield; for {set i 0} {1} {incr i} { yield $i } }
coroutine c counter
for {set i 0} {$i < 1000} {incr i} { c }
puts "[lindex [lsort -integer $l] 30000] [dict size $d] [c] [string length [join $l ,]]"
"""}),
    Program("gawk", "gawk", "arrays of words, regular expressions", "gawk", "BEGIN { srand(1); for (i = 0; i < 200000; i++) { w = \"w\" (i * 7919 % 5003); n[w]++; if (w ~ /^w1.*9$/) k++ } for (w in n) s += n[w]; print s, length(n), k; exit 3 }"),
    Program("php", "php-cli", "objects, generators, regular expressions, json", "php", "work.php", files={"work.php": """<?php
function numbers() { for ($i = 0; $i < 100000; $i++) yield $i * 7919 % 10007; }
$a = iterator_to_array(numbers(), false); sort($a); $o = [];
for ($i = 0; $i < 20000; $i++) { $x = new stdClass; $x->i = $i; $x->other = $i ? $o[$i - 1] : null; $o[] = $x; if ($i % 100 == 0) $x->other = null; }
$f = new Fiber(function() { for ($i = 0; $i < 1000; $i++) Fiber::suspend(str_repeat('x', $i)); return 'end'; });
for ($n = 0, $s = $f->start(); !$f->isTerminated(); $s = $f->resume()) $n += strlen($s);
echo $a[5000], ' ', strlen(json_encode(array_slice($a, 0, 5000))), ' ', preg_match_all('/1(\\d)3/', implode(' ', $a)), " $n\\n"; exit(4);
"""}),
    Program("ruby", "ruby", "fibers, threads, hashes, a subprocess", "ruby", "work.rb", files={"work.rb": """
h = Hash.new { |hash, key| hash[key] = key.to_s * 3 }
50000.times { |i| h[i * 7919 % 10007] }
f = 200.times.map { |i| Fiber.new { 20.times { |j| Fiber.yield i * j } ; nil } }
sum = 0
20.times { f.each { |fiber| sum += fiber.resume } }
q = Queue.new
t = 4.times.map { |i| Thread.new { 1000.times { |j| q << "#{i}-#{j}" } } }
t.each(&:join)
puts h.size, sum, q.size, `echo from a child`, GC.start.inspect
exit 5
"""}),
    Program("guile", "guile-3.0", "continuations, bignums, its collector", "guile", "--no-auto-compile", "work.scm", files={"work.scm": """
(define (fact n) (if (= n 0) 1 (* n (fact (- n 1)))))
(define saved #f) (define count 0)
(define v (call/cc (lambda (k) (set! saved k) 0)))
(set! count (+ count 1))
(if (< count 1000) (saved count))
(define l (let loop ((i 0) (l '())) (if (= i 100000) l (loop (+ i 1) (cons (modulo (* i 7919) 10007) l)))))
(display (list count v (string-length (number->string (fact 1000))) (list-ref (sort l <) 50000))) (newline) (exit 6)
"""}),
    Program("perl", "perl", "hashes, regular expressions, fork", "perl", "-e", 'my %h; $h{$_ * 7919 % 10007} .= "x$_" for 1..100000; my $n = grep { /7x1/ } values %h; my $p = fork; exit 9 if !$p; waitpid $p, 0; print scalar(keys %h), " $n ", $? >> 8, "\\n"; exit 7'),
    Program("erlang", "erlang-base", "ten thousand processes, a large binary", "erl", "-noshell", "-eval", 'S = self(), [spawn(fun() -> S ! (I * I) end) || I <- lists:seq(1, 10000)], Sum = lists:sum([receive X -> X end || _ <- lists:seq(1, 10000)]), io:format("~p ~p~n", [Sum, erlang:crc32(binary:copy(<<"abc">>, 1000000))]), halt(8).'),
    Program("imagemagick", "imagemagick", "draws, blurs, resizes, writes PNG", "convert", "-size", "400x300", "plasma:red-blue", "-seed", "7", "-swirl", "90", "-blur", "0x3", "-resize", "200x150", "-strip", "-define", "png:exclude-chunks=date,time", "out.ppm", makes=None),
    Program("ffmpeg", "ffmpeg", "filters and encodes two seconds of a test picture and a tone", "ffmpeg", "-v", "error", "-bitexact", "-f", "lavfi", "-i", "testsrc=duration=2:size=320x240:rate=15", "-f", "lavfi", "-i", "sine=duration=2", "-c:v", "mpeg4", "-c:a", "flac", "-flags", "bitexact", "-fflags", "+bitexact", "-threads", "1", "-y", "out.mkv", makes="out.mkv"),
    Program("java", "default-jre-headless", "the virtual machine: threads, collections, its collector", "java", "-Xmx128m", "Work.java", files={"Work.java": """
import java.util.*; import java.util.stream.*;
public class Work { public static void main(String[] a) throws Exception {
  Map<Integer, String> m = new TreeMap<>(); for (int i = 0; i < 100000; i++) m.put(i * 7919 % 10007, "x" + i);
  long s = IntStream.range(0, 1000000).parallel().mapToLong(i -> (long) i * i % 7).sum(); System.gc();
  System.out.println(m.size() + " " + s + " " + m.values().stream().collect(Collectors.joining()).length()); System.exit(9); } }
"""}),
    Program("node", "nodejs", "promises, buffers, regular expressions", "node", "-e", 'const m = new Map(); for (let i = 0; i < 200000; i++) m.set(i * 7919 % 10007, "x" + i); const z = require("zlib"); Promise.all([...Array(50).keys()].map(i => new Promise(r => z.deflate(Buffer.alloc(10000, "ab" + i), (e, b) => r(b.length))))).then(l => { console.log(m.size, l.reduce((a, b) => a + b)); process.exit(3); })'),
    Program("git", "git", "commits, packs, checks and clones a repository", "sh", "-ec", 'export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE="1000000000 +0000" GIT_COMMITTER_DATE="1000000000 +0000" HOME=$PWD; git init -q r; cd r; for i in 1 2 3 4 5 6 7 8; do seq $i 2000 > f$i; git add .; git commit -qm $i; done; git gc -q; git fsck; cd ..; git clone -q r s; cd s; git log --format=%H; git diff HEAD~3 --stat'),
    Program("gdb", "gdb", "computes in its own Python and in C", "gdb", "-nx", "-batch", "-ex", "python print(sum(i * i for i in range(200000)))", "-ex", "print sizeof(long) * 7"),
    Program("openssl", "openssl", "makes a key and a certificate, signs, encrypts", "sh", "-ec", 'openssl genrsa -out k 2048 2>/dev/null; openssl req -new -x509 -key k -subj /CN=x -out c; seq 20000 > d; openssl dgst -sha256 -sign k -out s d; openssl x509 -in c -pubkey -noout > p; openssl dgst -sha256 -verify p -signature s d; openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -in d -out e; openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:x -in e | cmp - d; openssl s_client -connect 127.0.0.1:1 2>/dev/null || echo refused'),
    Program("g++", "g++", "compiles a program of templates, which runs", "sh", "-ec", 'g++ -std=c++20 -O2 -o work work.cc; ./work', files={"work.cc": CXX}),
    Program("clang", "clang", "the same", "sh", "-ec", 'clang++ -std=c++20 -O1 -o work work.cc; ./work', files={"work.cc": CXX}),
    Program("go", "golang-go", "compiles a program of goroutines, which runs", "sh", "-ec", 'HOME=$PWD GOCACHE=$PWD/c GOFLAGS=-mod=mod go run work.go', files={"work.go": """package main
import "fmt"
func main() {
	results := make(chan int)
	for i := 0; i < 1000; i++ { go func(n int) { results <- n * n }(i) }
	sum := 0
	for i := 0; i < 1000; i++ { sum += <-results }
	fmt.Println(sum)
}
"""}),
    Program("cmake", "cmake", "lists, regular expressions, JSON", "cmake", "-P", "work.cmake", files={"work.cmake": """foreach(i RANGE 2000)
  math(EXPR n "${i} * 7919 % 1009")
  list(APPEND all "item${n}")
endforeach()
list(SORT all)
list(REMOVE_DUPLICATES all)
list(LENGTH all count)
string(JSON text SET "{}" "count" "${count}")
string(REGEX REPLACE "item([0-9]+)" "<\\\\1>" shown "${all}")
string(SHA256 sum "${shown}")
message(STATUS "${text} ${sum}")
"""}),
    Program("bash", "bash", "arrays, substitutions, subshells, pipes", "bash", "-c", 'declare -A n; for ((i = 0; i < 20000; i++)); do n[$((i * 7919 % 503))]+=x; done; s=0; for k in "${!n[@]}"; do s=$((s + k * ${#n[$k]})); done; for i in 1 2 3 4 5 6 7 8; do (seq $i 400 | tail -n $i | wc -l); done; echo $s ${#n[@]}; exit 6'),
    Program("bc", "bc", "a thousand digits of pi", "sh", "-ec", 'echo "scale=1000; 4*a(1)" | bc -l'),
    Program("jq", "jq", "groups and sums twenty thousand objects", "jq", "-n", "-c", '[range(20000) | {k: (. * 7919 % 13), v: .}] | group_by(.k) | map({k: .[0].k, n: length, s: (map(.v) | add)})'),
    Program("xz", "xz-utils", "packs and unpacks, four threads", "sh", "-ec", 'seq 300000 > d; xz -T4 -3 -k d; xz -t d.xz; xz -dc d.xz | sha256sum'),
    Program("zstd", "zstd", "packs and unpacks, four threads", "sh", "-ec", 'seq 300000 > d; zstd -q -T4 -10 d; zstd -q -t d.zst; zstd -q -dc d.zst | sha256sum'),
    Program("gs", "ghostscript", "draws a page of PostScript", "sh", "-ec", 'gs -q -dNOPAUSE -dBATCH -sDEVICE=pngmono -r72 -sOutputFile=out.png work.ps; sha256sum out.png', files={"work.ps": "%!PS\n1 1 400 { dup dup 300 300 3 -1 roll 0 360 arc stroke pop pop } for\n/Times-Roman findfont 40 scalefont setfont 50 50 moveto (forty) show showpage\n"}),
    Program("dot", "graphviz", "lays out a graph of 300 nodes", "sh", "-ec", '(echo "digraph {"; seq 1 300 | awk \'{ print $1 " -> " ($1 * 7919 % 61) ";" }\'; echo "}") | dot -Tplain | sha256sum'),
    Program("groff", "groff", "sets a manual page", "sh", "-ec", 'zcat -f /usr/share/man/man1/bash.1.gz 2>/dev/null | head -n 3000 > p || seq 3000 > p; groff -man -Tutf8 p 2>/dev/null | sha256sum'),
    Program("m4", "m4", "recursive macros", "sh", "-ec", 'echo "define(f,\\`ifelse(\$1,0,1,\\`eval(\$1+f(decr(\$1)))\')\')f(200)" | m4'),
    Program("rsync", "rsync", "copies a tree, and then its changes", "sh", "-ec", 'mkdir a; for i in $(seq 200); do seq $i 300 > a/f$i; done; rsync -a a/ b; seq 900 > a/f7; rm a/f9; rsync -a --delete a/ b; cd b; cat * | sha256sum; ls | wc -l'),
    Program("vim.tiny", "vim-tiny", "a macro over two thousand lines", "sh", "-ec", 'seq 2000 > d; vim.tiny -u NONE -es -c "%s/7/seven/g" -c "g/^1/m0" -c "wq" d; sha256sum d'),
    Program("gnuplot", "gnuplot-nox", "draws curves as text", "gnuplot", "-e", "set terminal dumb; plot sin(x), cos(x)*x; print system('echo done')"),
    Program("sed", "sed", "rewrites a hundred thousand lines", "sh", "-ec", 'seq 100000 | sed -E "s/([0-9])([0-9]+)/\\2-\\1/; /7-/!d; y/012/abc/" | sha256sum'),
    Program("tar", "tar", "packs by a child, lists, unpacks", "sh", "-ec", 'mkdir a; for i in $(seq 300); do seq $i > a/f$i; done; tar --mtime=@0 --owner=0 --group=0 --numeric-owner --sort=name -czf a.tgz a; tar -tzf a.tgz | wc -l; rm -r a; tar -xzf a.tgz; cat a/* | sha256sum'),
]

SERVERS = [
    Server("memcached", "memcached", "3,000 values set and 3,000 asked for, four threads", ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "{port}"], memcached),
    Server("lighttpd", "lighttpd", "150 requests", ["lighttpd", "-D", "-f", "{folder}/lighttpd.conf"], http, files={**FILES, "lighttpd.conf": LIGHTTPD}),
    Server("haproxy", "haproxy", "150 requests", ["haproxy", "-db", "-f", "{folder}/haproxy.cfg"], http, files={**FILES, "haproxy.cfg": HAPROXY}),
    Server("postgresql", "postgresql", "a table of 20,000 rows, an index, a transaction undone", ["{postgres}", "-D", "{folder}/data", "-p", "{port}", "-k", "{folder}", "-c", "fsync=off"],
           sql(["psql", "-h", "127.0.0.1", "-p", "{port}", "-U", "postgres", "-X", "-q", "-f", "-"], POSTGRES), user="postgres", ends="INT",
           prepare=["{initdb}", "-D", "{folder}/data", "-U", "postgres", "-A", "trust"]),
    Server("mariadb", "mariadb-server", "a table of 20,000 rows, an index, a transaction undone", ["mariadbd", "--no-defaults", "--datadir={folder}/data", "--port={port}", "--bind-address=127.0.0.1", "--socket={folder}/socket", "--user=mysql"],
           sql(["mariadb", "--no-defaults", "--socket={folder}/socket", "-u", "root"], MARIADB), user="mysql",
           prepare=["mariadb-install-db", "--no-defaults", "--datadir={folder}/data", "--user=mysql", "--auth-root-authentication-method=normal"]),
]


def paths_of_postgresql():
    """Debian keeps the server's programs out of the way."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    return {"postgres": str(found[-1] / "postgres"), "initdb": str(found[-1] / "initdb")} if found else {}


def user_of(server):
    return server.user if os.geteuid() == 0 else None
