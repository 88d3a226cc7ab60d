// Blocks that are held by a word in every kind of memory there is: protected since, shared, left out of copies, large
// and mostly empty, close to the allocator's own. Each block is made by a function that bears the name of its way.
// Prints "ready" and waits.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <ucontext.h>
#include <unistd.h>

#define WAY __attribute__((noinline)) static void

enum { kSmall = 64 << 10, kPage = 4096 };
static const size_t kSparse = 64 << 20, kFar = 100ull << 30;

static void** Map(size_t bytes, int flags, int file) {
  void* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (memory == MAP_FAILED) abort();
  return memory;
}
static void** MapOwn(size_t bytes) { return Map(bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1); }
static int SparseFile(size_t bytes) {
  char name[] = "odd_memory_XXXXXX";
  const int file = mkstemp(name);
  if (file < 0 || unlink(name) != 0 || ftruncate(file, (off_t)bytes) != 0) abort();
  return file;
}
static void Protect(void* memory, size_t bytes, int how) {
  if (mprotect(memory, bytes, how) != 0) abort();
}
static void Advise(void* memory, int how) {
  if (madvise(memory, kSmall, how) != 0) abort();
}

// --- protected after it was written

WAY KeepInReadOnly() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(101);
  Protect(memory, kSmall, PROT_READ);
}
WAY KeepInNoAccess() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(102);
  Protect(memory, kSmall, PROT_NONE);
}
WAY KeepInWriteOnly() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(103);
  Protect(memory, kSmall, PROT_WRITE);
}
WAY KeepInCode() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(104);
  Protect(memory, kSmall, PROT_READ | PROT_EXEC);
}
WAY KeepInPrivateFile() {
  void** memory = Map(kSparse, MAP_PRIVATE, SparseFile(kSparse));
  memory[1000000] = malloc(105);
  Protect(memory, kSparse, PROT_READ);
}
static void* secret;
WAY KeepInProtectedBlock() {
  secret = aligned_alloc(kPage, kPage);
  *(void**)secret = malloc(106);
  Protect(secret, kPage, PROT_NONE);
}

// --- left out of copies

WAY KeepInDontFork() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(107);
  Advise(memory, MADV_DONTFORK);
}
WAY KeepInWipeOnFork() {
  void** memory = MapOwn(kSmall);
  memory[100] = malloc(108);
  Advise(memory, MADV_WIPEONFORK);
}

// --- shared, and mostly never touched

WAY KeepInShared() { Map(kSparse, MAP_SHARED | MAP_ANONYMOUS, -1)[1000000] = malloc(109); }
WAY KeepInMemoryFile() {
  const int file = memfd_create("sparse", 0);  // stays open: the test looks at its size
  if (ftruncate(file, (off_t)kSparse) != 0) abort();
  Map(kSparse, MAP_SHARED, file)[1000000] = malloc(110);
}
WAY KeepInDiskFile() { Map(kSparse, MAP_SHARED, SparseFile(kSparse))[1000000] = malloc(111); }
WAY KeepInSystemVMemory() {
  const int id = shmget(IPC_PRIVATE, kSmall, 0600);
  void** memory = shmat(id, NULL, 0);
  shmctl(id, IPC_RMID, NULL);
  memory[100] = malloc(112);
}
/// A file that is read only: nothing of it is written, so nothing of it has to be read.
WAY MapReadOnlyFile() {
  const size_t bytes = 1 << 30;
  if (mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, SparseFile(bytes), 0) == MAP_FAILED) abort();
}

// --- large

WAY KeepFarOut() { MapOwn(kFar)[kFar / sizeof(void*) / 2] = malloc(113); }

// --- beside the allocator's own, and like it

static void *below, *above;
WAY KeepBetweenAligned() {
  above = aligned_alloc(kPage, 1 << 20);
  void** memory = MapOwn(kSmall);
  below = aligned_alloc(kPage, 1 << 20);
  memory[100] = malloc(114);
}
/// Begins as a heap of glibc's arenas does: where they begin, with an address at the start of such a heap.
WAY KeepWhereArenasBegin() {
  const uintptr_t align = 64 << 20;
  void** memory = (void**)(((uintptr_t)MapOwn(2 * align + kSmall) + align) & ~(align - 1));
  Protect((char*)memory - kPage, kPage, PROT_NONE);
  memory[0] = memory + 8;
  memory[500] = malloc(115);
}

// --- beside stacks, and like them

static pthread_barrier_t runs;
static void* Sleep(void* nothing) {
  pthread_barrier_wait(&runs);
  for (;;) pause();
  return nothing;
}
WAY KeepBelowOwnStack() {
  const size_t stack_bytes = 256 << 10;
  char* memory = (char*)MapOwn(2 * stack_bytes);
  Protect(memory, kPage, PROT_NONE);
  ((void**)memory)[kPage] = malloc(116);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, memory + stack_bytes, stack_bytes);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, Sleep, NULL) != 0) abort();
  pthread_barrier_wait(&runs);
}
/// Two words as an ended thread leaves them, which a list that is empty has too.
WAY KeepBelowSelfPointers() {
  char* memory = (char*)MapOwn(kSmall);
  Protect(memory, kPage, PROT_NONE);
  ((void**)memory)[kPage / 4] = malloc(117);
  void** self = (void**)(memory + kSmall / 2);
  self[0] = self[2] = self;
}
static ucontext_t caller, coroutine;
static void Suspend() {
  void* volatile slot = malloc(118);
  swapcontext(&coroutine, &caller);
  (void)slot;
}
WAY KeepInCoroutine() {
  const size_t bytes = 256 << 10;
  char* stack = (char*)MapOwn(bytes);
  Protect(stack, kPage, PROT_NONE);
  getcontext(&coroutine);
  coroutine.uc_stack.ss_sp = stack + kPage;
  coroutine.uc_stack.ss_size = bytes - kPage;
  makecontext(&coroutine, Suspend, 0);
  swapcontext(&caller, &coroutine);
}

WAY LoseBlock() { *(char*)malloc(119) = 1; }

/// Calls `way` so far down that its frames are not met again.
__attribute__((noinline)) static void FarBelow(void (*way)()) {
  volatile char distance[100000];
  distance[0] = 0;
  way();
  (void)distance[1];
}

int main() {
  pthread_barrier_init(&runs, NULL, 2);
  void (*const ways[])() = {
      KeepInReadOnly,       KeepInNoAccess,      KeepInWriteOnly,       KeepInCode,      KeepInPrivateFile,
      KeepInProtectedBlock, KeepInDontFork,      KeepInWipeOnFork,      KeepInShared,    KeepInMemoryFile,
      KeepInDiskFile,       KeepInSystemVMemory, MapReadOnlyFile,       KeepFarOut,      KeepBetweenAligned,
      KeepWhereArenasBegin, KeepBelowOwnStack,   KeepBelowSelfPointers, KeepInCoroutine, LoseBlock};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) FarBelow(ways[i]);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
