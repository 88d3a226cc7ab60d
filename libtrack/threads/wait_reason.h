// What a thread waits for, in words: from the system call it is blocked in.
#pragma once

#include <string>

#include "libtrack/procfs/descriptor_names.h"
#include "libtrack/threads/thread_registers.h"

namespace mqtrack::threads {

/// What a blocked system call says about its thread.
struct WaitReason {
  std::string call;  // "epoll_wait", "futex", "system call 999": few distinct values
  std::string text;  // "epoll_wait on fd 5 (epoll)", "futex 0x7ffe12340010 (wait)"
};

/// `wait_channel` is the kernel's function it sleeps in: it tells which wait with a timeout was begun again after an
/// interruption, since the number of the call does not.
[[nodiscard]] WaitReason ExplainWait(const SystemCall& call, const std::string& wait_channel,
                                     procfs::DescriptorNames& descriptors);

/// The address a futex call waits at; 0 for any other call, and for a futex call that does not wait.
[[nodiscard]] std::uint64_t FutexWaitedFor(const SystemCall& call);

}  // namespace mqtrack::threads
