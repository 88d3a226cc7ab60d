/* A service with an allocation layer of its own, as brokers and interpreters have one. Each byte that it reads is one
 * round of work, answered with a byte. In every round eight handlers ask the layer for memory and give it back, but for
 * one block each of on_subscribe (through the zeroing layer); the cache keeps a copy of what it is given, whoever gives. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define NOT_A_TAIL_CALL __asm__ volatile("" ::: "memory")

static void* volatile kept;

static NOINLINE void* svc_alloc(size_t size) {
  void* block = malloc(size);
  NOT_A_TAIL_CALL;
  return block;
}

static NOINLINE void* svc_zalloc(size_t size) {
  void* block = svc_alloc(size);
  memset(block, 0, size);
  return block;
}

/* Keeps a copy of every key for ever: whoever calls it, this function is to blame. */
static NOINLINE void cache_alloc_key(size_t length) {
  kept = malloc(length);
  NOT_A_TAIL_CALL;
}

/* A layer for all it does, though its name does not say so; and the tracker below it keeps a node of each block. */
static NOINLINE void* tracker_node(void) {
  void* node = malloc(40);
  NOT_A_TAIL_CALL;
  return node;
}

static NOINLINE void* obtain(size_t size) {
  free(tracker_node());
  void* block = malloc(size);
  NOT_A_TAIL_CALL;
  return block;
}

#define HANDLER(name, size)                 \
  static NOINLINE void name(void) {         \
    void* plain = svc_alloc(size);          \
    void* zeroed = svc_zalloc((size) + 24); \
    void* obtained = obtain((size) + 48);   \
    cache_alloc_key((size) / 8);            \
    free(plain);                            \
    free(zeroed);                           \
    free(obtained);                         \
  }
HANDLER(on_connect, 160)
HANDLER(on_publish, 320)
HANDLER(on_puback, 48)
HANDLER(on_pubrec, 64)
HANDLER(on_unsubscribe, 96)
HANDLER(on_ping, 80)
HANDLER(on_disconnect, 208)
HANDLER(on_auth, 272)
HANDLER(on_will, 512)
HANDLER(on_retain, 640)
HANDLER(on_expiry, 768)

static NOINLINE void on_subscribe(void) {
  kept = svc_zalloc(3001); /* the leak */
  free(svc_alloc(128));
  free(obtain(5003));
}

int main(void) {
  char byte;
  while (read(0, &byte, 1) == 1) {
    for (int i = 0; i < 100; ++i) {
      on_connect();
      on_publish();
      on_puback();
      on_pubrec();
      on_unsubscribe();
      on_ping();
      on_disconnect();
      on_auth();
      on_will();
      on_retain();
      on_expiry();
      on_subscribe();
    }
    if (write(1, ".", 1) != 1) return 1;
  }
  return 0;
}
