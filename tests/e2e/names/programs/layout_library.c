/* A library that loses memory. With HIDDEN a stripped file has no name for the function that does. */
#include <stdlib.h>

#ifndef BYTES
#define BYTES 5003
#endif
#ifndef NAME
#define NAME library_leak
#endif

#ifdef HIDDEN
#define LEAK __attribute__((noinline, visibility("hidden")))
#else
#define LEAK __attribute__((noinline))
#endif

static void* volatile sink;

LEAK void NAME(void) {
  sink = malloc(BYTES);
  __asm__ volatile("");
}

__attribute__((noinline)) void library_work(void) {
  for (int i = 0; i < 10; i++) NAME();
  __asm__ volatile("");
}
