/* A library that loses memory; NAME and BYTES tell copies apart. */
#include <stdlib.h>

#ifndef BYTES
#define BYTES 5003
#endif
#ifndef NAME
#define NAME library_leak
#endif

static void* volatile sink;

__attribute__((noinline)) void NAME(void) {
  sink = malloc(BYTES);
  __asm__ volatile("");
}

__attribute__((noinline)) void library_work(void) {
  for (int i = 0; i < 10; i++) NAME();
  __asm__ volatile("");
}
