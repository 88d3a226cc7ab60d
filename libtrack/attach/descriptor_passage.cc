#include "libtrack/attach/descriptor_passage.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "libtrack/support/file.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

namespace mqtrack::attach {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;
using support::Result;

constexpr std::size_t kMost = 16;

/// What recvmsg needs, in the scratch memory of the process.
struct Mailbox {
  std::int32_t pair[2];
  char byte[8];
  iovec piece;
  msghdr message;
  alignas(cmsghdr) char control[CMSG_SPACE(kMost * sizeof(int))];
};

Error Failed(const char* what, int error) {
  return {ErrorCode::kCannotMeasure,
          std::string("descriptors could not be passed to it (") + what + ": " + std::strerror(error) +
              "); nothing was changed",
          {}};
}

std::optional<Error> Check(const Result<std::uint64_t>& answer, const char* what) {
  if (!answer) return answer.error();
  const auto value = static_cast<std::int64_t>(*answer);
  if (value < 0) return Failed(what, static_cast<int>(-value));
  return std::nullopt;
}

/// A descriptor of the process, as one of ours.
FileHandle Take(pid_t pid, int number) {
  const FileHandle process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.valid()) return FileHandle(-1);
  return FileHandle(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
}

bool Send(int socket, const std::vector<int>& descriptors) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kMost * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

Result<std::vector<int>> Receive(RemoteCaller& caller, const RemoteMemory& memory, int socket, std::size_t count) {
  Mailbox box{};
  const std::uint64_t there = caller.data();
  const auto address = [&](std::size_t offset) { return reinterpret_cast<void*>(there + offset); };
  box.piece = {address(offsetof(Mailbox, byte)), 1};
  box.message.msg_iov = static_cast<iovec*>(address(offsetof(Mailbox, piece)));
  box.message.msg_iovlen = 1;
  box.message.msg_control = address(offsetof(Mailbox, control));
  box.message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  if (!memory.Write(there, &box, sizeof box)) return Failed("writing", errno);
  const Result<std::uint64_t> received =
      caller.SystemCall(SYS_recvmsg, {static_cast<std::uint64_t>(socket), there + offsetof(Mailbox, message),
                                      MSG_CMSG_CLOEXEC | MSG_DONTWAIT, 0, 0, 0});
  if (const auto failure = Check(received, "recvmsg")) return *failure;
  if (!memory.Read(there, &box, sizeof box)) return Failed("reading", errno);
  cmsghdr header;
  std::memcpy(&header, box.control, sizeof header);
  std::vector<int> numbers;
  if (box.message.msg_controllen >= CMSG_LEN(0) && header.cmsg_type == SCM_RIGHTS && header.cmsg_len >= CMSG_LEN(0) &&
      header.cmsg_len <= CMSG_LEN(count * sizeof(int)))
    numbers.resize((header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
  if (!numbers.empty()) std::memcpy(numbers.data(), box.control + CMSG_LEN(0), numbers.size() * sizeof(int));
  if (numbers.size() == count) return numbers;
  CloseThere(caller, numbers);
  return Failed("not all arrived", EMFILE);
}

}  // namespace

Result<std::vector<int>> PassDescriptors(RemoteCaller& caller, const RemoteMemory& memory,
                                         const std::vector<int>& descriptors) {
  if (descriptors.empty() || descriptors.size() > kMost) return Failed("too many", EINVAL);
  const Result<std::uint64_t> made = caller.SystemCall(
      SYS_socketpair, {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, caller.data() + offsetof(Mailbox, pair), 0, 0});
  if (const auto failure = Check(made, "socketpair")) return *failure;
  Mailbox box{};
  if (!memory.Read(caller.data(), &box, sizeof box)) return Failed("reading", errno);
  const auto passed = [&]() -> Result<std::vector<int>> {
    const FileHandle end = Take(memory.pid(), box.pair[1]);
    if (!end.valid()) return Failed("pidfd_getfd", errno);
    if (!Send(end.get(), descriptors)) return Failed("sendmsg", errno);
    return Receive(caller, memory, box.pair[0], descriptors.size());
  }();
  CloseThere(caller, {box.pair[0], box.pair[1]});
  return passed;
}

void CloseThere(RemoteCaller& caller, const std::vector<int>& numbers) {
  for (const int number : numbers)
    (void)caller.SystemCall(SYS_close, {static_cast<std::uint64_t>(number), 0, 0, 0, 0, 0});
}

}  // namespace mqtrack::attach
