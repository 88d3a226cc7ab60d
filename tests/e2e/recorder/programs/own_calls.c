// Blocks that go through an allocator's own functions, beside malloc. One round for each byte that is read; "done"
// after each. Modes: "leak" (made by the allocator's own function, never freed), "fine" (made by malloc, all given back
// by the allocator's own function), "plain" (malloc and free). As a library it is the same, called by a host that opens
// it. Built without an allocator it is that host, which looks jemalloc's sdallocx up by name, or a program that asks by
// weak references whether there is one. Both take malloc and free where there is none.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(OWN_jemalloc)
void* mallocx(size_t size, int flags);
void sdallocx(void* block, size_t size, int flags);
static void* Make(size_t size) { return mallocx(size, 0); }
static void GiveBack(void* block, size_t size) { sdallocx(block, size, 0); }
#elif defined(OWN_tcmalloc)
void* tc_malloc(size_t size);
void tc_free_sized(void* block, size_t size);
static void* Make(size_t size) { return tc_malloc(size); }
static void GiveBack(void* block, size_t size) { tc_free_sized(block, size); }
#elif defined(OWN_mimalloc)
void* mi_malloc(size_t size);
void mi_free_size(void* block, size_t size);
static void* Make(size_t size) { return mi_malloc(size); }
static void GiveBack(void* block, size_t size) { mi_free_size(block, size); }
#else
#ifdef ASKS
__attribute__((weak)) void* mallocx(size_t size, int flags);
__attribute__((weak)) void* tc_malloc(size_t size);
__attribute__((weak)) void* mi_malloc(size_t size);
#endif
static void* Make(size_t size) { return malloc(size); }
static void GiveBack(void* block, size_t size) {
  void (*looked_up)(void*, size_t, int) = (void (*)(void*, size_t, int))dlsym(RTLD_DEFAULT, "sdallocx");
  if (looked_up != NULL) {
    looked_up(block, size, 0);
  } else {
    free(block);
  }
}
#define IS_HOST
#endif

enum { kBlocks = 1000, kBytes = 3000 };

__attribute__((noinline)) void* MakeOne(void) {
  volatile char* block = Make(kBytes);
  block[0] = 1;
  return (void*)block;
}

__attribute__((noinline)) void MakeAndGiveBack(size_t size, int plainly) {
  static void* blocks[kBlocks];
  for (int i = 0; i < kBlocks; ++i) blocks[i] = malloc(size);
  for (int i = 0; i < kBlocks; ++i) {
    if (plainly) {
      free(blocks[i]);
    } else {
      GiveBack(blocks[i], size);
    }
  }
}

__attribute__((visibility("default"))) void OwnCallsRound(const char* mode) {
  static size_t size = 1000;
  size += 1000;  // another size class each round: addresses are not used again at once
  if (strcmp(mode, "leak") == 0) {
    free(malloc(77));
    for (int i = 0; i < kBlocks; ++i) MakeOne();
  } else {
    MakeAndGiveBack(size, strcmp(mode, "plain") == 0);
  }
}

#ifndef IS_LIBRARY
int main(int argc, char** argv) {
  void (*round)(const char*) = OwnCallsRound;
#ifdef IS_HOST
  if (argc > 2) {
    void* library = dlopen(argv[2], RTLD_NOW);
    round = library != NULL ? (void (*)(const char*))dlsym(library, "OwnCallsRound") : NULL;
    if (round == NULL) return fprintf(stderr, "%s\n", dlerror()), 1;
  }
#endif
#ifdef ASKS
  printf("mallocx %d tc_malloc %d mi_malloc %d\n", mallocx != NULL, tc_malloc != NULL, mi_malloc != NULL);
#endif
  char byte;
  do {
    round(argc > 1 ? argv[1] : "plain");
    printf("done\n");
    fflush(stdout);
  } while (read(0, &byte, 1) > 0);
  return 0;
}
#endif
