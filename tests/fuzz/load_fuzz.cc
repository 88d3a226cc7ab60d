// Fuzz target: recognising a profile by its content, then reading it.
#include <cstdint>

#include "fuzz_profile.h"
#include "libtrack/profile/formats/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto profile = mqtrack::profile::ParseProfile(bytes, "fuzz");
  if (profile.ok()) mqtrack::fuzz::CheckAccepted(*profile);
  return 0;
}
