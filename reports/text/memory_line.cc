#include "reports/text/memory_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/analysis/sites.h"
#include "libtrack/support/units.h"

namespace mqtrack::reports {
namespace {

using analysis::Difference;
using analysis::Memory;

constexpr std::int64_t kLeast = std::int64_t{1} << 20;  // less is how pages come and go

struct Change {
  std::int64_t base, now;
  [[nodiscard]] bool is_known() const { return base >= 0 && now >= 0; }
  [[nodiscard]] std::int64_t growth() const { return Difference(now, base); }
};

std::string Grown(const Change& change) {
  return support::FormatBytes(change.now) + " (" +
         (change.growth() == 0 ? "unchanged" : support::FormatSignedValue(change.growth(), "bytes")) + ")";
}

/// What the service's own resident memory did that its live heap blocks do not explain.
std::string Verdict(const Change& resident, const Change& recorder, const Change& heap) {
  if (!heap.is_known()) return {};
  const std::int64_t own = Difference(resident.growth(), recorder.is_known() ? recorder.growth() : 0);
  const std::int64_t shrunk = -heap.growth();
  if (shrunk >= kLeast && own > -shrunk / 2) {
    return ", though live heap blocks shrank by " + support::FormatBytes(shrunk) +
           ": the allocator keeps what was freed, and reuses it";
  }
  const std::int64_t beyond = Difference(own, heap.growth());
  if (own > 0 && beyond >= std::max(kLeast, resident.base / 10)) {
    return ", " + support::FormatBytes(beyond) +
           " more than live heap blocks: stacks, mappings, pages of files, or blocks that lie scattered among free "
           "memory";
  }
  return {};
}

}  // namespace

std::string MemorySentence(const Memory& base, const Memory& newer) {
  const Change resident{base.resident, newer.resident}, recorder{base.recorder, newer.recorder},
      heap{base.live_heap, newer.live_heap}, anonymous{base.anonymous, newer.anonymous};
  if (!resident.is_known()) return {};
  std::string text = "resident memory is " + Grown(resident) + Verdict(resident, recorder, heap);
  if (anonymous.is_known() && heap.is_known()) {
    const Change beyond{std::max<std::int64_t>(0, anonymous.base - heap.base),
                        std::max<std::int64_t>(0, anonymous.now - heap.now)};
    text += "; beside live heap blocks the allocator, stacks and mappings hold " + Grown(beyond);
  }
  if (recorder.is_known()) text += "; the recorder's own share is " + Grown(recorder);
  return text;
}

nlohmann::ordered_json MemoryJson(const Memory& base, const Memory& newer) {
  nlohmann::ordered_json json;
  const auto add = [&](const std::string& name, std::int64_t before, std::int64_t now) {
    if (before < 0 || now < 0) return;
    json["base_" + name + "_bytes"] = before;
    json[name + "_bytes"] = now;
  };
  add("rss", base.resident, newer.resident);
  add("anonymous", base.anonymous, newer.anonymous);
  add("recorder_rss", base.recorder, newer.recorder);
  add("live_heap", base.live_heap, newer.live_heap);
  return json;
}

}  // namespace mqtrack::reports
