// How a recorded process ended: in words, and with the stack of the thread that a signal met, if the crash reporter was
// there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::snapshot {

struct CrashFrame {
  std::string function;  // or "module+0x12"
  std::string file;      // empty: not known
  std::int64_t line = 0;
  std::string module;  // base name of the mapped file
};

/// The signal that ended a process, or that its own handler met last.
struct CrashStory {
  std::uint32_t signal = 0;
  std::int32_t code = 0;
  std::uint64_t address = 0;
  std::int64_t unix_ns = 0;
  std::uint32_t tid = 0;
  bool handled = false;                // the service's own handler was called next
  bool without_stack = false;          // it was overwritten: only the place of the fault is known
  std::vector<CrashFrame> stack;       // the place of the fault first
  std::size_t culprit = 0;             // of `stack`: the first that is of no library of the system
  std::vector<profile::Label> labels;  // thread, mqtt_packet, mqtt_client, mqtt_topic, region, as far as they are known
};

/// What is known of the end of `process`.
struct EndStory {
  log::EndRecord end{};             // all 0: nobody waited for it
  std::optional<CrashStory> crash;  // of what ended it, not of a signal that it survived
};

/// `symbols` as in a snapshot. Of a process that runs there is nothing to tell.
[[nodiscard]] support::Result<EndStory> ReadEnd(const process::RecordedProcess& process, const Options& options);

/// "exited 3", "SIGSEGV at Store::Add", "SIGKILL: out of memory, says the kernel's log"; empty if nothing is known.
[[nodiscard]] std::string EndWords(const EndStory& story);

/// Where and while doing what: "SIGSEGV at Store::Add (store.cc:12) in thread worker, handling PUBLISH from sensor-1";
/// without a crash as EndWords.
[[nodiscard]] std::string EndSentence(const EndStory& story);

}  // namespace mqtrack::snapshot
