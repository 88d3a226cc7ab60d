// Threads, signals, jumps and exceptions around the allocator. Each is one word on the command line.
#include <alloca.h>
#include <limits.h>
#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>

#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

static void* Small(void*) {
  void* kept = malloc(7001);
  for (int i = 0; i < 20; ++i) free(malloc(100 + i));
  (void)kept;
  return nullptr;
}

static int Many() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN) != 0) return 2;
  for (int round = 0; round < 1250; ++round) {
    pthread_t threads[8];
    for (auto& thread : threads)
      if (pthread_create(&thread, &attributes, Small, nullptr) != 0) return 3;
    for (auto& thread : threads) pthread_join(thread, nullptr);
  }
  return 0;
}

static void FreeAtEnd(void* block) {
  free(block);
  (void)!malloc(7003);
}
static pthread_key_t key;
struct AtThreadEnd {
  std::string* text = nullptr;
  ~AtThreadEnd() {
    delete text;
    text = new std::string(7005, 'x');
  }
};
static thread_local AtThreadEnd at_end;

static void* Cancelled(void* how) {
  pthread_setspecific(key, malloc(7007));
  at_end.text = new std::string(7009, 'x');
  pthread_cleanup_push(free, malloc(7011));
  if (how == nullptr) pthread_exit(nullptr);
  for (;;) {
    free(malloc(50));
    pthread_testcancel();
  }
  pthread_cleanup_pop(1);
  return nullptr;
}

static int Cancel() {
  pthread_key_create(&key, FreeAtEnd);
  for (int i = 0; i < 200; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, Cancelled, i % 2 == 0 ? nullptr : &key) != 0) return 2;
    if (i % 2 != 0) pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
  return 0;
}

/// Of the library real_window: true while this thread is in the real allocator, which no handler may enter or leave.
extern "C" __attribute__((weak)) volatile int* InsideRealAllocator();
static volatile sig_atomic_t handled = 0;
static void* kept_by_handler[400];
static void OnTick(int) {
  if (*InsideRealAllocator() != 0) return;
  const int saved = errno;
  void* block = malloc(7001);
  if (handled < 400)
    kept_by_handler[handled] = block;
  else
    free(block);
  handled = handled + 1;
  errno = saved;
}

static void Arm(int microseconds) {
  const itimerval every{{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &every, nullptr);
}

static __attribute__((noinline)) void Deeper(int depth, int i) {
  char room[200];
  memset(room, i, sizeof room);
  if (depth > 0)
    Deeper(depth - 1, i);
  else
    free(malloc(24 + (room[5] & 63)));
  asm volatile("" : : "r"(room) : "memory");
}

static int Storm(bool alternate) {
  static char stack[256 * 1024];
  const stack_t other{stack, 0, sizeof stack};
  if (alternate) sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = OnTick;
  action.sa_flags = (alternate ? SA_ONSTACK : 0) | SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  Arm(1000);
  for (int i = 0; handled < 500; ++i) Deeper(i % 20, i);
  Arm(0);
  for (int i = 0; i < 400; ++i) free(kept_by_handler[i]);
  for (int i = 0; i < 11; ++i) (void)!malloc(9001);
  return 0;
}

static sigjmp_buf back;
static void JumpOut(int) {
  if (*InsideRealAllocator() != 0) {
    const itimerval soon{{0, 0}, {0, 20}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    return;
  }
  if (handled++ % 2 == 0) free(malloc(100));
  siglongjmp(back, 1);
}
/// Jumps out of a handler that interrupted anything at all, the recorder included.
static int Jump() {
  signal(SIGALRM, JumpOut);
  for (volatile int i = 0; i < 500; ++i) {
    if (sigsetjmp(back, 1) == 0) {
      const itimerval soon{{0, 0}, {0, 300 + i % 50}};
      setitimer(ITIMER_REAL, &soon, nullptr);
      for (;;) Deeper(15, i);
    }
  }
  for (int i = 0; i < 13; ++i) (void)!malloc(9001);
  return 0;
}

static jmp_buf unwound;
static __attribute__((noinline)) int Down(int depth, bool jump) {
  std::vector<char> memory(100 + depth);
  asm volatile("" : : "r"(memory.data()) : "memory");
  if (depth == 0) {
    if (jump) longjmp(unwound, 1);
    throw std::runtime_error("expected");
  }
  return Down(depth - 1, jump) + static_cast<int>(memory.size());
}
static int Unwinding() {
  int caught = 0;
  for (int i = 0; i < 3000; ++i) {
    try {
      caught += Down(100, false);
    } catch (const std::runtime_error&) {
      ++caught;
    }
  }
  for (int i = 0; i < 100; ++i) {
    if (setjmp(unwound) == 0) Down(50, true);  // 51 vectors are lost each time, of 100 to 150 bytes
  }
  printf("%d caught\n", caught);
  return 0;
}

static void OnOverflow(int) {
  for (int i = 0; i < 17; ++i) (void)!malloc(7001);
  _exit(5);
}
static __attribute__((noinline)) int Endless(volatile char* above) {
  volatile char room[4000];
  room[0] = above[0];
  free(malloc(100));
  return Endless(room) + room[1];
}
// `shift` moves all frames, so that the stack ends in another place of malloc, free or the recorder.
static int Overflow(size_t shift) {
  auto* moved = static_cast<volatile char*>(alloca(shift + 1));
  moved[0] = 0;
  static char stack[64 * 1024];
  const stack_t other{stack, 0, sizeof stack};
  sigaltstack(&other, nullptr);
  struct sigaction action {};
  action.sa_handler = OnOverflow;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  char first = 0;
  return Endless(&first);
}

static int Failing(bool fail) {
  // The compiler must not know the size.
  volatile size_t huge = static_cast<size_t>(PTRDIFF_MAX) - 64;
  int thrown = 0;
  for (int i = 0; fail && i < 100; ++i) {
    try {
      (void)operator new(huge);
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
    try {
      (void)operator new[](huge);
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
    try {
      (void)operator new(huge, std::align_val_t(64));
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
    try {
      (void)operator new[](huge, std::align_val_t(64));
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
    thrown += operator new(huge, std::nothrow) == nullptr;
    thrown += operator new[](huge, std::nothrow) == nullptr;
    thrown += operator new(huge, std::align_val_t(64), std::nothrow) == nullptr;
    thrown += operator new[](huge, std::align_val_t(64), std::nothrow) == nullptr;
  }
  for (int i = 0; i < 100; ++i) {
    operator delete(operator new(100));
    operator delete (operator new(100), size_t{100});
    operator delete[](operator new[](100));
    operator delete[](operator new[](100), size_t{100});
    operator delete(operator new(100, std::align_val_t(64)), std::align_val_t(64));
    operator delete (operator new(100, std::align_val_t(64)), size_t{100}, std::align_val_t(64));
    operator delete[](operator new[](100, std::align_val_t(128)), std::align_val_t(128));
    operator delete[](operator new[](100, std::align_val_t(128)), size_t{100}, std::align_val_t(128));
    operator delete(operator new(100, std::nothrow), std::nothrow);
    operator delete[](operator new[](100, std::nothrow), std::nothrow);
    operator delete(operator new(100, std::align_val_t(64), std::nothrow), std::align_val_t(64), std::nothrow);
    operator delete[](operator new[](100, std::align_val_t(64), std::nothrow), std::align_val_t(64), std::nothrow);
  }
  int handler_calls = 0;
  static int* counter = &handler_calls;
  std::set_new_handler([] {
    if (++*counter == 3) std::set_new_handler(nullptr);
  });
  try {
    if (fail) (void)operator new(huge);
  } catch (const std::bad_alloc&) {
    ++thrown;
  }
  printf("%d failures, %d handler calls\n", thrown, handler_calls);
  for (int i = 0; i < 3; ++i) {
    (void)operator new(7001);
    (void)operator new[](7003);
    (void)operator new(7005, std::align_val_t(64));
    (void)operator new(7007, std::nothrow);
  }
  return 0;
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "many") return Many();
  if (what == "cancel") return Cancel();
  if (what == "storm") return Storm(false);
  if (what == "storm-alternate") return Storm(true);
  if (what == "jump") return Jump();
  if (what == "unwinding") return Unwinding();
  if (what == "overflow") return Overflow(argc > 2 ? strtoul(argv[2], nullptr, 10) : 0);
  if (what == "forms") return Failing(false);
  if (what == "failing") return Failing(true);
  return 64;
}
