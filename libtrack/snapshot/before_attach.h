// What was there before an attach, brought up to date: the recorder does not hear of all that becomes of it. Private to
// the module.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "libtrack/log/reader.h"

namespace mqtrack::snapshot {

/// Takes off the heap from before what was freed of it since.
void ShrinkHeapBefore(log::LogContent& content);

/// Takes out threads and timers that are known by the kernel's number of them and that it does not have any more. Pure.
void ForgetEnded(const std::set<std::uint64_t>& tids, const std::set<std::uint64_t>& timers, log::LogContent& content);

/// The numbers in the text of /proc/PID/timers. Pure.
[[nodiscard]] std::set<std::uint64_t> TimerIds(const std::string& text);

/// All of this. `pid`: of the process, if it is alive, else 0.
void UpdateBeforeAttach(std::int64_t pid, log::LogContent& content);

}  // namespace mqtrack::snapshot
