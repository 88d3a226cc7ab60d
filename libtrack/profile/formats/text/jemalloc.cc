#include "libtrack/profile/formats/text/jemalloc.h"

#include "libtrack/profile/formats/text/text_profile.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::Result;

// One "@ ..." line with the counts under it.
struct Backtrace {
  std::vector<std::uint64_t> addresses;
  HeapCounts all_threads;  // the "t*" line
  HeapCounts threads_sum;  // of the "t<uid>" lines, for writers that leave "t*" out
  bool has_all = false, has_threads = false;
};

// "t*: 1: 2 [3: 4]" or "t12: 1: 2 [3: 4] name"; false if malformed.
bool ScanThreadLine(std::string_view line, bool& all, HeapCounts& counts) {
  LineScanner scan(line);
  if (!scan.Literal("t").ok()) return false;
  all = scan.rest().starts_with('*');
  std::uint64_t uid = 0;
  const bool named = all ? scan.Literal("*").ok() : scan.Number(uid).ok();
  return named && scan.Literal(":").ok() && ScanHeapCounts(scan, counts);
}

void AddUnsampled(HeapCounts& sum, HeapCounts counts, std::int64_t rate) {
  Unsample(counts.inuse_objects, counts.inuse_space, rate);
  Unsample(counts.alloc_objects, counts.alloc_space, rate);
  const auto add = [](std::int64_t& to, std::int64_t value) {
    to = static_cast<std::int64_t>(static_cast<std::uint64_t>(to) + static_cast<std::uint64_t>(value));
  };
  add(sum.inuse_objects, counts.inuse_objects);
  add(sum.inuse_space, counts.inuse_space);
  add(sum.alloc_objects, counts.alloc_objects);
  add(sum.alloc_space, counts.alloc_space);
}

class Parser {
 public:
  explicit Parser(LineCursor lines) : lines_(std::move(lines)) {}

  Result<Profile> Parse() {
    const std::optional<std::string_view> first = lines_.Next();
    if (!first || !LineScanner(*first).Literal("heap_v2/").Number(rate_).ok()) {
      return lines_.Bad("'heap_v2/<bytes between samples>'", first.value_or(""));
    }
    while (const auto line = lines_.Next()) {
      if (IsMappedLibrariesHeader(*line)) break;
      const support::Status read = ReadLine(*line);
      if (!read) return read.error();
    }
    return Build();
  }

 private:
  support::Status ReadLine(std::string_view line) {
    LineScanner scan(line);
    // jemalloc's own messages get between the lines where both go to one file.
    if (scan.AtEnd() || scan.rest().starts_with('#') || line.starts_with("<jemalloc>: ")) return {};
    if (scan.rest().starts_with('@')) {
      const auto addresses = ScanAddresses(scan.Literal("@").rest());
      if (!addresses) return lines_.Bad("addresses after '@'", line);
      backtraces_.emplace_back().addresses = *addresses;
      return {};
    }
    bool all = false;
    HeapCounts counts;
    if (!ScanThreadLine(line, all, counts))
      return lines_.Bad("'t*: objects: bytes [objects: bytes]' or '@ 0x...'", line);
    if (backtraces_.empty()) return {};  // the process's totals, which the sums give again
    Backtrace& backtrace = backtraces_.back();
    (all ? backtrace.has_all : backtrace.has_threads) = true;
    AddUnsampled(all ? backtrace.all_threads : backtrace.threads_sum, counts, rate_);
    return {};
  }

  Profile Build() {
    bool with_alloc = false;
    for (const Backtrace& backtrace : backtraces_) {
      with_alloc = with_alloc || backtrace.all_threads.alloc_objects != 0 || backtrace.threads_sum.alloc_objects != 0;
    }
    TextProfileBuilder builder;
    builder.SetHeapTypes(with_alloc);
    builder.profile().period = rate_;
    for (const Backtrace& backtrace : backtraces_) {
      if (!backtrace.has_all && !backtrace.has_threads) continue;
      builder.AddHeapSample(builder.Calls(backtrace.addresses),
                            backtrace.has_all ? backtrace.all_threads : backtrace.threads_sum);
    }
    builder.ReadMappedLibraries(lines_);
    return std::move(builder.profile());
  }

  LineCursor lines_;
  std::int64_t rate_ = 1;
  std::vector<Backtrace> backtraces_;
};

}  // namespace

Result<Profile> ParseJemallocHeap(LineCursor lines) { return Parser(std::move(lines)).Parse(); }

}  // namespace mqtrack::profile
