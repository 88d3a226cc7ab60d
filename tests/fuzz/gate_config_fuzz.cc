// The two JSON files that a gate reads, a configuration and a site baseline, and the text of a limit option.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libtrack/analysis/gate/baseline.h"
#include "libtrack/analysis/gate/gate_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mqtrack::analysis;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto config = ParseGateConfig(text, "fuzz");
      !config && config.error().text.find('\n') != std::string::npos) {
    std::abort();  // an error must be one line
  }
  LimitsByType limits;
  (void)AddLimits(limits, text, "--max-growth");
  if (const auto baseline = ParseSiteBaseline(text, "fuzz")) {
    // What was read must survive being written.
    const std::string written = EncodeSiteBaseline(*baseline);
    const auto reread = ParseSiteBaseline(written, "fuzz");
    if (!reread || EncodeSiteBaseline(*reread) != written) std::abort();
  }
  return 0;
}
