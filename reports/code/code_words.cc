#include "reports/code/code_words.h"

#include <algorithm>

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/difference.h"
#include "libtrack/support/units.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {

std::string CodeHeading(const profile::ValueType& type, std::size_t matching, const CodeOptions& options) {
  std::string text = analysis::Printable(TypeInWords(type.type)) + " of " + analysis::Printable(options.new_name);
  if (!options.base_name.empty()) text += " since " + analysis::Printable(options.base_name);
  return text + ": " + Plural(static_cast<std::int64_t>(matching), "function") +
         (matching == 1 ? " matches " : " match ") + analysis::Quoted(options.pattern);
}

std::string CodeValue(std::int64_t value, const profile::ValueType& type, const CodeOptions& options) {
  return options.base_name.empty() ? support::FormatValue(value, type.unit)
                                   : support::FormatSignedValue(value, type.unit);
}

std::string FlatAndCum(std::int64_t flat, std::int64_t cum, std::int64_t total, const profile::ValueType& type,
                       const CodeOptions& options) {
  const auto share = [&](std::int64_t value) { return " (" + support::FormatPercent(value, total) + ")"; };
  return "flat " + CodeValue(flat, type, options) + share(flat) + ", cum " + CodeValue(cum, type, options) +
         share(cum) + " of " + CodeValue(total, type, options);
}

std::size_t FunctionsShown(std::size_t matching, const CodeOptions& options) {
  return options.functions == 0 ? matching : std::min(matching, options.functions);
}

std::string FunctionsLeftOut(std::size_t matching, const CodeOptions& options) {
  const std::size_t left_out = matching - FunctionsShown(matching, options);
  if (left_out == 0) return {};
  return Plural(static_cast<std::int64_t>(left_out), "other function") + (left_out == 1 ? " matches" : " match") +
         "; -n 0 shows all\n";
}

}  // namespace mqtrack::reports
