// A core file, and the log that belongs to it: together they are a capture of a process that runs no more, or that
// stood still when the file was written.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/corefile/core_file.h"
#include "libtrack/heapgraph/capture/core_log.h"
#include "libtrack/heapgraph/capture/saved_facts.h"
#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

struct CoreTarget {
  corefile::CoreFile core;
  process::RecordedProcess process;   // that of the log; it runs no more, whatever became of it
  std::optional<CoreLog> mapped_log;  // as the core names it
  std::unique_ptr<LogImage> image;    // the log's bytes; null: they are in process.log_path
  std::optional<SavedFacts> saved;    // if mqtrack wrote it
  /// Log and memory are of one moment: the core has the log's bytes, or the process died of what the core shows. Else
  /// the process ran on, and blocks of the log may be younger than the memory, or may have been something else then.
  bool is_same_moment = false;
  /// "written as it died of SIGSEGV".
  [[nodiscard]] std::string HowWritten() const;
  /// What to say of any look at it, besides its results.
  [[nodiscard]] std::vector<std::string> Notes() const;
};

/// Opens `path`. `given`: a recorded process that the user has named; else the log is in the core file, or where the
/// core file says, or among those in `log_dir` (as for process::ListRecorded). Errors: those of CoreFile::Open; the
/// process was not recorded; its log is gone; log and core are of two processes.
[[nodiscard]] support::Result<std::shared_ptr<const CoreTarget>> OpenCoreTarget(
    const std::string& path, const std::optional<process::RecordedProcess>& given, const std::string& log_dir);

}  // namespace mqtrack::heapgraph
