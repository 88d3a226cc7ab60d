// The functions behind our hooks: the next definition in the process's lookup order, which may be glibc's, jemalloc's or
// tcmalloc's.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <cstddef>

namespace mqtrack::hooks {

/// Null where the process has no such function (an older glibc without free_sized, a C program without operator new).
struct RealFunctions {
  void* (*malloc)(std::size_t);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void* (*reallocarray)(void*, std::size_t, std::size_t);
  void (*free)(void*);
  void (*free_sized)(void*, std::size_t);
  void (*free_aligned_sized)(void*, std::size_t, std::size_t);
  int (*posix_memalign)(void**, std::size_t, std::size_t);
  void* (*aligned_alloc)(std::size_t, std::size_t);
  void* (*memalign)(std::size_t, std::size_t);
  void* (*valloc)(std::size_t);
  void* (*pvalloc)(std::size_t);
  int (*pthread_setname_np)(pthread_t, const char*);
  int (*dlclose)(void*);
  void (*quick_end)(int);  // _exit
  int (*setrlimit)(int, const void*);
  int (*prlimit)(pid_t, int, const void*, void*);
  int (*execve)(const char*, char* const*, char* const*);
  int (*execvpe)(const char*, char* const*, char* const*);
  int (*fexecve)(int, char* const*, char* const*);
  int (*execveat)(int, const char*, char* const*, char* const*, int);
};

extern RealFunctions real;

/// Fills `real`. Called once, before anything else of the hooks; dlsym may allocate, from the bootstrap arena.
void ResolveRealFunctions();

/// Looks the C++ allocation functions up, where the process has them already.
void ResolveNewFunctions();

/// The next definition of a C++ allocation function, also when the C++ library came into the process later and only for a
/// plugin. Null if there is none. May take the loader's lock: called once per function.
[[nodiscard]] void* ResolveLate(const char* symbol);

/// True if the code at `address` belongs to libstdc++ or libc++, whose operator new calls malloc.
[[nodiscard]] bool IsOfCxxLibrary(const void* address);

}  // namespace mqtrack::hooks
