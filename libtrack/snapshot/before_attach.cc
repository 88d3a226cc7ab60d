#include "libtrack/snapshot/before_attach.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>

#include "libtrack/support/file.h"

namespace mqtrack::snapshot {
namespace {

using log::Kind;
using log::LiveEntry;

constexpr std::string_view kTimerId = "ID: ";

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

std::set<std::uint64_t> ThreadIds(const std::string& folder) {
  std::set<std::uint64_t> tids;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder + "/task", error), end; !error && it != end; it.increment(error)) {
    if (const auto tid = ParseNumber(it->path().filename().string())) tids.insert(*tid);
  }
  return tids;
}

bool IsKnownByKernel(const LiveEntry& entry) {
  return (entry.kind == Kind::kThread || entry.kind == Kind::kTimer) && (entry.handle & log::kKernelHandle) != 0;
}

}  // namespace

void ShrinkHeapBefore(log::LogContent& content) {
  if (content.facts.freed_before_bytes == 0) return;
  const auto heap = std::find_if(content.live.begin(), content.live.end(), [](const LiveEntry& entry) {
    return entry.kind == Kind::kHeapBlock && entry.handle == log::kHeapBeforeHandle;
  });
  if (heap == content.live.end()) return;
  // What the C library keeps for its threads counts as in use and is never freed by a hook, so some stays for ever.
  if (heap->bytes <= content.facts.freed_before_bytes)
    content.live.erase(heap);
  else
    heap->bytes -= content.facts.freed_before_bytes;
}

void ForgetEnded(const std::set<std::uint64_t>& tids, const std::set<std::uint64_t>& timers, log::LogContent& content) {
  std::erase_if(content.live, [&](const LiveEntry& entry) {
    if (!IsKnownByKernel(entry)) return false;
    return !(entry.kind == Kind::kThread ? tids : timers).contains(entry.handle & ~log::kKernelHandle);
  });
}

std::set<std::uint64_t> TimerIds(const std::string& text) {
  std::set<std::uint64_t> ids;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kTimerId)) continue;
    if (const auto id = ParseNumber(std::string_view(line).substr(kTimerId.size()))) ids.insert(*id);
  }
  return ids;
}

void UpdateBeforeAttach(std::int64_t pid, log::LogContent& content) {
  ShrinkHeapBefore(content);
  if (pid == 0 || std::none_of(content.live.begin(), content.live.end(), IsKnownByKernel)) return;
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::set<std::uint64_t> tids = ThreadIds(folder);
  const auto timers = support::ReadFile(folder + "/timers");
  if (tids.empty() || !timers) return;  // it has ended meanwhile, or may not be looked at
  ForgetEnded(tids, TimerIds(*timers), content);
}

}  // namespace mqtrack::snapshot
