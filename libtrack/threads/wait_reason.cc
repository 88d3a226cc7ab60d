#include "libtrack/threads/wait_reason.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <cinttypes>
#include <cstdio>

namespace mqtrack::threads {
namespace {

/// How a call's arguments are told.
enum class Argument { kNone, kDescriptor, kFutex, kCount, kProcess };

struct KnownCall {
  std::int64_t number;
  const char* name;
  Argument first = Argument::kNone;
};

// The calls in which threads of services are met. Every other one is told by its number.
constexpr KnownCall kKnownCalls[] = {
    {SYS_read, "read", Argument::kDescriptor},
    {SYS_readv, "readv", Argument::kDescriptor},
    {SYS_pread64, "pread", Argument::kDescriptor},
    {SYS_write, "write", Argument::kDescriptor},
    {SYS_writev, "writev", Argument::kDescriptor},
    {SYS_pwrite64, "pwrite", Argument::kDescriptor},
    {SYS_recvfrom, "recv", Argument::kDescriptor},
    {SYS_recvmsg, "recvmsg", Argument::kDescriptor},
    {SYS_recvmmsg, "recvmmsg", Argument::kDescriptor},
    {SYS_sendto, "send", Argument::kDescriptor},
    {SYS_sendmsg, "sendmsg", Argument::kDescriptor},
    {SYS_sendmmsg, "sendmmsg", Argument::kDescriptor},
    {SYS_sendfile, "sendfile to", Argument::kDescriptor},
    {SYS_splice, "splice from", Argument::kDescriptor},
    {SYS_accept, "accept", Argument::kDescriptor},
    {SYS_accept4, "accept", Argument::kDescriptor},
    {SYS_connect, "connect", Argument::kDescriptor},
    {SYS_close, "close", Argument::kDescriptor},
    {SYS_epoll_wait, "epoll_wait", Argument::kDescriptor},
    {SYS_epoll_pwait, "epoll_wait", Argument::kDescriptor},
    {SYS_epoll_pwait2, "epoll_wait", Argument::kDescriptor},
    {SYS_io_uring_enter, "io_uring_enter", Argument::kDescriptor},
    {SYS_flock, "flock", Argument::kDescriptor},
    {SYS_fcntl, "fcntl", Argument::kDescriptor},
    {SYS_ioctl, "ioctl", Argument::kDescriptor},
    {SYS_fsync, "fsync", Argument::kDescriptor},
    {SYS_fdatasync, "fdatasync", Argument::kDescriptor},
    {SYS_select, "select", Argument::kNone},
    {SYS_pselect6, "select", Argument::kNone},
    {SYS_poll, "poll", Argument::kCount},
    {SYS_ppoll, "poll", Argument::kCount},
    {SYS_futex, "futex", Argument::kFutex},
    {SYS_nanosleep, "nanosleep", Argument::kNone},
    {SYS_clock_nanosleep, "nanosleep", Argument::kNone},
    {SYS_pause, "pause", Argument::kNone},
    {SYS_rt_sigsuspend, "sigsuspend", Argument::kNone},
    {SYS_rt_sigtimedwait, "sigwait", Argument::kNone},
    {SYS_wait4, "wait for child", Argument::kProcess},
    {SYS_waitid, "wait for child", Argument::kNone},
    {SYS_vfork, "vfork", Argument::kNone},
    {SYS_msgrcv, "msgrcv", Argument::kNone},
    {SYS_msgsnd, "msgsnd", Argument::kNone},
    {SYS_semop, "semop", Argument::kNone},
    {SYS_semtimedop, "semtimedop", Argument::kNone},
    {SYS_mq_timedreceive, "mq_receive", Argument::kDescriptor},
    {SYS_mq_timedsend, "mq_send", Argument::kDescriptor},
};

const KnownCall* FindCall(std::int64_t number) {
  for (const KnownCall& known : kKnownCalls) {
    if (known.number == number) return &known;
  }
  return nullptr;
}

// After an interruption the kernel begins such waits again under one number for all of them.
std::int64_t RestartedCall(const std::string& wait_channel) {
  if (wait_channel.find("nanosleep") != std::string::npos) return SYS_nanosleep;
  if (wait_channel.find("futex") != std::string::npos) return SYS_futex;
  if (wait_channel.find("poll") != std::string::npos) return SYS_poll;
  return SYS_restart_syscall;
}

std::string FutexOperation(std::uint64_t operation) {
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
      return "wait";
    case FUTEX_LOCK_PI:
      return "lock";
    case FUTEX_WAIT_REQUEUE_PI:
      return "wait, then lock";
    default:
      return "operation " + std::to_string(operation & FUTEX_CMD_MASK);
  }
}

std::string DescriptorText(std::uint64_t argument, procfs::DescriptorNames& descriptors) {
  const auto number = static_cast<std::int32_t>(argument);
  const std::string what = descriptors.Describe(number);
  return "fd " + std::to_string(number) + (what.empty() ? "" : " (" + what + ")");
}

std::string Tell(const KnownCall& known, const SystemCall& call, procfs::DescriptorNames& descriptors) {
  const std::string name = known.name;
  switch (known.first) {
    case Argument::kNone:
      return name;
    case Argument::kDescriptor: {
      const bool has_direction = name.ends_with(" to") || name.ends_with(" from");
      return name + (has_direction ? " " : " on ") + DescriptorText(call.arguments[0], descriptors);
    }
    case Argument::kFutex: {
      char text[64];
      std::snprintf(text, sizeof text, "futex 0x%" PRIx64 " (%s)", call.arguments[0],
                    FutexOperation(call.arguments[1]).c_str());
      return text;
    }
    case Argument::kCount: {
      const std::uint64_t count = call.arguments[1];
      return name + " on " + std::to_string(count) + (count == 1 ? " descriptor" : " descriptors");
    }
    case Argument::kProcess: {
      const auto child = static_cast<std::int32_t>(call.arguments[0]);
      return child > 0 ? name + " " + std::to_string(child) : name;
    }
  }
  return name;
}

}  // namespace

WaitReason ExplainWait(const SystemCall& call, const std::string& wait_channel, procfs::DescriptorNames& descriptors) {
  SystemCall meant = call;
  if (meant.number == SYS_restart_syscall) meant.number = RestartedCall(wait_channel);
  if (meant.number == SYS_restart_syscall) return {"wait", "a wait with a timeout"};
  const KnownCall* known = FindCall(meant.number);
  if (known == nullptr) {
    const std::string text = "system call " + std::to_string(meant.number);
    return {text, text};
  }
  return {known->name, Tell(*known, meant, descriptors)};
}

std::uint64_t FutexWaitedFor(const SystemCall& call) {
  if (call.number != SYS_futex) return 0;
  const std::uint64_t operation = call.arguments[1] & FUTEX_CMD_MASK;
  return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI ? call.arguments[0]
                                                                                                 : 0;
}

}  // namespace mqtrack::threads
