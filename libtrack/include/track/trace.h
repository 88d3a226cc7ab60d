/* Regions that belong to a trace: what a service did, caused by whom, as one line of JSON for each
 * (docs/annotations.md, "Traces"), which `mqtrack topology` and others read. For C99 (with the declarations of POSIX:
 * -std=gnu99, or _GNU_SOURCE) and C++11 and later, GCC and clang, header-only, with nothing to link with, and with or
 * without the recorder.
 *
 * Nothing is written unless the environment says where: MQTRACK_TRACE_LOG=FILE (mqtrack run --trace-log FILE). The
 * service's name is MQTRACK_SERVICE_NAME, else OTEL_SERVICE_NAME, else the program's. Off, a traced region is a region
 * (track.h) that makes its ids and hands them on: about a microsecond.
 *
 * A line is written by one write to a file that is opened for it and closed again: several processes may share a file,
 * it may be renamed, removed or cut while they write, and no descriptor stays open. What cannot be written is left out.
 *
 * Context comes and goes as W3C Trace Context writes it ("traceparent": 00-TRACEID-SPANID-01): in a header of HTTP, or
 * a user property of MQTT 5, or wherever both sides agree on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <track/track.h>
#include <unistd.h>

#ifdef __cplusplus
#define MQTRACK_CAST_(type, value) static_cast<type>(value)
#else
#define MQTRACK_CAST_(type, value) ((type)(value))
#endif

/* "00-" 32 "-" 16 "-01", and the end. */
#define MQTRACK_TRACEPARENT_BYTES 56

/* One region of a trace. Lives in the function that begins and ends it; not to be copied. */
typedef struct mqtrack_trace {
  char trace_id[33], span_id[17], parent_id[17]; /* parent_id is empty if nothing caused it */
  const char* name;                              /* must live as long */
  const char* kind;                              /* "server", "client", "producer", "consumer", "internal" */
  int64_t start_unix_ns, start_ns;
  int failed;
  struct mqtrack_trace* outer;
} mqtrack_trace;

/* The innermost traced region of the calling thread, one for the whole program. */
__thread mqtrack_trace* mqtrack_trace_current_ __attribute__((__weak__));

static inline int64_t mqtrack_trace_now_(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return MQTRACK_CAST_(int64_t, now.tv_sec) * 1000000000 + now.tv_nsec;
}

static inline void mqtrack_trace_random_(char* digits, size_t count) {
  static const char hexadecimal[] = "0123456789abcdef";
  unsigned char bytes[16];
  size_t i;
  if (syscall(SYS_getrandom, bytes, count / 2, 0) != MQTRACK_CAST_(long, count / 2)) {
    const uint64_t number = MQTRACK_CAST_(uint64_t, mqtrack_trace_now_(CLOCK_MONOTONIC)) * 0x9e3779b97f4a7c15u +
                            MQTRACK_CAST_(uint64_t, getpid());
    for (i = 0; i < sizeof bytes; ++i) bytes[i] = MQTRACK_CAST_(unsigned char, (number >> (i % 8 * 8)) + i);
  }
  for (i = 0; i < count; ++i) digits[i] = hexadecimal[(bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
  if (strspn(digits, "0") == count) digits[count - 1] = '1'; /* all zeros are no id */
  digits[count] = '\0';
}

static inline int mqtrack_trace_take_(const char** text, char* digits, size_t count) {
  if (strspn(*text, "0123456789abcdef") < count || strspn(*text, "0") >= count) return 0;
  memcpy(digits, *text, count);
  digits[count] = '\0';
  *text += count;
  return 1;
}

/* Takes what `traceparent` says; 0 if it is no traceparent. Versions later than 00 may have more behind it. */
static inline int mqtrack_trace_parse_(const char* traceparent, char trace_id[33], char parent_id[17]) {
  const char* text = traceparent;
  if (!text || strspn(text, "0123456789abcdef") != 2 || strncmp(text, "ff", 2) == 0 || text[2] != '-') return 0;
  text += 3;
  if (!mqtrack_trace_take_(&text, trace_id, 32) || *text++ != '-') return 0;
  if (!mqtrack_trace_take_(&text, parent_id, 16) || *text++ != '-') return 0;
  return strspn(text, "0123456789abcdef") >= 2;
}

/* Begins a region `name` of the kind `kind`, caused by `traceparent`; null, or no traceparent: by the traced region
 * that the thread is in, else by nothing. It is a region as of MQTRACK_REGION, too. */
static inline void mqtrack_trace_begin(mqtrack_trace* trace, const char* name, const char* kind,
                                       const char* traceparent) {
  const int error = errno;
  mqtrack_trace* const outer = mqtrack_trace_current_;
  trace->parent_id[0] = '\0';
  if (!mqtrack_trace_parse_(traceparent, trace->trace_id, trace->parent_id)) {
    trace->parent_id[0] = '\0';
    if (outer) {
      memcpy(trace->trace_id, outer->trace_id, sizeof trace->trace_id);
      memcpy(trace->parent_id, outer->span_id, sizeof trace->parent_id);
    } else {
      mqtrack_trace_random_(trace->trace_id, 32);
    }
  }
  mqtrack_trace_random_(trace->span_id, 16);
  trace->name = name;
  trace->kind = kind;
  trace->failed = 0;
  trace->start_unix_ns = mqtrack_trace_now_(CLOCK_REALTIME);
  trace->start_ns = mqtrack_trace_now_(CLOCK_MONOTONIC);
  trace->outer = outer;
  mqtrack_trace_current_ = trace;
  mqtrack_region_enter(trace, name);
  errno = error;
}

/* The context to hand on to whom this region asks. */
static inline void mqtrack_trace_parent(const mqtrack_trace* trace, char traceparent[MQTRACK_TRACEPARENT_BYTES]) {
  snprintf(traceparent, MQTRACK_TRACEPARENT_BYTES, "00-%s-%s-01", trace->trace_id, trace->span_id);
}

/* The region has failed: its line says "status":"error". */
static inline void mqtrack_trace_fail(mqtrack_trace* trace) { trace->failed = 1; }

/* Writes `text` as a string of JSON, cut at 100 bytes; other than ASCII becomes "?". */
static inline char* mqtrack_trace_quote_(char* to, const char* text) {
  int left = 100;
  *to++ = '"';
  for (; text && *text && left > 0; ++text, --left) {
    const unsigned char c = MQTRACK_CAST_(unsigned char, *text);
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = MQTRACK_CAST_(char, c >= 0x20 && c < 0x7f ? c : '?');
  }
  *to++ = '"';
  *to = '\0';
  return to;
}

#if defined(__GLIBC__) && !defined(_GNU_SOURCE)
extern char* program_invocation_short_name; /* as errno.h has it for those who ask */
#endif

static inline const char* mqtrack_trace_service_(void) {
  const char* name = getenv("MQTRACK_SERVICE_NAME");
  if (!name || !*name) name = getenv("OTEL_SERVICE_NAME");
#if defined(__GLIBC__)
  if (!name || !*name) name = program_invocation_short_name;
#endif
  return name && *name ? name : "unknown";
}

static inline void mqtrack_trace_write_(const mqtrack_trace* trace, const char* path) {
  char service[208], name[208], kind[208], line[1024];
  const int64_t duration = mqtrack_trace_now_(CLOCK_MONOTONIC) - trace->start_ns;
  int length, file;
  mqtrack_trace_quote_(service, mqtrack_trace_service_());
  mqtrack_trace_quote_(name, trace->name);
  mqtrack_trace_quote_(kind, trace->kind);
  length = snprintf(line, sizeof line,
                    "{\"schema\":\"mqtrack-region/1\",\"service_name\":%s,\"name\":%s,\"kind\":%s,\"trace_id\":\"%s\","
                    "\"span_id\":\"%s\",\"parent_span_id\":\"%s\",\"start_unix_ns\":%lld,\"duration_ns\":%lld,"
                    "\"status\":\"%s\",\"pid\":%ld}\n",
                    service, name, kind, trace->trace_id, trace->span_id, trace->parent_id,
                    MQTRACK_CAST_(long long, trace->start_unix_ns), MQTRACK_CAST_(long long, duration),
                    trace->failed ? "error" : "ok", MQTRACK_CAST_(long, getpid()));
  if (length <= 0 || MQTRACK_CAST_(size_t, length) >= sizeof line) return;
  file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
  if (file < 0) return;
  while (write(file, line, MQTRACK_CAST_(size_t, length)) < 0 && errno == EINTR) {
  }
  close(file);
}

/* Ends the region, and writes its line where that is asked for. */
static inline void mqtrack_trace_end(mqtrack_trace* trace) {
  const int error = errno;
  const char* const path = getenv("MQTRACK_TRACE_LOG");
  if (mqtrack_trace_current_ == trace) mqtrack_trace_current_ = trace->outer;
  mqtrack_region_leave(trace);
  if (path && *path) mqtrack_trace_write_(trace, path);
  errno = error;
}

#ifdef __cplusplus

namespace mqtrack {

/* A traced region as an object. */
class TracedRegion {
 public:
  explicit TracedRegion(const char* name, const char* kind = "internal", const char* traceparent = nullptr) noexcept {
    mqtrack_trace_begin(&trace_, name, kind, traceparent);
  }
  ~TracedRegion() { mqtrack_trace_end(&trace_); }
  TracedRegion(const TracedRegion&) = delete;
  TracedRegion& operator=(const TracedRegion&) = delete;

  void Fail() noexcept { mqtrack_trace_fail(&trace_); }
  /* Writes the context to hand on, MQTRACK_TRACEPARENT_BYTES of it, and returns it. */
  const char* Traceparent(char* traceparent) const noexcept {
    mqtrack_trace_parent(&trace_, traceparent);
    return traceparent;
  }

 private:
  mqtrack_trace trace_;
};

} /* namespace mqtrack */

#endif
