// Fuzz target: Go's debug=1 text. Whatever is accepted must be valid and survive being written and diffed.
#include <cstdint>

#include "fuzz_profile.h"
#include "libtrack/profile/formats/text/go_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto profile = mqtrack::profile::ParseGoText({bytes, "fuzz"});
  if (profile.ok()) mqtrack::fuzz::CheckAccepted(*profile);
  return 0;
}
