#include "preload/hooks/descriptors/descriptor_facts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdint>
#include <cstring>

#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::hooks {
namespace {

using recorder::Argument;
using recorder::KernelCall;

constexpr int kTriedWithoutProc = 1024;

int SocketOption(int fd, int option) {
  int value = -1;
  socklen_t bytes = sizeof value;
  if (KernelCall(SYS_getsockopt, fd, SOL_SOCKET, option, Argument(&value), Argument(&bytes)) != 0) return -1;
  return value;
}

/// Descriptors without a file, by the name that the kernel gives them.
FdKind KindOfAnonymous(int fd) {
  char link[32] = "/proc/self/fd/";
  recorder::FormatDecimal(static_cast<std::uint64_t>(fd), link + std::strlen(link));
  char target[64];
  const long length = recorder::ReadLink(link, target, sizeof target - 1);
  if (length <= 0) return FdKind::kOther;
  target[length] = 0;
  struct {
    const char* name;
    FdKind kind;
  } constexpr kNames[] = {{"anon_inode:[eventpoll]", FdKind::kEpoll},
                          {"anon_inode:[eventfd]", FdKind::kEventFd},
                          {"anon_inode:[timerfd]", FdKind::kTimerFd}};
  for (const auto& known : kNames) {
    if (std::strcmp(target, known.name) == 0) return known.kind;
  }
  return FdKind::kOther;
}

/// One entry of a folder, as getdents64 writes it.
struct FolderEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t bytes;
  std::uint8_t type;
  char name[1];
};
constexpr std::size_t kNameOffset = 19;

int ParseNumber(const char* text) {
  int value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + (*text - '0');
  return *text == 0 ? value : -1;
}

}  // namespace

FdKind KindOfSocket(int domain, int type) {
  type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (domain == AF_UNIX) return FdKind::kUnix;
  if (domain != AF_INET && domain != AF_INET6) return FdKind::kOther;
  return type == SOCK_STREAM ? FdKind::kTcp : type == SOCK_DGRAM ? FdKind::kUdp : FdKind::kOther;
}

DescriptorFacts DescribeDescriptor(int fd) {
  struct stat info {};
  if (KernelCall(SYS_fstat, fd, Argument(&info)) != 0) return {};
  switch (info.st_mode & S_IFMT) {
    case S_IFSOCK:
      return {KindOfSocket(SocketOption(fd, SO_DOMAIN), SocketOption(fd, SO_TYPE)),
              SocketOption(fd, SO_ACCEPTCONN) == 1};
    case S_IFIFO:
      return {FdKind::kPipe};
    case S_IFREG:
    case S_IFDIR:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFLNK:
      return {FdKind::kFile};
    default:
      return {KindOfAnonymous(fd)};
  }
}

void VisitOpenDescriptors(void (*visit)(int fd)) {
  const int folder =
      static_cast<int>(KernelCall(SYS_openat, AT_FDCWD, Argument("/proc/self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder < 0) {
    for (int fd = 0; fd < kTriedWithoutProc; ++fd) {
      if (KernelCall(SYS_fcntl, fd, F_GETFD) >= 0) visit(fd);
    }
    return;
  }
  alignas(8) char buffer[1024];
  for (;;) {
    const long filled = KernelCall(SYS_getdents64, folder, Argument(buffer), sizeof buffer);
    if (filled <= 0) break;
    for (long at = 0; at < filled;) {
      const auto* entry = reinterpret_cast<const FolderEntry*>(buffer + at);
      const int fd = ParseNumber(buffer + at + kNameOffset);
      if (fd >= 0 && fd != folder) visit(fd);
      at += entry->bytes;
    }
  }
  KernelCall(SYS_close, folder);
}

}  // namespace mqtrack::hooks
