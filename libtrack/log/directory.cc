#include "libtrack/log/directory.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace mqtrack::log {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// The smallest page of any machine we record on: offsets and sizes are multiples of the recorder's page, hence of this.
constexpr std::uint64_t kSmallestPage = 4096;

std::uint64_t EntryBytes(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::kLiveLevel:
      return sizeof(Bucket);
    case SegmentKind::kStackIndex:
      return sizeof(StackIndexEntry);
    case SegmentKind::kModules:
      return sizeof(Module);
    default:
      return 0;
  }
}

Status CheckSegment(const LogView& view, const Segment& segment, std::uint64_t place) {
  const std::string size = std::to_string(view.size());
  if (segment.kind > static_cast<std::uint32_t>(SegmentKind::kModules)) {
    return view.Malformed(place, "segment kind", "1 to 4", segment.kind);
  }
  if (segment.offset < kHeaderBytes || segment.offset % kSmallestPage != 0 || segment.offset > view.size()) {
    return view.Malformed(place + offsetof(Segment, offset), "segment offset",
                          "a multiple of 4096 from " + std::to_string(kHeaderBytes) + " to " + size, segment.offset);
  }
  if (segment.bytes == 0 || segment.bytes % kSmallestPage != 0 || !view.Contains(segment.offset, segment.bytes)) {
    return view.Malformed(place + offsetof(Segment, bytes), "segment size",
                          "a multiple of 4096 that ends within the file's " + size + " bytes", segment.bytes);
  }
  const auto kind = static_cast<SegmentKind>(segment.kind);
  const std::uint64_t entry = EntryBytes(kind);
  if (entry == 0) return {};
  const std::uint64_t most = segment.bytes / entry;
  const bool table = kind != SegmentKind::kModules;
  if (segment.count == 0 || segment.count > most || (table && !std::has_single_bit(segment.count)) ||
      (!table && segment.count > kMaxModules)) {
    return view.Malformed(place + offsetof(Segment, count), "segment's number of entries",
                          (table ? "a power of two up to " : "1 to ") + std::to_string(most), segment.count);
  }
  return {};
}

Status CheckOverlaps(const LogView& view, std::vector<Segment> segments) {
  std::sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < segments.size(); ++i) {
    const std::uint64_t end = segments[i - 1].offset + segments[i - 1].bytes;
    if (segments[i].offset < end) {
      return view.Malformed(offsetof(Header, segments), "segments overlap",
                            "the next one to start at " + std::to_string(end) + " or later", segments[i].offset);
    }
  }
  return {};
}

void Sort(const Segment& segment, Directory& into) {
  switch (static_cast<SegmentKind>(segment.kind)) {
    case SegmentKind::kLiveLevel:
      into.levels.push_back(segment);
      break;
    case SegmentKind::kStackIndex:
      into.indexes.push_back(segment);
      break;
    case SegmentKind::kArena:
      into.arenas.push_back(segment);
      break;
    case SegmentKind::kModules:
      into.modules = segment;
      break;
    case SegmentKind::kNone:
      break;
  }
}

bool AllZero(const char* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](char c) { return c == 0; });
}

Status CheckEnumerations(const LogView& view) {
  const Header& header = view.header();
  const std::uint32_t state = Load(header.state);
  if (state > static_cast<std::uint32_t>(State::kEnded)) {
    return view.Malformed(offsetof(Header, state), "state", "0 to 2", state);
  }
  if (header.mode > static_cast<std::uint32_t>(Mode::kSampled)) {
    return view.Malformed(offsetof(Header, mode), "mode", "0 or 1", header.mode);
  }
  if (header.origin > static_cast<std::uint32_t>(Origin::kAttach)) {
    return view.Malformed(offsetof(Header, origin), "origin", "0 to 2", header.origin);
  }
  if (header.cmdline_bytes > sizeof header.cmdline) {
    return view.Malformed(offsetof(Header, cmdline_bytes), "length of the command line",
                          "at most " + std::to_string(sizeof header.cmdline), header.cmdline_bytes);
  }
  return {};
}

Result<Directory> CopyDirectory(const LogView& view, std::uint64_t withdrawals) {
  const Header& header = view.header();
  const std::uint32_t count = Load(header.segment_count);
  if (count > kMaxSegments) {
    return view.Malformed(offsetof(Header, segment_count), "number of segments",
                          "at most " + std::to_string(kMaxSegments), count);
  }
  Directory directory;
  std::vector<Segment> all;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Segment& published = header.segments[i];
    Segment segment{};
    segment.kind = Load(published.kind);
    segment.withdrawn = Load(published.withdrawn);
    if (!IsPublished(segment.kind, segment.withdrawn, withdrawals)) continue;  // or claimed, and not yet published
    segment.offset = Load(published.offset);
    segment.bytes = Load(published.bytes);
    segment.count = Load(published.count);
    const std::uint64_t place = view.OffsetOf(&published);
    if (Status checked = CheckSegment(view, segment, place); !checked) return checked.error();
    if (directory.modules && segment.kind == static_cast<std::uint32_t>(SegmentKind::kModules)) {
      return view.Malformed(place, "segment kind", "only one module table", segment.kind);
    }
    Sort(segment, directory);
    all.push_back(segment);
  }
  if (Status apart = CheckOverlaps(view, std::move(all)); !apart) return apart.error();
  std::sort(directory.arenas.begin(), directory.arenas.end(),
            [](const Segment& a, const Segment& b) { return a.offset < b.offset; });
  directory.withdrawals = withdrawals;
  return directory;
}

}  // namespace

Status CheckHeader(const LogView& view, const std::string& path) {
  if (view.size() < sizeof kMagic + sizeof(std::uint32_t)) {
    return Error{ErrorCode::kBadInput, "not a log of mqtrack: only " + std::to_string(view.size()) + " bytes", path};
  }
  const auto* start = reinterpret_cast<const char*>(view.data());
  if (AllZero(start, sizeof kMagic)) {
    return Error{ErrorCode::kCannotMeasure,
                 "not yet recording: the recorder has not finished starting, or the process died before it had; "
                 "try again in a moment",
                 path};
  }
  if (std::memcmp(start, kMagic, sizeof kMagic) != 0) {
    return Error{ErrorCode::kBadInput, "not a log of mqtrack: it does not begin with MQTRLOG", path};
  }
  std::uint32_t version = 0;
  std::memcpy(&version, start + offsetof(Header, version), sizeof version);
  if (version != kVersion) {
    return Error{ErrorCode::kCannotMeasure,
                 "the log has version " + std::to_string(version) + ", this mqtrack reads version " +
                     std::to_string(kVersion) + "; use the mqtrack that recorded it",
                 path};
  }
  if (view.size() < kHeaderBytes) {
    return view.Malformed(view.size(), "truncated in the header", std::to_string(kHeaderBytes) + " bytes", view.size());
  }
  const Header& header = view.header();
  if (header.header_bytes != kHeaderBytes) {
    return view.Malformed(offsetof(Header, header_bytes), "header size", std::to_string(kHeaderBytes),
                          header.header_bytes);
  }
  if (header.file_bytes > view.size()) {
    return view.Malformed(offsetof(Header, file_bytes), "truncated",
                          std::to_string(header.file_bytes) + " bytes in the file", view.size());
  }
  return CheckEnumerations(view);
}

// An entry that is used again while it is copied may be half the old one.
Result<Directory> ReadDirectory(const LogView& view) {
  constexpr int kMostAttempts = 100;
  for (int attempt = 1;; ++attempt) {
    const std::uint64_t withdrawals = Load(view.header().withdrawals);
    Result<Directory> directory = CopyDirectory(view, withdrawals);
    if (Load(view.header().withdrawals) == withdrawals || attempt == kMostAttempts) return directory;
  }
}

bool IsThere(const LogView& view, const Segment& level) {
  const Header& header = view.header();
  for (const Segment& segment : header.segments) {
    if (Load(segment.kind) != level.kind || Load(segment.offset) != level.offset) continue;
    return IsPublished(level.kind, Load(segment.withdrawn), Load(header.withdrawals));
  }
  return false;
}

}  // namespace mqtrack::log
