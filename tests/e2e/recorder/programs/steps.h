// For programs that do one thing at a time, and wait in between: usage: PROGRAM SCENARIO IN OUT. After each step its
// name is written to OUT; the next one is done when a byte comes in through IN. A failure is written there too.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int in, out;
extern char** environ;

static void step(const char* name) {
  char line[512];
  int length = snprintf(line, sizeof line, "%s\n", name);
  if (write(out, line, length) != length) _exit(70);
  while (read(in, line, 1) != 1) {
    if (errno != EINTR) _exit(71);
  }
}
static void fail(const char* what, int line) {
  dprintf(out, "failed: %s, line %d, errno %d\n", what, line, errno);
  _exit(72);
}
#define MUST(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))
#define STEP(...)       \
  do {                  \
    __VA_ARGS__;        \
    step(#__VA_ARGS__); \
  } while (0)
