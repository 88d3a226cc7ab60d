// Calls that read from a connection: what they return goes to the packet tracker. recvmsg and recvmmsg are hooked where
// descriptors are (a message may bring some), and tell it too. glibc's own streams do not pass here: fread is not how
// anybody reads MQTT.
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hooks/mqtt/blocking_call.h"
#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/timers/timer_descriptors.h"

using mqtrack::hooks::CallReal;
using mqtrack::hooks::OnRead;
using mqtrack::hooks::OnReadIntoPieces;
using mqtrack::hooks::OnReceived;
using mqtrack::hooks::OnTimerRead;
using mqtrack::hooks::ResolveNext;

namespace {

struct ReadFunctions {
  ssize_t (*read)(int, void*, std::size_t);
  ssize_t (*recv)(int, void*, std::size_t, int);
  ssize_t (*recvfrom)(int, void*, std::size_t, int, sockaddr*, socklen_t*);
  ssize_t (*readv)(int, const iovec*, int);
  ssize_t (*read_chk)(int, void*, std::size_t, std::size_t);
  ssize_t (*recv_chk)(int, void*, std::size_t, std::size_t, int);
  ssize_t (*recvfrom_chk)(int, void*, std::size_t, std::size_t, int, sockaddr*, socklen_t*);
};
constinit ReadFunctions next = {};

}  // namespace

namespace mqtrack::hooks {

void ResolveReadFunctions() {
  ResolveNext(next.read, "read");
  ResolveNext(next.recv, "recv");
  ResolveNext(next.recvfrom, "recvfrom");
  ResolveNext(next.readv, "readv");
  ResolveNext(next.read_chk, "__read_chk");
  ResolveNext(next.recv_chk, "__recv_chk");
  ResolveNext(next.recvfrom_chk, "__recvfrom_chk");
}

void OnReadIntoPieces(int fd, const iovec* pieces, std::size_t count, int flags, ssize_t got) {
  if (got <= 0) {
    const bool had_room = count != 0 && pieces[0].iov_len != 0;
    return OnReceived(fd, nullptr, had_room ? 1 : 0, flags, got);
  }
  auto left = static_cast<std::size_t>(got);
  for (std::size_t i = 0; i < count && left != 0; ++i) {
    const std::size_t here = left < pieces[i].iov_len ? left : pieces[i].iov_len;
    if (here != 0) OnReceived(fd, pieces[i].iov_base, here, flags, static_cast<ssize_t>(here));
    left -= here;
  }
}

}  // namespace mqtrack::hooks

#pragma GCC visibility push(default)
extern "C" {

ssize_t read(int fd, void* buffer, std::size_t bytes) {
  const ssize_t got = CallReal(
      next.read, [&] { return ::syscall(SYS_read, fd, buffer, bytes); }, fd, buffer, bytes);
  OnRead(fd, buffer, bytes, got);
  OnTimerRead(fd, buffer, got);
  return got;
}
ssize_t __read_chk(int fd, void* buffer, std::size_t bytes, std::size_t room) {
  const ssize_t got = CallReal(
      next.read_chk, [&] { return ::syscall(SYS_read, fd, buffer, bytes); }, fd, buffer, bytes, room);
  OnRead(fd, buffer, bytes, got);
  OnTimerRead(fd, buffer, got);
  return got;
}

ssize_t recv(int fd, void* buffer, std::size_t bytes, int flags) {
  const ssize_t got = CallReal(
      next.recv, [&] { return ::syscall(SYS_recvfrom, fd, buffer, bytes, flags, nullptr, nullptr); }, fd, buffer, bytes,
      flags);
  OnReceived(fd, buffer, bytes, flags, got);
  return got;
}
ssize_t __recv_chk(int fd, void* buffer, std::size_t bytes, std::size_t room, int flags) {
  const ssize_t got = CallReal(
      next.recv_chk, [&] { return ::syscall(SYS_recvfrom, fd, buffer, bytes, flags, nullptr, nullptr); }, fd, buffer,
      bytes, room, flags);
  OnReceived(fd, buffer, bytes, flags, got);
  return got;
}

ssize_t recvfrom(int fd, void* buffer, std::size_t bytes, int flags, sockaddr* from, socklen_t* from_bytes) {
  const ssize_t got = CallReal(
      next.recvfrom, [&] { return ::syscall(SYS_recvfrom, fd, buffer, bytes, flags, from, from_bytes); }, fd, buffer,
      bytes, flags, from, from_bytes);
  OnReceived(fd, buffer, bytes, flags, got);
  return got;
}
ssize_t __recvfrom_chk(int fd, void* buffer, std::size_t bytes, std::size_t room, int flags, sockaddr* from,
                       socklen_t* from_bytes) {
  const ssize_t got = CallReal(
      next.recvfrom_chk, [&] { return ::syscall(SYS_recvfrom, fd, buffer, bytes, flags, from, from_bytes); }, fd,
      buffer, bytes, room, flags, from, from_bytes);
  OnReceived(fd, buffer, bytes, flags, got);
  return got;
}

ssize_t readv(int fd, const iovec* pieces, int count) {
  const ssize_t got = CallReal(
      next.readv, [&] { return ::syscall(SYS_readv, fd, pieces, count); }, fd, pieces, count);
  if (got < 0)
    OnRead(fd, nullptr, 0, got);
  else
    OnReadIntoPieces(fd, pieces, static_cast<std::size_t>(count), 0, got);
  return got;
}

}  // extern "C"
#pragma GCC visibility pop
