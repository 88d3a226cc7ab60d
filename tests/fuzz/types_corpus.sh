#!/bin/sh
# Writes the corpus of types_fuzz into a folder: small shared libraries with variables and objects of every shape, without
# padding between their parts. Needs gcc and binutils.
#
# Usage: types_corpus.sh FOLDER
set -eu
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >plain.c <<'END'
typedef struct Message Message;
struct Message { Message *next, *previous; union { char *text; void *bytes; } payload; unsigned kind : 3, flags : 5; };
struct Table { struct Message *slots[4]; struct { struct Table *other; int count; }; const char *name; int (*compare)(void); };
struct Table table;
struct Message *first;
static struct Message kept[3];
struct Message *Keep(void) { static struct Table own; own.slots[1] = kept; return own.slots[1]; }
END
cat >objects.cc <<'END'
namespace broker {
struct Base { virtual ~Base(); Base *parent; };
template <typename T> struct List { struct Node { Node *next; T *value; }; Node *head; };
struct Session : virtual Base { List<Session> all; Base &owner; int Session::*member; enum class State : char { kOn } state; };
Base::~Base() = default;
Session *sessions[2][3];
namespace { List<int> numbers; }
void *Numbers() { return &numbers; }
}
END
build() {
  name=$1
  source=$2
  shift 2
  gcc -Os -fPIC -shared -nostdlib -fno-exceptions -fno-ident -fno-asynchronous-unwind-tables \
    -Wl,-z,noseparate-code,-z,norelro,--build-id=none,--hash-style=gnu,--unresolved-symbols=ignore-all "$@" -o "$name" "$source"
}
build plain4.so plain.c -gdwarf-4
build plain5.so plain.c -gdwarf-5
build objects.so objects.cc -gdwarf-5
build units.so objects.cc -gdwarf-5 -fdebug-types-section
objcopy --only-keep-debug plain5.so only_debug.so
install -m 644 ./*.so "$out"
