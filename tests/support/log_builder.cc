#include "tests/support/log_builder.h"

#include <cstdlib>
#include <cstring>

#include "libtrack/support/check.h"
#include "libtrack/support/file.h"

namespace mqtrack::testing {
namespace {

constexpr std::uint64_t kPage = 4096;

std::uint64_t RoundUp(std::uint64_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

std::uint64_t FileBytes(const LogShape& shape) {
  std::uint64_t bytes = log::kHeaderBytes;
  for (const std::uint64_t buckets : shape.level_buckets) bytes += RoundUp(buckets * sizeof(log::Bucket));
  bytes += RoundUp(shape.index_entries * sizeof(log::StackIndexEntry));
  return bytes + RoundUp(shape.arena_bytes) + RoundUp(shape.module_capacity * sizeof(log::Module));
}

std::byte* Allocate(std::uint64_t bytes) {
  void* memory = std::aligned_alloc(kPage, bytes);
  TRACK_CHECK(memory != nullptr, "%llu bytes", static_cast<unsigned long long>(bytes));
  std::memset(memory, 0, bytes);
  return static_cast<std::byte*>(memory);
}

}  // namespace

void LogBuilder::Free::operator()(std::byte* memory) const { std::free(memory); }

LogBuilder::LogBuilder(const LogShape& shape)
    : size_(FileBytes(shape)), memory_(Allocate(size_)), writer_(memory_.get()) {
  log::Header& h = header();
  std::memcpy(h.magic, log::kMagic, sizeof h.magic);
  h.version = log::kVersion;
  h.header_bytes = log::kHeaderBytes;
  h.file_bytes = size_;
  h.reserved_bytes = size_;
  h.state = static_cast<std::uint32_t>(log::State::kRecording);
  h.pid = 4321;
  h.start_ticks = 77;
  h.started_unix_ns = 1'700'000'000'000'000'000;
  std::strcpy(h.exe, "/usr/sbin/broker");
  std::strcpy(h.comm, "broker");
  constexpr char kArguments[] = "broker\0-c\0my conf";
  std::memcpy(h.cmdline, kArguments, sizeof kArguments);
  h.cmdline_bytes = sizeof kArguments;
  for (const std::uint64_t buckets : shape.level_buckets) {
    AddSegment(log::SegmentKind::kLiveLevel, buckets * sizeof(log::Bucket), buckets);
  }
  index_entries_ = shape.index_entries;
  index_ = AddSegment(log::SegmentKind::kStackIndex, index_entries_ * sizeof(log::StackIndexEntry), index_entries_);
  arena_next_ = AddSegment(log::SegmentKind::kArena, shape.arena_bytes, 0);
  arena_end_ = arena_next_ + RoundUp(shape.arena_bytes);
  modules_ = AddSegment(log::SegmentKind::kModules, shape.module_capacity * sizeof(log::Module), shape.module_capacity);
}

std::uint64_t LogBuilder::AddSegment(log::SegmentKind kind, std::uint64_t bytes, std::uint64_t count) {
  log::Segment& segment = header().segments[header().segment_count++];
  segment.kind = static_cast<std::uint32_t>(kind);
  segment.offset = next_segment_;
  segment.bytes = RoundUp(bytes);
  segment.count = count;
  next_segment_ += segment.bytes;
  return segment.offset;
}

std::uint64_t LogBuilder::OffsetOf(log::SegmentKind kind) {
  for (const log::Segment& segment : header().segments) {
    if (segment.kind == static_cast<std::uint32_t>(kind)) return segment.offset;
  }
  return 0;
}

std::uint64_t LogBuilder::Reserve(std::uint64_t bytes) {
  const std::uint64_t offset = arena_next_;
  arena_next_ += (bytes + log::kArenaAlign - 1) & ~(log::kArenaAlign - 1);
  TRACK_CHECK(arena_next_ <= arena_end_, "the test's arena is too small");
  return offset;
}

void LogBuilder::EnterIntoIndex(log::StackId id, std::uint64_t hash) {
  for (std::uint64_t i = 0; i < index_entries_; ++i) {
    auto& entry = At<log::StackIndexEntry>(index_ + ((hash + i) & (index_entries_ - 1)) * sizeof(std::uint64_t));
    if (entry != 0) continue;
    entry = (hash >> 32) << 32 | static_cast<std::uint32_t>(id);
    return;
  }
  TRACK_CHECK(false, "the test's stack index is too small");
}

log::StackId LogBuilder::AddStack(const std::vector<std::uint64_t>& return_addresses, std::uint32_t flags,
                                  std::uint64_t alloc_objects, std::uint64_t alloc_bytes) {
  const auto depth = static_cast<std::uint32_t>(return_addresses.size());
  const std::uint64_t offset = Reserve(sizeof(log::StackRecord) + depth * sizeof(std::uint64_t));
  auto& record = At<log::StackRecord>(offset);
  record.tag = log::kStackTag;
  record.depth = depth;
  record.flags = flags;
  record.modules = header().module_count;
  record.hash = log::HashStack(return_addresses.data(), depth);
  record.alloc_objects = alloc_objects;
  record.alloc_bytes = alloc_bytes;
  if (depth > 0) std::memcpy(base() + offset + sizeof record, return_addresses.data(), depth * sizeof(std::uint64_t));
  const auto id = static_cast<log::StackId>(offset / log::kArenaAlign);
  EnterIntoIndex(id, record.hash);
  return id;
}

log::StackId LogBuilder::AddSyntheticStack(log::SyntheticStack meaning) {
  const std::uint64_t offset = Reserve(sizeof(log::StackRecord));
  auto& record = At<log::StackRecord>(offset);
  record.tag = log::kStackTag;
  record.flags = log::kStackSynthetic;
  record.hash = static_cast<std::uint64_t>(meaning);
  return static_cast<log::StackId>(offset / log::kArenaAlign);
}

log::LabelsId LogBuilder::AddLabels(const std::vector<std::pair<log::LabelKey, std::string>>& labels) {
  std::string pairs;
  for (const auto& [key, value] : labels) {
    pairs += static_cast<char>(key);
    pairs += static_cast<char>(value.size());
    pairs += value;
  }
  const std::uint64_t offset = Reserve(sizeof(log::LabelsRecord) + pairs.size());
  auto& record = At<log::LabelsRecord>(offset);
  record.tag = log::kLabelsTag;
  record.count = static_cast<std::uint16_t>(labels.size());
  record.bytes = static_cast<std::uint16_t>(pairs.size());
  std::memcpy(base() + offset + sizeof record, pairs.data(), pairs.size());
  return static_cast<log::LabelsId>(offset / log::kArenaAlign);
}

void LogBuilder::AddModule(std::uint64_t start, std::uint64_t end, std::uint64_t bias, const std::string& path,
                           bool is_main, const std::string& build_id_bytes) {
  auto& module = At<log::Module>(modules_ + header().module_count * sizeof(log::Module));
  module.start = start;
  module.end = end;
  module.bias = bias;
  module.is_main = is_main ? 1 : 0;
  module.build_id_bytes = static_cast<std::uint32_t>(build_id_bytes.size());
  std::memcpy(module.build_id, build_id_bytes.data(), build_id_bytes.size());
  std::memcpy(module.path, path.data(), path.size());
  ++header().module_count;
}

bool LogBuilder::Insert(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, log::StackId stack,
                        log::LabelsId labels, std::uint32_t generation) {
  return writer_.Insert(log::MakeKey(kind, handle), log::MakeMeta(bytes, generation), stack, labels);
}

std::string LogBuilder::Bytes() { return {reinterpret_cast<const char*>(base()), size_}; }

void LogBuilder::Write(const std::string& path) {
  const support::Status written = support::WriteFile(path, Bytes());
  TRACK_CHECK(written.ok(), "%s", written.error().ToString().c_str());
}

}  // namespace mqtrack::testing
