// OpenSSL: what SSL_read returns is what a service reads from a TLS connection, and what SSL_write is given is what it
// writes. The reads and writes that OpenSSL itself makes meanwhile are ciphertext, and are passed over. libssl is never
// loaded by us: a service that does not use it never calls these.
#include <cerrno>
#include <cstddef>

#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/typed_function.h"

using mqtrack::hooks::ArePacketsFollowed;
using mqtrack::hooks::TypedFunction;
using mqtrack::recorder::packet_tracker;
using mqtrack::recorder::thread_state;

namespace {

struct ssl_st;

constinit TypedFunction<int (*)(ssl_st*, void*, int)> next_read("SSL_read", "libssl");
constinit TypedFunction<int (*)(ssl_st*, void*, std::size_t, std::size_t*)> next_read_ex("SSL_read_ex", "libssl");
constinit TypedFunction<int (*)(ssl_st*, const void*, int)> next_write("SSL_write", "libssl");
constinit TypedFunction<int (*)(ssl_st*, const void*, std::size_t, std::size_t*)> next_write_ex("SSL_write_ex",
                                                                                                "libssl");
constinit TypedFunction<void (*)(ssl_st*)> next_free("SSL_free", "libssl");

/// While it lives, reads and writes of this thread are OpenSSL's.
class InsideTls {
 public:
  InsideTls() : before_(thread_state.in_tls) { thread_state.in_tls = 1; }
  ~InsideTls() { thread_state.in_tls = before_; }
  InsideTls(const InsideTls&) = delete;
  InsideTls& operator=(const InsideTls&) = delete;

 private:
  std::uint8_t before_;
};

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int SSL_read(ssl_st* session, void* buffer, int bytes) {
  const auto function = next_read.For(__builtin_return_address(0));
  if (function == nullptr) return errno = ENOSYS, -1;
  int got = 0;
  {
    const InsideTls inside;
    got = function(session, buffer, bytes);
  }
  if (!ArePacketsFollowed()) return got;
  if (got > 0 && got <= bytes)
    packet_tracker.SessionRead(session, buffer, static_cast<std::size_t>(got));
  else if (got <= 0)
    packet_tracker.SessionGaveNothing(session);
  return got;
}

int SSL_read_ex(ssl_st* session, void* buffer, std::size_t bytes, std::size_t* got) {
  const auto function = next_read_ex.For(__builtin_return_address(0));
  if (function == nullptr) return errno = ENOSYS, 0;
  int result = 0;
  {
    const InsideTls inside;
    result = function(session, buffer, bytes, got);
  }
  if (!ArePacketsFollowed()) return result;
  if (result != 1)
    packet_tracker.SessionGaveNothing(session);
  else if (*got > 0 && *got <= bytes)
    packet_tracker.SessionRead(session, buffer, *got);
  return result;
}

int SSL_write(ssl_st* session, const void* buffer, int bytes) {
  const auto function = next_write.For(__builtin_return_address(0));
  if (function == nullptr) return errno = ENOSYS, -1;
  int written = 0;
  {
    const InsideTls inside;
    written = function(session, buffer, bytes);
  }
  if (written > 0 && written <= bytes && ArePacketsFollowed())
    packet_tracker.SessionWritten(session, buffer, static_cast<std::size_t>(written));
  return written;
}

int SSL_write_ex(ssl_st* session, const void* buffer, std::size_t bytes, std::size_t* written) {
  const auto function = next_write_ex.For(__builtin_return_address(0));
  if (function == nullptr) return errno = ENOSYS, 0;
  int result = 0;
  {
    const InsideTls inside;
    result = function(session, buffer, bytes, written);
  }
  if (result == 1 && *written > 0 && *written <= bytes && ArePacketsFollowed())
    packet_tracker.SessionWritten(session, buffer, *written);
  return result;
}

void SSL_free(ssl_st* session) {
  if (session != nullptr && packet_tracker.is_on()) packet_tracker.SessionEnded(session);
  if (const auto function = next_free.For(__builtin_return_address(0))) function(session);
}

}  // extern "C"
#pragma GCC visibility pop
