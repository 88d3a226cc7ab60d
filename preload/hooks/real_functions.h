// The functions behind our hooks: the next definition in the process's lookup order, which may be glibc's, jemalloc's
// or tcmalloc's.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/types.h>
#include <threads.h>
#include <time.h>

#include <cstddef>
#include <cstdint>

namespace mqtrack::hooks {

// Name, result, parameters. Those of the allocator first: they share lines of memory.
#define MQTRACK_REAL_FUNCTIONS(X)                                                                                   \
  X(malloc, void*, (std::size_t))                                                                                   \
  X(calloc, void*, (std::size_t, std::size_t))                                                                      \
  X(realloc, void*, (void*, std::size_t))                                                                           \
  X(reallocarray, void*, (void*, std::size_t, std::size_t))                                                         \
  X(free, void, (void*))                                                                                            \
  X(posix_memalign, int, (void**, std::size_t, std::size_t))                                                        \
  X(aligned_alloc, void*, (std::size_t, std::size_t))                                                               \
  X(memalign, void*, (std::size_t, std::size_t))                                                                    \
  X(valloc, void*, (std::size_t))                                                                                   \
  X(pvalloc, void*, (std::size_t))                                                                                  \
  X(strdup, char*, (const char*))                                                                                   \
  X(strndup, char*, (const char*, std::size_t))                                                                     \
  X(pthread_setname_np, int, (pthread_t, const char*))                                                              \
  X(dlclose, int, (void*))                                                                                          \
  X(prctl, int, (int, unsigned long, unsigned long, unsigned long, unsigned long))                                  \
  X(syscall, long, (long, long, long, long, long, long, long))                                                      \
  X(setrlimit, int, (int, const void*))                                                                             \
  X(prlimit, int, (pid_t, int, const void*, void*))                                                                 \
  X(execve, int, (const char*, char* const*, char* const*))                                                         \
  X(execvpe, int, (const char*, char* const*, char* const*))                                                        \
  X(fexecve, int, (int, char* const*, char* const*))                                                                \
  X(execveat, int, (int, const char*, char* const*, char* const*, int))                                             \
  X(posix_spawn, int,                                                                                               \
    (pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*, char* const*)) \
  X(posix_spawnp, int,                                                                                              \
    (pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*, char* const*)) \
  X(pthread_create, int, (pthread_t*, const pthread_attr_t*, void* (*)(void*), void*))                              \
  X(pthread_join, int, (pthread_t, void**))                                                                         \
  X(pthread_tryjoin_np, int, (pthread_t, void**))                                                                   \
  X(pthread_timedjoin_np, int, (pthread_t, void**, const timespec*))                                                \
  X(pthread_clockjoin_np, int, (pthread_t, void**, clockid_t, const timespec*))                                     \
  X(pthread_detach, int, (pthread_t))                                                                               \
  X(thrd_create, int, (thrd_t*, thrd_start_t, void*))                                                               \
  X(thrd_join, int, (thrd_t, int*))                                                                                 \
  X(thrd_detach, int, (thrd_t))                                                                                     \
  X(timer_create, int, (clockid_t, sigevent*, timer_t*))                                                            \
  X(timer_settime, int, (timer_t, int, const itimerspec*, itimerspec*))                                             \
  X(timer_delete, int, (timer_t))                                                                                   \
  X(timerfd_create, int, (int, int))                                                                                \
  X(timerfd_settime, int, (int, int, const itimerspec*, itimerspec*))                                               \
  X(setitimer, int, (int, const itimerval*, itimerval*))                                                            \
  X(alarm, unsigned, (unsigned))                                                                                    \
  X(mmap, void*, (void*, std::size_t, int, int, int, off_t))                                                        \
  X(munmap, int, (void*, std::size_t))                                                                              \
  X(mremap, void*, (void*, std::size_t, std::size_t, int, ...))                                                     \
  X(mprotect, int, (void*, std::size_t, int))                                                                       \
  X(pkey_mprotect, int, (void*, std::size_t, int, int))                                                             \
  X(shmat, void*, (int, const void*, int))                                                                          \
  X(shmdt, int, (const void*))                                                                                      \
  X(brk, int, (void*))                                                                                              \
  X(sbrk, void*, (std::intptr_t))

/// Null where the process has no such function (an allocator of its own without pvalloc).
#define MQTRACK_DECLARE(name, result, parameters) result(*name) parameters;
struct alignas(64) RealFunctions {
  MQTRACK_REAL_FUNCTIONS(MQTRACK_DECLARE)
  void (*quick_end)(int);  // _exit
  bool has_own_copies;     // strdup or strndup is not the C library's, and may reach no malloc that is seen
};
#undef MQTRACK_DECLARE

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
