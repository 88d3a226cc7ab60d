// The functions behind our hooks: the next definition in the process's lookup order, which may be glibc's, jemalloc's
// or tcmalloc's.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/types.h>
#include <threads.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

namespace mqtrack::hooks {

/// Null where the process has no such function (an allocator of its own without pvalloc).
struct alignas(64) RealFunctions {
  void* (*malloc)(std::size_t);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void* (*reallocarray)(void*, std::size_t, std::size_t);
  void (*free)(void*);
  int (*posix_memalign)(void**, std::size_t, std::size_t);
  void* (*aligned_alloc)(std::size_t, std::size_t);
  void* (*memalign)(std::size_t, std::size_t);
  void* (*valloc)(std::size_t);
  void* (*pvalloc)(std::size_t);
  int (*pthread_setname_np)(pthread_t, const char*);
  int (*dlclose)(void*);
  void (*quick_end)(int);  // _exit
  int (*prctl)(int, unsigned long, unsigned long, unsigned long, unsigned long);
  long (*syscall)(long, long, long, long, long, long, long);
  int (*setrlimit)(int, const void*);
  int (*prlimit)(pid_t, int, const void*, void*);
  int (*execve)(const char*, char* const*, char* const*);
  int (*execvpe)(const char*, char* const*, char* const*);
  int (*fexecve)(int, char* const*, char* const*);
  int (*execveat)(int, const char*, char* const*, char* const*, int);
  int (*pthread_create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  int (*pthread_join)(pthread_t, void**);
  int (*pthread_tryjoin_np)(pthread_t, void**);
  int (*pthread_timedjoin_np)(pthread_t, void**, const timespec*);
  int (*pthread_clockjoin_np)(pthread_t, void**, clockid_t, const timespec*);
  int (*pthread_detach)(pthread_t);
  int (*thrd_create)(thrd_t*, thrd_start_t, void*);
  int (*thrd_join)(thrd_t, int*);
  int (*thrd_detach)(thrd_t);
  int (*timer_create)(clockid_t, sigevent*, timer_t*);
  int (*timer_settime)(timer_t, int, const itimerspec*, itimerspec*);
  int (*timer_delete)(timer_t);
  int (*timerfd_create)(int, int);
  int (*timerfd_settime)(int, int, const itimerspec*, itimerspec*);
  int (*setitimer)(int, const itimerval*, itimerval*);
  unsigned (*alarm)(unsigned);
  void* (*mmap)(void*, std::size_t, int, int, int, off_t);
  int (*munmap)(void*, std::size_t);
  void* (*mremap)(void*, std::size_t, std::size_t, int, ...);
  void* (*shmat)(int, const void*, int);
  int (*shmdt)(const void*);
  int (*brk)(void*);
  void* (*sbrk)(std::intptr_t);
};

extern RealFunctions real;

/// Fills `real`. Called once, before anything else of the hooks; dlsym may allocate, from the bootstrap arena.
void ResolveRealFunctions();

/// Looks the C++ allocation functions up, where the process has them already.
void ResolveNewFunctions();

/// The next definition of `symbol` after ours in the order that the whole process shares; null if there is none.
[[nodiscard]] void* FindNext(const char* symbol);

/// True if malloc, calloc, realloc and free are glibc's own, which call no hook while they are at work.
[[nodiscard]] bool IsRealMallocOfGlibc();

/// True if both addresses belong to the same loaded file.
[[nodiscard]] bool AreOfOneLibrary(const void* one, const void* other);

/// The definition of `symbol` that the code at `caller` would have got without us: its own, or that of a library loaded
/// for it. Remembered for each caller's library; the first time takes the loader's lock.
[[nodiscard]] void* FindForCaller(const char* symbol, const void* caller);
/// A library was unloaded: what FindForCaller remembers may be of it.
void ForgetCallers();

/// Changes whenever a library was unloaded.
[[nodiscard]] std::uint64_t LibraryEra();
/// True if the code at `address` belongs to a file whose name begins with `prefix`.
[[nodiscard]] bool IsOfLibrary(const void* address, const char* prefix);

/// True if the code at `address` belongs to libstdc++ or libc++, whose operator new calls malloc.
[[nodiscard]] bool IsOfCxxLibrary(const void* address);

}  // namespace mqtrack::hooks
