#include "cli/targets/memory_file.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "libtrack/heapgraph/capture/saved_capture.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

/// One line that is written over, for what takes longer than a moment.
class ProgressLine {
 public:
  explicit ProgressLine(const Messages& messages) : is_shown_(!messages.quiet && ::isatty(STDERR_FILENO) == 1) {}
  void Show(std::uint64_t done, std::uint64_t all) {
    constexpr std::chrono::milliseconds kBetween{500};
    if (!is_shown_ || Clock::now() - last_ < kBetween) return;
    last_ = Clock::now();
    has_shown_ = true;
    std::fprintf(stderr, "\r\033[Kmqtrack: %s of about %s written", Size(done).c_str(), Size(all).c_str());
  }
  void Clear() const {
    if (has_shown_) std::fputs("\r\033[K", stderr);
  }

 private:
  static std::string Size(std::uint64_t bytes) { return support::FormatBytes(static_cast<std::int64_t>(bytes)); }
  bool is_shown_, has_shown_ = false;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

Result<SavedMemory> SaveMemory(const std::string& target, const std::string& log_dir,
                               const heapgraph::CaptureOptions& options, const std::string& path,
                               const Messages& messages) {
  const Result<process::RecordedProcess> process = FindMeasurable(target, log_dir);
  if (!process) return process.error();
  heapgraph::CaptureOptions capture_options = options;
  capture_options.keep_log = true;
  SavedMemory saved;
  ProgressLine line(messages);
  const Status done = heapgraph::WithCapture(
      *process, capture_options,
      [&](const heapgraph::HeapCapture& capture, const heapgraph::MemorySource& memory) -> Status {
        const Result<heapgraph::SavedFile> file = heapgraph::SaveCapture(
            capture, memory, path, [&](std::uint64_t written, std::uint64_t all) { line.Show(written, all); });
        if (!file) return file.error();
        saved = {capture.process, file->bytes, capture.stood_still.count()};
        return {};
      });
  line.Clear();
  if (!done) return done.error();
  return saved;
}

}  // namespace mqtrack::cli
