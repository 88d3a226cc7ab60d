/* What a service may tell mqtrack of itself: regions, resources of its own, and when to take a snapshot.
 *
 * Header-only, for C99 and C++11 and later. There is nothing to link with. Where no recorder is in the process, each
 * call is one load and one jump, and does nothing; `mqtrack run` and `mqtrack attach` bring the recorder. In a static
 * program, and where the compiler or the platform is not known, all of it does nothing. With MQTRACK_INERT defined
 * before the #include, not even the load is left.
 *
 * All functions may be called from any thread. errno stays as it is. Names are texts of at most 40 bytes, longer ones
 * are cut; of regions and of kinds 250 different ones are kept, further ones are called "(other)". So use names of what
 * your program does, not of what passes through it.
 *
 * How it finds the recorder: by the functions mqtrack_v1_*, which the program refers to weakly. The reference goes
 * through the global offset table always, also in code that is not position-independent: there the linker would take
 * any other reference for a null pointer, for good, and an attach would find nothing to fill in.
 *
 * docs/annotations.md of mqtrack has examples. SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

/* Raised when something is added. What is there stays. */
#define MQTRACK_API_VERSION 1

#if defined(__ELF__) && defined(__GNUC__) && !defined(MQTRACK_INERT)
#define MQTRACK_FINDS_RECORDER_ 1
#else
#define MQTRACK_FINDS_RECORDER_ 0
#endif

/* Inlined even where nothing is optimised, so that a resource's stack begins in the caller. */
#if !defined(__GNUC__)
#define MQTRACK_INLINE_ static inline
#elif defined(__cplusplus)
#define MQTRACK_INLINE_ inline __attribute__((__always_inline__))
#else
#define MQTRACK_INLINE_ static inline __attribute__((__always_inline__, __unused__))
#endif

#ifdef __cplusplus
#define MQTRACK_NULL_ nullptr
extern "C" {
#else
#define MQTRACK_NULL_ NULL
#endif

typedef int mqtrack_is_recording_fn(void);
typedef void mqtrack_region_enter_fn(void* token, const char* name);
typedef void mqtrack_region_leave_fn(void* token);
typedef void mqtrack_acquire_fn(const char* kind, const void* handle, size_t bytes);
typedef void mqtrack_release_fn(const char* kind, const void* handle);
typedef int mqtrack_snapshot_fn(const char* name);
typedef const char* mqtrack_snapshot_error_fn(void);

/* MQTRACK_FIND_(what) defines a function that returns the recorder's function, or a null pointer. It is looked at anew
 * each time, since a recorder may come and go. */
#if !MQTRACK_FINDS_RECORDER_
#define MQTRACK_FIND_(what) \
  MQTRACK_INLINE_ mqtrack_##what##_fn* mqtrack_find_##what(void) { return MQTRACK_NULL_; }
#elif defined(__x86_64__) && !defined(__ILP32__) && !defined(MQTRACK_PORTABLE_LOOKUP)
/* The address of the table's entry, not its content: that load the linker would turn into a constant. Twice, in the two
 * syntaxes of the assembler. */
#define MQTRACK_FIND_(what)                                         \
  MQTRACK_INLINE_ mqtrack_##what##_fn* mqtrack_find_##what(void) {  \
    mqtrack_##what##_fn* const volatile* entry;                     \
    __asm__(".weak mqtrack_v1_" #what "\n\t{leaq mqtrack_v1_" #what \
            "@GOTPCREL(%%rip), %0|"                                 \
            "lea %0, mqtrack_v1_" #what "@GOTPCREL[rip]}"           \
            : "=r"(entry));                                         \
    return *entry;                                                  \
  }
#else
#define MQTRACK_FIND_(what)                                               \
  extern mqtrack_##what##_fn mqtrack_v1_##what __attribute__((__weak__)); \
  MQTRACK_INLINE_ mqtrack_##what##_fn* mqtrack_find_##what(void) { return mqtrack_v1_##what; }
#endif

MQTRACK_FIND_(is_recording)
MQTRACK_FIND_(region_enter)
MQTRACK_FIND_(region_leave)
MQTRACK_FIND_(acquire)
MQTRACK_FIND_(release)
MQTRACK_FIND_(snapshot)
MQTRACK_FIND_(snapshot_error)

/* 1 if the process is being recorded now, else 0. */
MQTRACK_INLINE_ int mqtrack_is_recording(void) {
  mqtrack_is_recording_fn* const function = mqtrack_find_is_recording();
  return function ? function() : 0;
}

/* A resource of the program's own now exists: a buffer taken from a pool, a timer of a library, a lease. It is one live
 * thing of sample type `resources`, with the caller's stack and the label kind=`kind`; `bytes`, 0 if that means
 * nothing, count as `resource_space`. `handle` tells it from others of its kind: the same handle under two kinds is two
 * resources, and acquired again under the same kind it replaces the earlier one. Call it after the resource was made.
 */
MQTRACK_INLINE_ void mqtrack_acquire(const char* kind, const void* handle, size_t bytes) {
  mqtrack_acquire_fn* const function = mqtrack_find_acquire();
  if (!function) return;
  function(kind, handle, bytes);
#if defined(__GNUC__)
  __asm__ __volatile__(""); /* no jump: the caller stays on the stack */
#endif
}

/* It is about to end. Call it before its handle can be given to somebody else. One that is not known is no error. */
MQTRACK_INLINE_ void mqtrack_release(const char* kind, const void* handle) {
  mqtrack_release_fn* const function = mqtrack_find_release();
  if (function) function(kind, handle);
}

/* A number as a handle. */
MQTRACK_INLINE_ const void* mqtrack_handle(uintptr_t number) {
#ifdef __cplusplus
  return reinterpret_cast<const void*>(number);
#else
  return (const void*)number;
#endif
}

/* Writes what is alive now to NAME.pb.gz, waits for it, and starts a new generation, as `mqtrack snapshot` does, which
 * it runs. The file goes to where `mqtrack run` was started, or its --snapshot-dir; after an attach, to the working
 * directory of the process. A file of that name is replaced. Slashes and control characters of `name` become "_", and
 * so does a dot at its beginning.
 *
 * Returns 0, or what went wrong as a negative errno; mqtrack_snapshot_error() says it in words:
 *   -ENOSYS     the process is not recorded: nothing was done
 *   -EINVAL     the name is empty, or longer than 100 bytes
 *   -ENOENT     the command mqtrack is not where it was, beside the recorder, or on the PATH
 *   -EPERM      the service has forbidden itself system calls (seccomp), so no program can be started
 *   -ETIMEDOUT  it took longer than two minutes
 *   -EIO        mqtrack could not take or write it
 *   others      of starting a program: -EAGAIN, -ENOMEM, -EACCES ...
 * The process sees no child, no signal and no descriptor. Only the calling thread waits. Not for signal handlers. */
MQTRACK_INLINE_ int mqtrack_snapshot(const char* name) {
  mqtrack_snapshot_fn* const function = mqtrack_find_snapshot();
  return function ? function(name) : -ENOSYS;
}

/* What went wrong with this process's latest snapshot; "" if nothing did. Never null. Valid until the next one. */
MQTRACK_INLINE_ const char* mqtrack_snapshot_error(void) {
  mqtrack_snapshot_error_fn* const function = mqtrack_find_snapshot_error();
  return function ? function() : "the process is not recorded; start it with: mqtrack run";
}

/* What MQTRACK_REGION is made of, for where a scope is not to be had. `token` is the address of something that lives as
 * long as the region does. Leaving it on another thread than that which entered does nothing. */
MQTRACK_INLINE_ void mqtrack_region_enter(void* token, const char* name) {
  mqtrack_region_enter_fn* const function = mqtrack_find_region_enter();
  if (function) function(token, name);
}
MQTRACK_INLINE_ void mqtrack_region_leave(void* token) {
  mqtrack_region_leave_fn* const function = mqtrack_find_region_leave();
  if (function) function(token);
}

#ifdef __cplusplus
} /* extern "C" */
#endif

/* MQTRACK_REGION("decode"); from here to the end of the enclosing block, what this thread allocates and opens carries
 * the label region=decode. Regions nest: "decode" inside "handle" is region=handle/decode; six levels deep, beyond
 * which the label stays; a region directly inside one of its own name adds nothing. Left by return, break, goto or a
 * C++ exception, a region ends; by longjmp, it ends when the thread next enters or leaves a region from no deeper on
 * its stack. */
#define MQTRACK_JOIN_ANYWAY_(a, b) a##b
#define MQTRACK_JOIN_(a, b) MQTRACK_JOIN_ANYWAY_(a, b)

#ifdef __cplusplus

namespace mqtrack {

/* A region as an object. */
class Region {
 public:
  MQTRACK_INLINE_ explicit Region(const char* name) noexcept { mqtrack_region_enter(this, name); }
  MQTRACK_INLINE_ ~Region() { mqtrack_region_leave(this); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
};

} /* namespace mqtrack */

#define MQTRACK_REGION(name) \
  const ::mqtrack::Region MQTRACK_JOIN_(mqtrack_region_, __LINE__) { name }

#elif MQTRACK_FINDS_RECORDER_

MQTRACK_INLINE_ char mqtrack_region_begin_(char* token, const char* name) {
  mqtrack_region_enter(token, name);
  return 0;
}
MQTRACK_INLINE_ void mqtrack_region_end_(char* token) { mqtrack_region_leave(token); }

#define MQTRACK_REGION(name)                                                                                    \
  char MQTRACK_JOIN_(mqtrack_region_, __LINE__) __attribute__((__unused__, __cleanup__(mqtrack_region_end_))) = \
      mqtrack_region_begin_(&MQTRACK_JOIN_(mqtrack_region_, __LINE__), name)

#else
#define MQTRACK_REGION(name) ((void)(name))
#endif
