// Holds the recorder's descriptors against /proc/PID/fd. Private to the module.
//
// Some descriptors are made and closed by calls that no hook can see: the C library's own (syslog, the resolver), a
// statically linked library's, raw system calls. What was missed is put right here, so that `fds` always adds up to
// what the kernel shows, and it is said.
#pragma once

#include <string>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/procfs/open_descriptors.h"
#include "libtrack/support/result.h"

namespace mqtrack::snapshot {

/// Where the recorder and the kernel differ.
struct DescriptorDifference {
  std::vector<std::pair<std::uint64_t, std::string>> unknown;  // open, and not in the log; with what it leads to
  std::vector<log::LiveEntry> stale;                           // in the log, and not open
  [[nodiscard]] bool empty() const { return unknown.empty() && stale.empty(); }
};

/// What differs in three pictures taken one after the other: open before the log was read and still open after it, or
/// closed both times. Pure.
[[nodiscard]] DescriptorDifference CompareDescriptors(const procfs::OpenDescriptors& before,
                                                      const std::vector<log::LiveEntry>& live,
                                                      const procfs::OpenDescriptors& after);
/// What is in both: the same descriptor, not only the same number. Pure.
[[nodiscard]] DescriptorDifference InBoth(const DescriptorDifference& a, const DescriptorDifference& b);

/// Takes what is stale out of `content`, and adds what is unknown under a stack and a label of its own. `kinds`: one
/// for each unknown descriptor. Pure.
void PutRight(const DescriptorDifference& difference, const std::vector<std::string>& kinds, log::LogContent& content);

/// One sentence for each side of the difference, none if there is none. Pure.
[[nodiscard]] std::vector<std::string> Describe(const DescriptorDifference& difference,
                                                const std::vector<std::string>& kinds);

/// All of this for a process that is alive: `before` is what it had open before `content` was read from `reader`. A
/// difference counts only if it is still there in two further looks, some milliseconds apart: a service opens and
/// closes descriptors while we look. Returns what is to be said.
[[nodiscard]] std::vector<std::string> CheckDescriptors(const log::LogReader& reader,
                                                        const procfs::OpenDescriptors& before,
                                                        log::LogContent& content);

}  // namespace mqtrack::snapshot
