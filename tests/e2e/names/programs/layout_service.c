/* A service that loses memory at known places, in whatever layout it is linked. On each line of standard input it
   leaks, and answers with a dot. Arguments: libraries, each of which is loaded and asked to leak too ("library_work");
   one that begins with "new:" into a namespace of its own, one with "gone:" is deleted as soon as it is loaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kBytes = 3001, kRounds = 100, kMostLibraries = 8 };
static void* volatile sink;

/* Functions that do nothing of interest: a wrong load address names one of them. */
#define INNOCENT(n)                                                   \
  __attribute__((noinline)) int innocent_##n(int a) {                 \
    for (int i = 0; i < a; i++) __asm__ volatile(".fill 300,1,0x90"); \
    return a * n;                                                     \
  }
INNOCENT(1) INNOCENT(2) INNOCENT(3) INNOCENT(4) INNOCENT(5) INNOCENT(6) INNOCENT(7) INNOCENT(8)
INNOCENT(9) INNOCENT(10) INNOCENT(11) INNOCENT(12) INNOCENT(13) INNOCENT(14) INNOCENT(15) INNOCENT(16)
INNOCENT(17) INNOCENT(18) INNOCENT(19) INNOCENT(20) INNOCENT(21) INNOCENT(22) INNOCENT(23) INNOCENT(24)

__attribute__((noinline)) void the_leak(void) {
  sink = malloc(kBytes);
  __asm__ volatile("");
}

__attribute__((noinline)) void on_message(void) {
  the_leak();
  __asm__ volatile("");
}

static void (*load(char* argument))(void) {
  const int is_new = strncmp(argument, "new:", 4) == 0, is_gone = strncmp(argument, "gone:", 5) == 0;
  const char* path = argument + (is_new ? 4 : is_gone ? 5 : 0);
  void* handle = is_new ? dlmopen(LM_ID_NEWLM, path, RTLD_NOW) : dlopen(path, RTLD_NOW);
  if (handle == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  if (is_gone) unlink(path);
  return (void (*)(void))dlsym(handle, "library_work");
}

int main(int count, char** arguments) {
  void (*work[kMostLibraries])(void);
  for (int i = 1; i < count; i++) work[i - 1] = load(arguments[i]);
  char byte;
  while (read(0, &byte, 1) == 1) {
    for (int i = 0; i < kRounds; i++) on_message();
    for (int i = 1; i < count; i++) work[i - 1]();
    if (write(1, ".", 1) != 1) return 1;
  }
  return 0;
}
