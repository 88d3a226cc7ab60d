// Does one thing with mappings at a time, and waits in between: usage: mappings SCENARIO IN OUT, as descriptors.c. What
// it maps can be told from all else in /proc/PID/maps: files called mapped-*, memory that is shared, and private memory
// that may be executed but not written to.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { PAGE = 4096, MARK = PROT_READ | PROT_EXEC };

#define FAILS(call, error) MUST((errno = 0, (call) && errno == (error)))

static char* map(size_t pages) {
  char* at = mmap(NULL, pages * PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(at != MAP_FAILED);
  return at;
}
/// Over what is there.
static void map_at(char* at, size_t pages) {
  MUST(mmap(at, pages * PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
}
static void unmap(char* at, size_t pages) { MUST(munmap(at, pages * PAGE) == 0); }
/// Room that nothing else is mapped in, each page of it free.
static char* room(size_t pages) {
  char* at = map(pages);
  unmap(at, pages);
  return at;
}
static int file(const char* name, size_t pages) {
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  MUST(fd >= 0 && ftruncate(fd, pages * PAGE) == 0);
  return fd;
}

static void parts(void) {
  char *a, *b, *c;
  STEP(a = map(10));
  STEP(unmap(a + 4 * PAGE, 2));
  STEP(unmap(a, 1));
  STEP(unmap(a + 9 * PAGE, 1));
  STEP(unmap(a, 10));
  STEP(unmap(a, 10));
  a = room(30);
  STEP(map_at(a, 4); map_at(a + 6 * PAGE, 4); map_at(a + 12 * PAGE, 4); map_at(a + 18 * PAGE, 4);
       map_at(a + 22 * PAGE, 4); map_at(a + 26 * PAGE, 4));
  STEP(unmap(a + 2 * PAGE, 26));
  STEP(unmap(a, 30));
  STEP(b = mmap(NULL, 5000, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  STEP(MUST(munmap(b, 4097) == 0));
  c = map(3);
  STEP(FAILS(munmap(c + 1, PAGE) == -1, EINVAL); FAILS(munmap(c, 0) == -1, EINVAL);
       FAILS(munmap(c, (size_t)-1) == -1, EINVAL));
  STEP(FAILS(mmap(NULL, 0, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, EINVAL));
  STEP(FAILS(mmap(NULL, (size_t)1 << 62, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, ENOMEM));
  errno = 77;
  STEP(unmap(c, 3); c = map(1));
  MUST(errno == 77);
}

static void fixed(void) {
  char *a, *b;
  a = room(40);
  STEP(map_at(a, 10));
  STEP(map_at(a, 10));
  STEP(map_at(a + 3 * PAGE, 2));
  STEP(map_at(a + 8 * PAGE, 6));
  STEP(map_at(a, 20));
  STEP(FAILS(mmap(a, PAGE, MARK, MAP_PRIVATE | MAP_FIXED, -1, 0) == MAP_FAILED, EBADF));
  STEP(FAILS(mmap(a, PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED, EEXIST));
  STEP(FAILS(mmap(a + 1, PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED, EINVAL));
  STEP(b = mmap(a + 30 * PAGE, PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  STEP(unmap(a, 40));
}

static void files(void) {
  char *a, *b, *c, *d, *e;
  int one = file("mapped-one", 8), two = file("mapped-two", 8);
  STEP(a = mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE, one, 0));
  STEP(b = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, two, PAGE));
  STEP(c = mmap64(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, two, 0));
  STEP(unmap(c + PAGE, 2));
  STEP(d = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  MUST(unlink("mapped-one") == 0);
  STEP(e = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, one, 0));
  close(one), close(two);
  STEP(unmap(a, 8); unmap(e, 1));
  STEP(FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, one, 0) == MAP_FAILED, EBADF));
  for (int i = 0; i < 300; ++i) {
    char name[32];
    snprintf(name, sizeof name, "mapped-many-%d", i);
    int fd = file(name, 1);
    MUST(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
    close(fd);
  }
  step("many names");
}

static void remapped(void) {
  char *a, *b, *c, *d, *e, *f;
  b = room(100);
  map_at(b, 4);
  STEP(a = mremap(b, 4 * PAGE, 12 * PAGE, 0));
  MUST(a == b);
  STEP(a = mremap(a, 12 * PAGE, 5 * PAGE, 0));
  map_at(a + 5 * PAGE, 1);
  STEP(FAILS(mremap(a, 5 * PAGE, 9 * PAGE, 0) == MAP_FAILED, ENOMEM));
  unmap(a + 5 * PAGE, 1);
  c = map(2);
  STEP(d = mremap(a, 5 * PAGE, 700 * PAGE, MREMAP_MAYMOVE));
  STEP(d = mremap(d, 700 * PAGE, 3 * PAGE, MREMAP_MAYMOVE));
  e = room(40);
  STEP(map_at(e, 20));
  STEP(MUST(mremap(d, 3 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, e + 2 * PAGE) == e + 2 * PAGE));
  STEP(FAILS(mremap(e, PAGE, PAGE, MREMAP_FIXED, e + PAGE) == MAP_FAILED, EINVAL));
  STEP(FAILS(mremap(e + 1, PAGE, PAGE, MREMAP_MAYMOVE) == MAP_FAILED, EINVAL));
  // The kernel looks at the fifth argument here too, and glibc 2.36 hands on whatever its register holds.
  STEP(f = mremap(c, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
  MUST(f != MAP_FAILED && f != c);
  STEP(unmap(c, 2));
  char* s = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  STEP(s = mremap(s, 0, 4 * PAGE, MREMAP_MAYMOVE));
  MUST(s != MAP_FAILED);
  // Two mappings that the kernel sees as one.
  char* t = room(40);
  map_at(t, 3);
  map_at(t + 3 * PAGE, 3);
  STEP(t = mremap(t, 6 * PAGE, 300 * PAGE, MREMAP_MAYMOVE));
  STEP(t = mremap(t + PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room(8)));
  // Of what nobody knows.
  char* u = room(50);
  STEP(FAILS(mremap(u, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED, EFAULT));
}

static void system_calls(void) {
  char *a, *b;
  STEP(a = (char*)syscall(SYS_mmap, NULL, 8 * PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  STEP(MUST(syscall(SYS_munmap, a + 2 * PAGE, PAGE) == 0));
  STEP(b = (char*)syscall(SYS_mremap, a, 2 * PAGE, 100 * PAGE, MREMAP_MAYMOVE, 0));
  STEP(FAILS(syscall(SYS_munmap, a + 1, PAGE) == -1, EINVAL));
  STEP(MUST(syscall(SYS_munmap, b, 100 * PAGE) == 0));
}

static void segments(void) {
  int id = shmget(IPC_PRIVATE, 5 * PAGE + 1, IPC_CREAT | 0600);
  MUST(id >= 0);
  char *a = NULL, *b, *c;
  a = room(20);
  STEP(MUST(shmat(id, a, 0) == a); b = shmat(id, NULL, SHM_RDONLY));
  shmctl(id, IPC_RMID, NULL);
  STEP(FAILS(shmat(id, a, 0) == (void*)-1, EINVAL));
  STEP(MUST(shmdt(b) == 0));
  STEP(FAILS(shmdt(b) == -1, EINVAL));
  STEP(MUST(shmat(id, a, SHM_REMAP) == a));
  STEP(unmap(a + PAGE, 2));
  STEP(unmap(a, 6));
}

static void children(void) {
  char* a = map(10);
  unmap(a + 3 * PAGE, 1);
  step("parent");
  pid_t child = fork();
  if (child == 0) {
    step("in the child");
    unmap(a, 5);
    step("in the child, unmapped");
    a = map(7);
    step("in the child, mapped");
    _exit(0);
  }
  MUST(waitpid(child, NULL, 0) == child);
  step("the child has ended");
  pid_t vchild = vfork();
  if (vchild == 0) {
    mmap(NULL, 3 * PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(a + 8 * PAGE, PAGE);
    _exit(0);
  }
  MUST(waitpid(vchild, NULL, 0) == vchild);
  step("a child of vfork has mapped and unmapped");
  char fds[2][12];
  snprintf(fds[0], sizeof fds[0], "%d", in), snprintf(fds[1], sizeof fds[1], "%d", out);
  execl("/proc/self/exe", "mappings", "executed", fds[0], fds[1], NULL);
  fail("execl", __LINE__);
}
static void executed(void) {
  step("executed");
  map(2);
  step("mapped afterwards");
}

enum { THREADS = 4, PLACES = 24, LOOSE = 8, SLOT_PAGES = 32, SHARED_PAGES = 512, ROUNDS = 12 };
static pthread_barrier_t barrier;

/// Where the kernel maps nothing of its own accord: a hole that a thread makes here stays its own.
static char* zone(unsigned number) { return (char*)0x100000000000 + (uintptr_t)number * SHARED_PAGES * 16 * PAGE; }

struct held {
  char* at;  // in one of the place's two slots
  size_t pages;
};
static void change_place(struct held* held, char* slots, unsigned what, size_t pages) {
  char* other = held->at < slots + SLOT_PAGES * PAGE ? slots + SLOT_PAGES * PAGE : slots;
  if (held->at == NULL) {
    map_at(slots, pages);
    *held = (struct held){slots, pages};
  } else if (what == 0) {
    unmap(held->at, held->pages);
    held->at = NULL;
  } else if (what == 1) {  // a hole, filled again
    unmap(held->at + held->pages / 2 * PAGE, 1);
    map_at(held->at + held->pages / 2 * PAGE, 1);
  } else if (what == 2 && held->pages > 1) {  // from the front
    unmap(held->at, 1);
    held->at += PAGE, --held->pages;
  } else if (what == 3) {
    MUST(mremap(held->at, held->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other);
    *held = (struct held){other, pages};
  } else if (what == 4) {
    MUST(mremap(held->at, held->pages * PAGE, pages * PAGE, 0) == held->at);
    held->pages = pages;
  }
}
static void change_loose(struct held* held, unsigned what, size_t pages) {
  if (held->at == NULL) {
    *held = (struct held){map(pages), pages};
  } else if (what < 3 && held->pages > 1) {
    unmap(held->at, 1);
    held->at += PAGE, --held->pages;
  } else {
    unmap(held->at, held->pages);
    held->at = NULL;
  }
}

static void* churn_thread(void* argument) {
  unsigned number = (unsigned)(uintptr_t)argument, seed = number + 1;
  struct held places[PLACES] = {0}, loose[LOOSE] = {0};
  for (int round = 0; round < ROUNDS; ++round) {
    for (int i = 0; i < 300; ++i) {
      unsigned what = rand_r(&seed) % 6, place = rand_r(&seed) % PLACES;
      size_t pages = 1 + rand_r(&seed) % 12;
      char* shared = zone(THREADS) + (rand_r(&seed) % SHARED_PAGES / THREADS * THREADS + number) * PAGE;
      change_place(&places[place], zone(number) + place * 2 * SLOT_PAGES * PAGE, what, pages);
      change_loose(&loose[place % LOOSE], what, pages);
      if (what % 2 == 0)
        unmap(shared, 1);
      else
        map_at(shared, 1);
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void churn(void) {
  pthread_t threads[THREADS];
  map_at(zone(THREADS), SHARED_PAGES);
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  for (int i = 0; i < THREADS; ++i) MUST(pthread_create(&threads[i], NULL, churn_thread, (void*)(uintptr_t)i) == 0);
  for (int round = 0; round < ROUNDS; ++round) {
    pthread_barrier_wait(&barrier);
    step("round");
    pthread_barrier_wait(&barrier);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  step("all ended");
}

static volatile sig_atomic_t handled;
static void on_alarm(int signal) {
  (void)signal;
  char* at = mmap(NULL, 3 * PAGE, MARK, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(at + PAGE, PAGE);
  munmap(at, 3 * PAGE);
  ++handled;
}
static void handlers(void) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  char* last = NULL;
  for (int i = 0; handled < 300; ++i) {
    char* at = map(4);
    unmap(at + PAGE, 1);
    if (last != NULL) unmap(last, 4);
    last = at;
  }
  setitimer(ITIMER_REAL, &never, NULL);
  step("interrupted");
}

static void breaks(void) {
  char name[64];
  char* before = sbrk(0);
  step("brk 0");
  MUST(sbrk(10000) == before);
  step("brk 10000");
  MUST(sbrk(500) == before + 10000);
  step("brk 10500");
  MUST(sbrk(-600) == before + 10500);
  step("brk 9900");
  MUST(brk(before + 20000) == 0);
  step("brk 20000");
  MUST(brk(before + 5) == 0);
  step("brk 5");
  FAILS(sbrk((intptr_t)1 << 60) == (void*)-1, ENOMEM);
  FAILS(brk((void*)((uintptr_t)1 << 60)) == -1, ENOMEM);
  step("brk 5");
  MUST(sbrk(-5) == before + 5);
  step("brk 0");
}

__attribute__((noinline)) static char* map_pool(void) {
  char* pool = map(64);
  unmap(pool + 10 * PAGE, 4);
  return pool;
}
__attribute__((noinline)) static char* grow_pool(char* pool) {
  char* grown = mremap(pool, 10 * PAGE, 30 * PAGE, MREMAP_MAYMOVE);
  MUST(grown != MAP_FAILED);
  return grown;
}
__attribute__((noinline)) static void map_over(char* at) { map_at(at + PAGE, 2); }
static void sites(void) {
  char* pool = map_pool();
  char* grown = grow_pool(pool);
  map_over(grown + 28 * PAGE - PAGE);
  step("sites");
}

/// Whatever malloc is made of here, only what this maps itself counts.
static void* allocate_much(void* argument) {
  void* blocks[200];
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) {
      blocks[i] = malloc(1 + (i % 20) * 37123);
      memset(blocks[i], 1, 1);
    }
    for (int i = 0; i < 200; ++i) free(blocks[i]);
  }
  return argument;
}
static void allocator(void) {
  char* own = map(5);
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, allocate_much, NULL);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  void* kept = malloc(64 << 20);
  memset(kept, 1, 4096);
  void* page = aligned_alloc(PAGE, 40 * PAGE);
  memset(page, 1, PAGE);
  unmap(own + PAGE, 1);
  step("allocated");
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*run)(void);
  } scenarios[] = {{"parts", parts},
                   {"fixed", fixed},
                   {"files", files},
                   {"remapped", remapped},
                   {"system_calls", system_calls},
                   {"segments", segments},
                   {"children", children},
                   {"executed", executed},
                   {"churn", churn},
                   {"handlers", handlers},
                   {"breaks", breaks},
                   {"sites", sites},
                   {"allocator", allocator}};
  if (argc != 4) return 2;
  in = atoi(argv[2]), out = atoi(argv[3]);
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; ++i) {
    if (strcmp(argv[1], scenarios[i].name) == 0) return scenarios[i].run(), 0;
  }
  return 2;
}
