// What the kernel says a descriptor is, for those that no call of ours has made: inherited ones, and those that came in
// a message. By plain system calls.
#pragma once

#include <sys/socket.h>

#include <cstddef>

#include "preload/hooks/descriptors/descriptor_events.h"

namespace mqtrack::hooks {

/// What socket(domain, type) makes.
[[nodiscard]] FdKind KindOfSocket(int domain, int type);

struct DescriptorFacts {
  FdKind kind = FdKind::kOther;
  bool listening = false;
};
/// Asks about an open descriptor. At most five system calls; errno may change.
[[nodiscard]] DescriptorFacts DescribeDescriptor(int fd);

/// Calls `visit` with each descriptor that is open now. Without /proc, the first 1024 numbers are tried.
void VisitOpenDescriptors(void (*visit)(int fd));

}  // namespace mqtrack::hooks
