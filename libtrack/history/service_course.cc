#include "libtrack/history/service_course.h"

#include <algorithm>

namespace mqtrack::history {
namespace {

/// Which of them ran at once with another one. `spans` are in order of their beginnings.
std::vector<bool> AtOnce(const std::vector<RecordingSpan>& spans) {
  std::vector<bool> at_once(spans.size());
  std::size_t longest = 0;  // of those before, the one that ends last
  for (std::size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].first <= spans[longest].last) at_once[i] = at_once[longest] = true;
    if (spans[i].last > spans[longest].last) longest = i;
  }
  // A span may also end before the longest one does, and after the next one begins.
  for (std::size_t i = 0; i + 1 < spans.size(); ++i) {
    if (spans[i + 1].first <= spans[i].last) at_once[i] = true;
  }
  return at_once;
}

std::vector<RecordingSpan> InOrder(std::vector<RecordingSpan> spans) {
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return spans;
}

}  // namespace

bool AnyAtOnce(const std::vector<RecordingSpan>& spans) {
  const std::vector<bool> at_once = AtOnce(InOrder(spans));
  return std::find(at_once.begin(), at_once.end(), true) != at_once.end();
}

std::vector<SeriesKey> CourseOf(const SeriesKey& key, const std::vector<RecordingSpan>& spans) {
  std::vector<RecordingSpan> alike = InOrder(spans);
  const auto own = std::find_if(spans.begin(), spans.end(), [&](const auto& span) { return span.key == key; });
  if (own == spans.end()) return {key};
  if (AnyAtOnce(spans)) std::erase_if(alike, [&](const auto& span) { return span.command != own->command; });
  const std::vector<bool> at_once = AtOnce(alike);
  std::vector<SeriesKey> course;
  for (std::size_t i = 0; i < alike.size(); ++i) {
    if (alike[i].key == key || (alike[i].last < own->first && !at_once[i])) course.push_back(alike[i].key);
  }
  return course;
}

}  // namespace mqtrack::history
