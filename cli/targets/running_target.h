// A TARGET whose memory is looked at: it must be a recorded process that runs.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// The process that a pid, a name or a log means. An error says that files and URLs hold no memory, or that it has
/// ended.
[[nodiscard]] support::Result<process::RecordedProcess> FindRunning(const std::string& target,
                                                                    const std::string& log_dir);

/// How a process is looked at.
class LookingOptions {
 public:
  void AddTo(CLI::App& app);
  [[nodiscard]] heapgraph::CaptureOptions ForCapture() const { return {force_, copy_}; }

 private:
  bool force_ = false, copy_ = false;
};

/// As FindRunning; and an error if the recording does not tell exactly what is alive.
[[nodiscard]] support::Result<process::RecordedProcess> FindMeasurable(const std::string& target,
                                                                       const std::string& log_dir);

/// What to say of a look, besides its results.
[[nodiscard]] std::vector<std::string> NotesOf(bool has_unknown_heap, std::uint64_t unreadable);

/// Blocks that lie in others: the live set is not known.
[[nodiscard]] support::Error OverlappingBlocks(std::uint64_t count, const process::RecordedProcess& process);

/// Why the recording does not tell exactly what is alive, so that who holds it cannot be said either; nothing if it
/// does.
[[nodiscard]] std::vector<std::string> ReasonsNotToLook(const process::RecordedProcess& process);
/// The same of a process that may have ended.
[[nodiscard]] std::vector<std::string> ReasonsOfRecording(const log::LogFacts& facts);

}  // namespace mqtrack::cli
