#include "reports/picture/caption.h"

#include <optional>
#include <utility>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"
#include "reports/picture/picture_text.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using profile::FindFact;
using profile::Profile;

std::string NameOfProcess(const Profile& profile) {
  if (auto target = FindFact(profile, "target")) return CleanText(*target);
  if (!profile.mappings.empty()) return CleanText(support::BaseName(profile.mappings[0].file));
  return {};
}

std::int64_t SecondsApart(const Profile& profile, const Profile* base) {
  if (base == nullptr || base->time_nanos <= 0 || profile.time_nanos <= base->time_nanos) return 0;
  return (profile.time_nanos - base->time_nanos) / 1'000'000'000;
}

std::string TimeFact(const Profile& profile, const Profile* base) {
  const std::string now = profile.time_nanos > 0 ? support::FormatUtc(profile.time_nanos) : "";
  if (base == nullptr || base->time_nanos <= 0 || now.empty()) return now;
  const std::int64_t apart = SecondsApart(profile, base);
  return support::FormatUtc(base->time_nanos) + " \xE2\x86\x92 " + now +
         (apart > 0 ? " (" + support::FormatDuration(apart) + ")" : "");
}

std::optional<std::int64_t> NumberFact(const Profile& profile, std::string_view key) {
  const std::optional<std::string> text = FindFact(profile, key);
  if (!text) return std::nullopt;
  const support::Result<std::int64_t> number = support::ParseCount(*text);
  return number ? std::optional(*number) : std::nullopt;
}

std::vector<std::string> CollectFacts(const Profile& profile, const Profile* base) {
  std::vector<std::string> facts;
  const auto add = [&](std::string fact) {
    if (!fact.empty()) facts.push_back(CleanText(fact));
  };
  add(TimeFact(profile, base));
  if (const auto seconds = NumberFact(profile, "recorded_seconds")) {
    add("recorded for " + support::FormatDuration(*seconds));
  }
  if (const auto mode = FindFact(profile, "mode")) {
    const auto interval = NumberFact(profile, "sample_bytes");
    add(*mode == "sampled" && interval ? "sampled every " + support::FormatBytes(*interval) : *mode);
  }
  if (const auto rss = NumberFact(profile, "rss_bytes")) {
    const auto recorder = NumberFact(profile, "recorder_rss_bytes");
    add("RSS " + support::FormatBytes(*rss) +
        (recorder ? ", " + support::FormatBytes(*recorder) + " of it the recorder's" : ""));
  }
  if (const auto command = FindFact(profile, "command")) add(*command);
  return facts;
}

std::vector<std::string> CollectWarnings(const Profile& profile, const std::string& of) {
  std::vector<std::string> warnings;
  const std::int64_t losses = NumberFact(profile, "losses").value_or(0);
  const std::int64_t bytes = NumberFact(profile, "lost_bytes").value_or(0);
  if (losses > 0) {
    warnings.push_back(support::FormatCount(losses) + " events (" + support::FormatBytes(bytes) +
                       ") were lost in recording" + of + ": the values are too low by up to that much");
  }
  if (const std::int64_t cut = NumberFact(profile, "truncated_stacks").value_or(0); cut > 0) {
    warnings.push_back(support::FormatCount(cut) + " stacks" + of +
                       " are deeper than was recorded: their roots are missing");
  }
  return warnings;
}

std::string Summarise(const StackSet& set, std::int64_t seconds) {
  const std::string& unit = set.value_type.unit;
  std::string text;
  if (!set.is_diff) {
    text = support::FormatValue(set.total.value, unit);
    if (set.has_objects) text += " in " + support::FormatCount(set.objects_total.value) + " objects";
    return text;
  }
  text = set.total.growth() < 0 ? "shrank by " : set.total.growth() > 0 ? "grew by " : "unchanged in total";
  if (set.total.growth() != 0) text += support::FormatValue(Magnitude(set.total.growth()), unit);
  if (set.has_base) {
    text += HourlyRate(set.total.growth(), seconds, unit);
    text += ": " + support::FormatValue(set.total.base, unit) + " \xE2\x86\x92 " +
            support::FormatValue(set.total.value, unit);
  }
  if (set.has_objects) text += ", " + support::FormatSignedCount(set.objects_total.growth()) + " objects";
  return text;
}

}  // namespace

std::string DescribeSampleType(const std::string& type) {
  const std::string_view words = profile::TypeWords(type);
  if (!words.empty()) return std::string(words);
  return CleanText(type);
}

Caption MakeCaption(const Profile& profile, const Profile* base, const StackSet& set, const std::string& title,
                    const std::string& kept) {
  Caption caption;
  if (!title.empty()) {
    caption.title = CleanText(title);
  } else {
    const std::string process = NameOfProcess(profile);
    caption.title = (set.is_diff ? "growth of " : "") + DescribeSampleType(set.value_type.type);
    if (!process.empty()) caption.title = process + ": " + caption.title;
    if (set.is_of_holders) caption.title += " by who holds them";
  }
  caption.summary = Summarise(set, SecondsApart(profile, base));
  if (!kept.empty()) caption.part = "only " + CleanText(kept);
  caption.facts = CollectFacts(profile, base);
  caption.warnings = CollectWarnings(profile, base == nullptr ? "" : " (the newer side)");
  if (base != nullptr) {
    for (std::string& warning : CollectWarnings(*base, " (the base)")) caption.warnings.push_back(std::move(warning));
  }
  return caption;
}

}  // namespace mqtrack::reports
