#!/bin/sh
# Writes the corpus of elf_fuzz into a folder: shared libraries of 2 to 4 KiB without padding between their parts, in the
# states in which symbols are met. Needs gcc and binutils.
#
# Usage: elf_corpus.sh FOLDER
set -eu
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >two.c <<'END'
struct Reading { int value; };
static inline __attribute__((always_inline)) int Triple(struct Reading r) { return r.value * 3; }
static __attribute__((noinline)) int Hidden(int x) { return Triple((struct Reading){x}) + x; }
int Visible(int x) { return Hidden(x) - Triple((struct Reading){x + 1}); }
END
cat >cold.cc <<'END'
namespace broker {
struct Client { virtual ~Client(); virtual int Read(int x); };
int Client::Read(int x) { auto twice = [](int y) { return y * 2; }; return twice(x) + 1; }
Client::~Client() = default;
}
END
build() {
  name=$1
  source=$2
  shift 2
  gcc -Os -fPIC -shared -nostdlib -fno-exceptions -fno-ident -fasynchronous-unwind-tables \
    -Wl,-z,noseparate-code,-z,norelro,--build-id=sha1,--hash-style=gnu,--unresolved-symbols=ignore-all "$@" -o "$name" "$source"
}
build dwarf4.so two.c -gdwarf-4
build dwarf5.so two.c -gdwarf-5
build cxx.so cold.cc -gdwarf-5 -fno-rtti
build types.so two.c -gdwarf-5 -fdebug-types-section
build compressed.so two.c -gdwarf-5 -gz
build symbols.so two.c -g0
build sysv_hash.so two.c -g0 -Wl,--hash-style=sysv -fno-asynchronous-unwind-tables
strip -o stripped.so symbols.so
objcopy --only-keep-debug dwarf5.so only_debug.so
install -m 644 ./*.so "$out"
