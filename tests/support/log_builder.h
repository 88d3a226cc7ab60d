// Makes logs exactly as layout.h describes them, for tests and fuzz corpora: what a recorder would have written, with
// every field open to be damaged afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/log/layout.h"
#include "tests/support/model_writer.h"

namespace mqtrack::testing {

/// Sizes of the tables; all in entries, powers of two where layout.h wants them.
struct LogShape {
  std::vector<std::uint64_t> level_buckets = {64};
  std::uint64_t index_entries = 512;
  std::uint64_t arena_bytes = 64 * 1024;
  std::uint64_t module_capacity = 16;
};

/// A log in memory, of a process that records in exact mode: pid 4321, start ticks 77, comm "broker". Not thread-safe,
/// but writer() is.
class LogBuilder {
 public:
  explicit LogBuilder(const LogShape& shape = {});

  [[nodiscard]] log::Header& header() { return *reinterpret_cast<log::Header*>(base()); }
  /// The whole file, to be read or damaged. Valid as long as the builder lives.
  [[nodiscard]] std::byte* base() { return memory_.get(); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  template <typename T>
  [[nodiscard]] T& At(std::uint64_t offset) {
    return *reinterpret_cast<T*>(base() + offset);
  }
  /// Offset of the first segment of a kind.
  [[nodiscard]] std::uint64_t OffsetOf(log::SegmentKind kind);

  /// A stack of return addresses, leaf first, entered into the index with its cumulative counters.
  log::StackId AddStack(const std::vector<std::uint64_t>& return_addresses, std::uint32_t flags = 0,
                        std::uint64_t alloc_objects = 0, std::uint64_t alloc_bytes = 0);
  log::StackId AddSyntheticStack(log::SyntheticStack meaning);
  log::LabelsId AddLabels(const std::vector<std::pair<log::LabelKey, std::string>>& labels);
  void AddModule(std::uint64_t start, std::uint64_t end, std::uint64_t bias, const std::string& path,
                 bool is_main = false, const std::string& build_id_bytes = {});
  /// False if there is no room.
  bool Insert(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, log::StackId stack,
              log::LabelsId labels = log::LabelsId::kNone, std::uint32_t generation = 0);
  [[nodiscard]] ModelWriter& writer() { return writer_; }

  [[nodiscard]] std::string Bytes();
  /// Writes the file; aborts if that fails.
  void Write(const std::string& path);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::uint64_t AddSegment(log::SegmentKind kind, std::uint64_t bytes, std::uint64_t count);
  std::uint64_t Reserve(std::uint64_t bytes);
  void EnterIntoIndex(log::StackId id, std::uint64_t hash);

  std::uint64_t size_;
  std::unique_ptr<std::byte, Free> memory_;
  ModelWriter writer_;
  std::uint64_t next_segment_ = log::kHeaderBytes;
  std::uint64_t arena_next_ = 0, arena_end_ = 0, index_ = 0, index_entries_ = 0, modules_ = 0;
};

}  // namespace mqtrack::testing
