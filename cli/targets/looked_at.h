// A TARGET whose memory is looked at: a recorded process that runs, or a core file with the log that belongs to it.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/targets/running_target.h"
#include "libtrack/heapgraph/capture/core_target.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

class LookedAt {
 public:
  LookedAt() = default;
  /// Of a command that has a TARGET of its own, which may be a core file.
  LookedAt(std::string target, const LookingOptions& looking) : target_(std::move(target)), looking_(looking) {}
  /// TARGET, --core, --force and --copy.
  void AddTo(CLI::App& app);

  /// What answers differ by where a process ran on after its core file was written.
  enum class Moment {
    kOneOnly,  // nothing can be said
    kAny,      // Notes() says what to think of it
  };
  /// Finds it. Errors: those of FindMeasurable or OpenCoreTarget; the recording does not tell exactly what was alive.
  [[nodiscard]] support::Result<process::RecordedProcess> Find(const std::string& log_dir, Moment moment);

  // The rest after Find.
  [[nodiscard]] heapgraph::CaptureOptions ForCapture() const;
  /// What to say of the look besides its results: NotesOf, and what is so of a core file.
  [[nodiscard]] std::vector<std::string> Notes(bool has_unknown_heap, std::uint64_t unreadable) const;
  /// As the user wrote it.
  [[nodiscard]] const std::string& name() const { return target_.empty() ? core_path_ : target_; }
  /// The same, or of a core file the log beside it: what other commands can look at; empty if there is none.
  [[nodiscard]] std::string NameForOthers() const;
  [[nodiscard]] bool is_core() const { return core_ != nullptr; }

 private:
  [[nodiscard]] support::Result<process::RecordedProcess> FindCore(const std::string& log_dir, Moment moment);

  std::string target_, core_path_;
  LookingOptions looking_;
  std::shared_ptr<const heapgraph::CoreTarget> core_;
};

}  // namespace mqtrack::cli
