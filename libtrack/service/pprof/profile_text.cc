#include "libtrack/service/pprof/profile_text.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

#include "libtrack/profile/sample_types.h"

namespace mqtrack::service {
namespace {

using profile::Profile;
using profile::Sample;

constexpr std::int64_t kNanosPerMinute = 60'000'000'000;

std::string Hex(std::uint64_t number) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

/// No name can begin a line of its own.
std::string Plain(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  return text;
}

/// " @ 0x4a1 0x4b2": return addresses, as the C library's writers have them.
std::string Addresses(const Profile& profile, const Sample& sample) {
  std::string text = " @";
  for (const profile::LocationId id : sample.locations) text += " " + Hex(profile.location(id).address + 1);
  return text;
}

/// "#\t0x4a0\tmain+0x0\t/src/main.c:12", a line for each frame.
std::string Frames(const Profile& profile, const Sample& sample) {
  std::string text;
  for (const profile::LocationId id : sample.locations) {
    const profile::Location& location = profile.location(id);
    for (const profile::Line& line : location.lines) {
      const profile::Function& function = profile.function(line.function);
      text += "#\t" + Hex(location.address) + "\t" + Plain(function.name) + "+0x0\t" + Plain(function.filename) + ":" +
              std::to_string(line.line) + "\n";
    }
  }
  return text;
}

/// Numbers of samples, biggest first by `column`.
std::vector<std::size_t> BiggestFirst(const Profile& profile, std::size_t column) {
  std::vector<std::size_t> order(profile.samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return profile.samples[a].values[column] > profile.samples[b].values[column];
  });
  return order;
}

/// "3: 300 [10: 1000]" of alloc_objects, alloc_space, inuse_objects, inuse_space.
std::string FourValues(const std::vector<std::int64_t>& values) {
  return std::to_string(values[2]) + ": " + std::to_string(values[3]) + " [" + std::to_string(values[0]) + ": " +
         std::to_string(values[1]) + "]";
}

const profile::Label* FindLabel(const Sample& sample, std::string_view key) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == key) return &label;
  }
  return nullptr;
}

std::string ThreadHeading(const Sample& sample) {
  const profile::Label *tid = FindLabel(sample, "tid"), *wait = FindLabel(sample, "wait"),
                       *waited = FindLabel(sample, "waited");
  std::string heading = std::string(profile::kGoroutine) + " " + std::to_string(tid == nullptr ? 0 : tid->num) + " [" +
                        (wait == nullptr || wait->str.empty() ? "running" : Plain(wait->str));
  const std::int64_t minutes = waited == nullptr ? 0 : waited->num / kNanosPerMinute;
  if (minutes > 0) heading += ", " + std::to_string(minutes) + " minutes";
  return heading + "]:\n";
}

}  // namespace

std::string HeapText(const Profile& view) {
  std::vector<std::int64_t> totals;
  for (std::size_t i = 0; i < view.sample_types.size(); ++i) totals.push_back(profile::Total(view, i));
  std::string text = "heap profile: " + FourValues(totals) + " @ heap/2\n";
  for (const std::size_t i : BiggestFirst(view, 3)) {
    const Sample& sample = view.samples[i];
    text += FourValues(sample.values) + Addresses(view, sample) + "\n" + Frames(view, sample) + "\n";
  }
  return text;
}

std::string CountText(const Profile& view, std::string_view name) {
  std::string text = std::string(name) + " profile: total " + std::to_string(profile::Total(view, 0)) + "\n";
  for (const std::size_t i : BiggestFirst(view, 0)) {
    const Sample& sample = view.samples[i];
    text += std::to_string(sample.values[0]) + Addresses(view, sample) + "\n" + Frames(view, sample) + "\n";
  }
  return text;
}

std::string ThreadText(const Profile& dump) {
  std::string text;
  for (const Sample& sample : dump.samples) {
    text += (text.empty() ? "" : "\n") + ThreadHeading(sample);
    for (const profile::LocationId id : sample.locations) {
      for (const profile::Line& line : dump.location(id).lines) {
        const profile::Function& function = dump.function(line.function);
        text += Plain(function.name) + "(...)\n\t" + Plain(function.filename) + ":" + std::to_string(line.line) + " +" +
                Hex(dump.location(id).address) + "\n";
      }
    }
  }
  return text;
}

}  // namespace mqtrack::service
