// Fuzz target: names of functions, as symbol tables and foreign profiles have them, made readable.
#include <cstdint>
#include <string>
#include <string_view>

#include "libtrack/support/check.h"
#include "libtrack/support/cxx_name.h"
#include "libtrack/support/display_name.h"
#include "libtrack/support/mangled_path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mqtrack::support;                                        // NOLINT(google-build-using-namespace)
  const std::string_view name(reinterpret_cast<const char*>(data), size);  // NOLINT
  const std::string shown = DisplayName(name);
  TRACK_CHECK(shown.empty() == name.empty(), "%zu characters of %zu", shown.size(), name.size());
  // A space is added behind a comma, and nothing else.
  TRACK_CHECK(name.starts_with("_Z") || shown.size() <= 2 * name.size(), "%zu of %zu", shown.size(), name.size());
  TRACK_CHECK(!MangledPath("_Z" + std::string(name)).empty(), "no name");
  TRACK_CHECK(BareName(name).empty() == name.empty() && QualifiedName(name).empty() == name.empty(), "no name");
  return 0;
}
