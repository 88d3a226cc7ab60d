// The short answers of a timeline, for a terminal: what took how long, what was slowest, what was waited for, and what
// ran when the heap jumped. Its memory does not grow with the timeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/timeline/timeline_sink.h"

namespace mqtrack::reports {

struct SummaryOptions {
  bool colour = false;
  int width_columns = 0;  // 0: no limit
  std::size_t rows = 10;  // of each list
};

class TimelineSummary final : public timeline::TimelineSink {
 public:
  explicit TimelineSummary(const SummaryOptions& options) : options_(options) {}
  void Add(const timeline::Track& track) override;
  void Add(const timeline::Slice& slice) override;
  void Add(const timeline::Instant& instant) override;
  void Add(const timeline::Value& value) override;

  /// Of a timeline that began and ended then. To be called once, when all was told.
  [[nodiscard]] std::string Render(std::int64_t begin_ns, std::int64_t end_ns);

 private:
  /// Regions of further names are summed as one.
  static constexpr std::size_t kMostNames = 1000;
  struct Sum {
    std::int64_t count = 0, total_ns = 0, longest_ns = 0, growth = 0;
    void Add(const timeline::Slice& slice);
  };
  struct Jump {
    std::int64_t begin_ns = 0, end_ns = 0, bytes = 0;
    std::string during;
  };
  void KeepSlice(std::vector<timeline::Slice>& longest, const timeline::Slice& slice) const;
  void KeepJump();
  static void NoteWhatRan(Jump& jump, const timeline::Slice& packet);
  void Title(std::string& text, const std::string& title) const;
  [[nodiscard]] std::string Sums(const char* title, const char* name, const std::map<std::string, Sum>& sums) const;
  [[nodiscard]] std::string SlowestPackets() const;
  [[nodiscard]] std::string LongestWaits() const;
  [[nodiscard]] std::string Jumps() const;
  [[nodiscard]] std::string After(std::int64_t ns) const;

  SummaryOptions options_;
  std::int64_t begin_ns_ = 0, end_ns_ = 0;
  std::map<timeline::TrackId, std::string> threads_;
  std::map<std::string, Sum> packets_, regions_;
  std::vector<timeline::Slice> slowest_, waits_;
  std::vector<Jump> jumps_;
  std::optional<timeline::Value> last_;
  std::optional<Jump> jump_;  // the latest: what ran is not known yet
};

}  // namespace mqtrack::reports
