// What a system call filter (seccomp) answers. A filter is a small program without loops, in the classic BPF of packet
// filters, run by the kernel for every call; see linux/filter.h and linux/seccomp.h.
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace mqtrack::attach {

/// A call that somebody might make. Arguments that are not given may have any value.
struct PossibleCall {
  long number = 0;
  std::array<std::optional<std::uint64_t>, 6> arguments;
};

enum class CallAnswer {
  kAllowed,  // perhaps noted in the system's log
  kRefused,  // with an error, for some arguments at least
  kHarmful,  // for some arguments the program is ended, gets a signal, or waits for somebody to decide
};

/// The worst that `filter` may answer, for any values of what is not known. Every path through the filter is followed
/// that the known values leave open, so nothing worse can come. A program that makes no sense is harmful. Pure.
[[nodiscard]] CallAnswer WorstAnswer(std::span<const sock_filter> filter, const PossibleCall& call);

}  // namespace mqtrack::attach
