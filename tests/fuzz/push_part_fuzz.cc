// Bytes as a part of a spool. What is accepted must be the same once it was written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libtrack/push/push_part.h"
#include "libtrack/push/push_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mqtrack::push::DecodePart;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto part = DecodePart(bytes, "input");
  if (!part) return 0;
  const std::string written = EncodePart(*part);
  const auto again = DecodePart(written, "input");
  if (!again || EncodePart(*again) != written) std::abort();
  for (const auto store : {mqtrack::push::Store::kPyroscope, mqtrack::push::Store::kParca}) {
    if (MakeRequest(store, "http://store", *part).url.find_first_of(" \r\n") != std::string::npos) std::abort();
  }
  return 0;
}
