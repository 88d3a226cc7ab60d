// A suppressions file: parsed, then every pattern matched against the file's own text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libtrack/analysis/gate/suppressions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto suppressions = mqtrack::analysis::ParseSuppressions(text, "fuzz");
  if (!suppressions) {
    if (suppressions.error().text.find('\n') != std::string::npos) std::abort();  // an error must be one line
    return 0;
  }
  for (const auto& entry : suppressions->entries) (void)entry.pattern.Matches(text);
  return 0;
}
