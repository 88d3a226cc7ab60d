/* Stacks that are not the thread's own, and what services do to the memory around them. `stack_switches WHAT ...`:
 *
 *   divided SWITCH POOL CHANGE   a pool in which a coroutine ran is divided into small stacks, and one runs there
 *   bottoms                      coroutines whose first frame has all kinds of things for a return address, at the
 *                                very end of what is mapped
 *   threads SWITCH               stacks of one pool that threads give each other, with a guard that moves
 *   handlers                     alternate signal stacks, as small as they may be, between guard pages
 *
 * Every block that is kept comes from keep(), below functions whose callers are known: stacks_test.py checks each pair.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
enum { kPage = 4096 };

static _Atomic long kept;
NOINLINE void keep(void) {
  char* block = malloc(24);
  if (block == NULL) abort();
  block[0] = 1;
  if (++kept % 8 != 0) free(block);
  __asm__ volatile("" ::: "memory");
}
NOINLINE void pad(size_t bytes, int times) {
  volatile char* room = __builtin_alloca(bytes);
  room[0] = 1;
  for (int i = 0; i < times; i++) keep();
  room[0] = 2;
}

/* -------------------------------------------------------------------------------------------------- switching */

struct coroutine {
  ucontext_t here, caller;
  void *sp, *caller_sp;
  void (*run)(void);
};
static __thread struct coroutine* current;

void switch_stacks(void** save, void* to);
__asm__(
    ".text\n.globl switch_stacks\n.type switch_stacks,@function\nswitch_stacks:\n"
    "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "mov %rsp,(%rdi)\nmov %rsi,%rsp\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n"
    ".size switch_stacks,.-switch_stacks\n");

/* A coroutine may be resumed by another thread: its own idea of `current` is asked for anew. */
NOINLINE struct coroutine* this_coroutine(void) { return current; }

static void entry_by_context(void) {
  current->run();
  struct coroutine* self = this_coroutine();
  setcontext(&self->caller);
}
static void entry_by_assembly(void) {
  current->run();
  struct coroutine* self = this_coroutine();
  void* unused;
  switch_stacks(&unused, self->caller_sp);
  abort();
}

enum switching { kContext, kAssembly };
static enum switching switching;

static void prepare(struct coroutine* c, char* base, size_t size, void (*run)(void), uint64_t bottom) {
  c->run = run;
  if (switching == kContext) {
    getcontext(&c->here);
    c->here.uc_stack.ss_sp = base;
    c->here.uc_stack.ss_size = size;
    c->here.uc_link = NULL;
    makecontext(&c->here, entry_by_context, 0);
    return;
  }
  uint64_t* top = (uint64_t*)(base + size);
  *--top = bottom; /* where the entry's return address would be: the last word there is */
  *--top = (uint64_t)entry_by_assembly;
  for (int i = 0; i < 6; i++) *--top = 0;
  c->sp = top;
}
NOINLINE static void resume(struct coroutine* c) {
  current = c;
  if (switching == kContext)
    swapcontext(&c->caller, &c->here);
  else
    switch_stacks(&c->caller_sp, c->sp);
}
NOINLINE static void suspend(void) {
  struct coroutine* c = this_coroutine();
  if (switching == kContext)
    swapcontext(&c->here, &c->caller);
  else
    switch_stacks(&c->sp, c->caller_sp);
}
NOINLINE static void run_on(char* base, size_t size, void (*run)(void), uint64_t bottom) {
  struct coroutine c;
  prepare(&c, base, size, run, bottom);
  resume(&c);
}

/* ----------------------------------------------------------------------------------------------------- divided */

static long raw(long number, long a, long b, long c) {
  long result = number;
  __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
static const char* change;
static void take_away(char* at, size_t bytes) {
  int failed = 0;
  if (!strcmp(change, "mprotect")) failed = mprotect(at, bytes, PROT_NONE);
  else if (!strcmp(change, "munmap")) failed = munmap(at, bytes);
  else if (!strcmp(change, "mmap")) failed = mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
  else if (!strcmp(change, "mremap")) failed = mremap(at, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED;
  else if (!strcmp(change, "madvise")) failed = madvise(at, bytes, MADV_DONTNEED);
  else if (!strcmp(change, "syscall")) failed = syscall(SYS_mprotect, at, bytes, PROT_NONE) != 0;
  else if (!strcmp(change, "raw-mprotect")) failed = raw(SYS_mprotect, (long)at, bytes, PROT_NONE) != 0;
  else if (!strcmp(change, "raw-munmap")) failed = raw(SYS_munmap, (long)at, bytes, 0) != 0;
  else failed = 1;
  if (failed) perror(change), exit(3);
}
static void big_entry(void) {
  pad(700 * 1024, 3);
  for (int o = 0; o < kPage; o += 16) pad(100 * 1024 + o, 3);
}
static void small_entry(void) {
  for (int o = 0; o < kPage; o += 16) pad(64 + o, 3);
}
static void divide_and_run(char* pool, size_t bytes) {
  enum { kSmall = 16384 };
  char* small = pool + bytes - 256 * 1024;
  take_away(small - kPage, kPage);
  for (int i = 0; i <= 56; i++) take_away(small + kSmall + kPage * i, kPage);
  run_on(small, kSmall, small_entry, 0);
  if (strcmp(change, "madvise") != 0) return;
  run_on(small + 64 * 1024, kSmall, small_entry, 0);
}
NOINLINE static void divided_in_own_stack(void) {
  enum { kPool = 1 << 20 };
  char room[kPool + 2 * kPage];
  char* pool = (char*)(((uintptr_t)room + kPage - 1) & ~(uintptr_t)(kPage - 1));
  divide_and_run(pool, kPool);
  for (int i = 0; i < 100; i++) small_entry(); /* on the thread's own stack, below the hole */
  mprotect(pool, kPool, PROT_READ | PROT_WRITE);
}
static void divided(const char* pool) {
  enum { kPool = 1 << 20 };
  if (!strcmp(pool, "own")) {
    big_entry();
    divided_in_own_stack();
    small_entry();
    return;
  }
  char* memory = mmap(NULL, kPool, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!strcmp(pool, "file")) {
    int fd = memfd_create("pool", 0);
    ftruncate(fd, kPool);
    memory = mmap(memory, kPool, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    run_on(memory, kPool, big_entry, 0);
    ftruncate(fd, kPool - 256 * 1024 + 16384); /* what lies above gives SIGBUS from now on */
    run_on(memory + kPool - 256 * 1024, 16384, small_entry, 0);
    return;
  }
  run_on(memory, kPool, big_entry, 0);
  divide_and_run(memory, kPool);
}

/* ----------------------------------------------------------------------------------------------------- bottoms */

/* Functions that a coroutine is to go on with when its entry returns. The byte before each is another function's. */
void before_end(void);
void end_of_coroutine(void);
void end_after_call(void);
__asm__(
    ".text\n.globl before_end\n.type before_end,@function\nbefore_end:\n"
    ".cfi_startproc\nsub $0x18018,%rsp\n.cfi_def_cfa_offset 0x18020\nadd $0x18018,%rsp\nsub $0x18018,%rsp\nret\n.cfi_endproc\n.size before_end,.-before_end\n"
    ".globl end_of_coroutine\n.type end_of_coroutine,@function\nend_of_coroutine:\n"
    ".cfi_startproc\nsub $0x18018,%rsp\n.cfi_def_cfa_offset 0x18020\ncall abort\n.cfi_endproc\n.size end_of_coroutine,.-end_of_coroutine\n"
    ".globl end_after_call\n.type end_after_call,@function\nend_after_call:\n.cfi_startproc\nnop\nhlt\n.cfi_endproc\n.size end_after_call,.-end_after_call\n");

static void* old_return_address;
NOINLINE static void leave_return_address(void) { old_return_address = __builtin_return_address(0); }
NOINLINE static void far_caller(void) {
  volatile char room[200 * 1024];
  room[0] = 1;
  leave_return_address();
  room[1] = 2;
}
static void work_at_bottom(void) {
  for (int o = 0; o < 2 * kPage; o += 16) pad(64 + o, 3);
}
static void bottoms(void) {
  switching = kAssembly;
  far_caller();
  uint64_t values[] = {0, (uint64_t)end_of_coroutine, (uint64_t)end_after_call, (uint64_t)old_return_address,
                       0xa5a5a5a5a5a5a5a5, (uint64_t)&kept, 1, 0x7fffffffffff, (uint64_t)work_at_bottom + 1};
  enum { kStack = 16 * kPage, kRoom = 64 * kPage };
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    for (int round = 0; round < 4; round++) {
      char* room = mmap(NULL, kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      run_on(room, kStack, work_at_bottom, values[i]); /* what lies above can be read */
      if (round % 2) munmap(room + kStack, kRoom - kStack);
      else raw(SYS_mprotect, (long)(room + kStack), kRoom - kStack, PROT_NONE);
      run_on(room, kStack, work_at_bottom, values[i]); /* and now it cannot */
      munmap(room, kRoom);
    }
  }
}

/* ----------------------------------------------------------------------------------------------------- threads */

enum { kThreads = 4, kSlots = 16, kSlotBytes = 32 * kPage, kTurns = 3000 };
static struct slot {
  pthread_mutex_t lock;
  struct coroutine c;
  char* memory;
  int running, size;
} slots[kSlots];

static void in_turns(void) {
  for (int i = 0; i < 8; i++) {
    pad(64 + 1000 * i, 2);
    suspend();
  }
}
static void* turn(void* number) {
  unsigned seed = (unsigned)(uintptr_t)number;
  for (int i = 0; i < kTurns; i++) {
    struct slot* slot = &slots[rand_r(&seed) % kSlots];
    pthread_mutex_lock(&slot->lock);
    if (slot->running == 0) { /* a new coroutine, with another size: the guard moves, what lies beyond goes or comes */
      int pages = 8 + rand_r(&seed) % 22;
      mprotect(slot->memory, kSlotBytes, PROT_READ | PROT_WRITE);
      if (seed % 3 == 0) madvise(slot->memory, kSlotBytes, MADV_DONTNEED);
      if (seed % 3 == 1) {
        munmap(slot->memory, kSlotBytes);
        slot->memory = mmap(NULL, kSlotBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      }
      slot->size = pages * kPage;
      raw(SYS_mprotect, (long)slot->memory + slot->size, kSlotBytes - slot->size, PROT_NONE);
      prepare(&slot->c, slot->memory, slot->size, in_turns, (uint64_t)end_of_coroutine);
    }
    resume(&slot->c);
    slot->running = (slot->running + 1) % 9; /* eight turns, and the end */
    pthread_mutex_unlock(&slot->lock);
    pad(100, 1);
  }
  return NULL;
}
static void threads(void) {
  pthread_t ids[kThreads];
  for (int i = 0; i < kSlots; i++) {
    pthread_mutex_init(&slots[i].lock, NULL);
    slots[i].memory = mmap(NULL, kSlotBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  for (uintptr_t i = 0; i < kThreads; i++) pthread_create(&ids[i], NULL, turn, (void*)(i + 1));
  for (int i = 0; i < kThreads; i++) pthread_join(ids[i], NULL);
}

/* ---------------------------------------------------------------------------------------------------- handlers */

static void on_signal(int number) { keep(); }
static void handlers(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  keep(); /* the loader's search for malloc needs more room than a handler has */
  size_t least = sysconf(_SC_MINSIGSTKSZ), sizes[] = {least + 2048, 8192, 16384};
  for (int i = 0; i < 3; i++) {
    size_t room = 4 * kPage + (sizes[i] & ~(size_t)(kPage - 1)) + kPage;
    char* memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* base = memory + kPage;
    mprotect(memory, kPage, PROT_NONE);
    mprotect(memory + room - 2 * kPage, 2 * kPage, PROT_NONE);
    for (int turn = 0; turn < 100; turn++) {
      stack_t stack = {.ss_sp = base, .ss_size = sizes[i]};
      if (sigaltstack(&stack, NULL) != 0) perror("sigaltstack"), exit(3);
      raise(SIGUSR1);
      pad(64 + turn * 16, 1);
      raw(SYS_mprotect, (long)(memory + kPage), kPage, turn % 2 ? PROT_READ | PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC);
    }
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, room);
  }
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (argc > 2) switching = strcmp(argv[2], "context") == 0 ? kContext : kAssembly;
  if (!strcmp(what, "divided") && argc == 5) change = argv[4], divided(argv[3]);
  else if (!strcmp(what, "bottoms")) bottoms();
  else if (!strcmp(what, "threads")) threads();
  else if (!strcmp(what, "handlers")) handlers();
  else return 2;
  printf("kept %ld\n", kept / 8);
  return 0;
}
