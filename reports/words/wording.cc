#include "reports/words/wording.h"

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/plural.h"
#include "libtrack/support/units.h"
#include "reports/words/fit_names.h"

namespace mqtrack::reports {

std::string TypeInWords(std::string_view sample_type, std::int64_t count) {
  const std::string_view words = profile::TypeWords(sample_type, count);
  if (!words.empty()) return std::string(words);
  return analysis::Printable(sample_type);
}

std::string Plural(std::int64_t count, std::string_view singular) { return support::Plural(count, singular); }

std::string Amount(std::int64_t value, std::string_view unit, bool has_objects, std::int64_t objects) {
  std::string amount = support::FormatValue(value, unit);
  if (has_objects) amount += " in " + Plural(objects, "object");
  return amount;
}

std::string ProcessName(const analysis::Side& side) {
  if (!side.target.empty()) return analysis::Printable(side.target);
  return side.program.empty() ? "profile" : analysis::Printable(side.program);
}

std::int64_t ElapsedSeconds(const analysis::Side& base, const analysis::Side& newer) {
  if (base.time_nanos <= 0 || newer.time_nanos <= base.time_nanos) return 0;
  return (newer.time_nanos - base.time_nanos) / 1'000'000'000;
}

std::string HourlyRate(std::int64_t growth, std::int64_t seconds, std::string_view unit) {
  constexpr std::int64_t kMinSeconds = 60;
  if (seconds < kMinSeconds || growth <= 0) return {};
  const double hourly = static_cast<double>(growth) * 3600.0 / static_cast<double>(seconds);
  if (hourly >= 9e18) return {};
  return " (" + support::FormatValue(static_cast<std::int64_t>(hourly), unit) + " per hour)";
}

std::string ForecastSentence(const analysis::Forecast& forecast) {
  return "at this rate (" + support::FormatBytes(forecast.bytes_per_hour) + " per hour) the memory of " +
         analysis::Printable(forecast.limit) + " is used up in " + support::FormatDuration(forecast.seconds) +
         ", or sooner for what the allocator adds";
}

std::string Where(std::string_view file, std::int64_t line, std::string_view module, std::string_view caller) {
  if (!file.empty()) return analysis::Printable(file) + (line > 0 ? ":" + std::to_string(line) : "");
  if (module.empty()) return {};
  return "in " + analysis::Printable(module) +
         (caller.empty() ? "" : ", called by " + ShortName(caller, kWidestNameInSentence));
}

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";  // what no shell touches
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : analysis::Printable(text)) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace mqtrack::reports
