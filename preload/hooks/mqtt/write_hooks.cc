// Calls that write to a connection. Of what a service writes only an MQTT CONNECT matters: where it is the client, that
// says which of its clients the packets are for that it reads afterwards. Looked at once it is written, since only then
// is it known that the buffer can be read. glibc's own streams do not pass here.
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hooks/mqtt/blocking_call.h"
#include "preload/hooks/mqtt/packet_events.h"

using mqtrack::hooks::AreWritesIgnored;
using mqtrack::hooks::CallReal;
using mqtrack::hooks::OnWritten;
using mqtrack::hooks::OnWrittenFromPieces;
using mqtrack::hooks::ResolveNext;

namespace {

struct WriteFunctions {
  ssize_t (*write)(int, const void*, std::size_t);
  ssize_t (*writev)(int, const iovec*, int);
  ssize_t (*send)(int, const void*, std::size_t, int);
  ssize_t (*sendto)(int, const void*, std::size_t, int, const sockaddr*, socklen_t);
  ssize_t (*sendmsg)(int, const msghdr*, int);
};
constinit WriteFunctions next = {};

}  // namespace

namespace mqtrack::hooks {

void ResolveWriteFunctions() {
  ResolveNext(next.write, "write");
  ResolveNext(next.writev, "writev");
  ResolveNext(next.send, "send");
  ResolveNext(next.sendto, "sendto");
  ResolveNext(next.sendmsg, "sendmsg");
}

void OnWrittenFromPieces(int fd, const iovec* pieces, std::size_t count, ssize_t written) {
  auto left = static_cast<std::size_t>(written > 0 ? written : 0);
  for (std::size_t i = 0; i < count && left != 0; ++i) {
    const std::size_t here = left < pieces[i].iov_len ? left : pieces[i].iov_len;
    if (here != 0) OnWritten(fd, pieces[i].iov_base, static_cast<ssize_t>(here));
    left -= here;
  }
}

}  // namespace mqtrack::hooks

#pragma GCC visibility push(default)
extern "C" {

ssize_t write(int fd, const void* buffer, std::size_t bytes) {
  if (AreWritesIgnored(fd) && next.write != nullptr) return next.write(fd, buffer, bytes);
  const ssize_t written = CallReal(
      next.write, [&] { return ::syscall(SYS_write, fd, buffer, bytes); }, fd, buffer, bytes);
  OnWritten(fd, buffer, written);
  return written;
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  const ssize_t written = CallReal(
      next.writev, [&] { return ::syscall(SYS_writev, fd, pieces, count); }, fd, pieces, count);
  if (written > 0) OnWrittenFromPieces(fd, pieces, static_cast<std::size_t>(count), written);
  return written;
}

ssize_t send(int fd, const void* buffer, std::size_t bytes, int flags) {
  if (AreWritesIgnored(fd) && next.send != nullptr) return next.send(fd, buffer, bytes, flags);
  const ssize_t written = CallReal(
      next.send, [&] { return ::syscall(SYS_sendto, fd, buffer, bytes, flags, nullptr, 0); }, fd, buffer, bytes, flags);
  OnWritten(fd, buffer, written);
  return written;
}

ssize_t sendto(int fd, const void* buffer, std::size_t bytes, int flags, const sockaddr* to, socklen_t to_bytes) {
  const ssize_t written = CallReal(
      next.sendto, [&] { return ::syscall(SYS_sendto, fd, buffer, bytes, flags, to, to_bytes); }, fd, buffer, bytes,
      flags, to, to_bytes);
  OnWritten(fd, buffer, written);
  return written;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const ssize_t written = CallReal(
      next.sendmsg, [&] { return ::syscall(SYS_sendmsg, fd, message, flags); }, fd, message, flags);
  if (written > 0) OnWrittenFromPieces(fd, message->msg_iov, message->msg_iovlen, written);
  return written;
}

}  // extern "C"
#pragma GCC visibility pop
