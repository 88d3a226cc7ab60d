// Fuzz target: jemalloc's heap text. Whatever is accepted must be valid and survive being written and diffed.
#include <cstdint>

#include "fuzz_profile.h"
#include "libtrack/profile/formats/text/jemalloc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto profile = mqtrack::profile::ParseJemallocHeap({bytes, "fuzz"});
  if (profile.ok()) mqtrack::fuzz::CheckAccepted(*profile);
  return 0;
}
