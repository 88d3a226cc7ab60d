#include "libtrack/bundle/bundle_names.h"

namespace mqtrack::bundle {
namespace {

constexpr std::string_view kStore = ".build-id/";
constexpr std::string_view kDebugSuffix = ".debug";
constexpr std::string_view kHexDigits = "0123456789abcdef";

/// "ab/cdef" with an optional suffix.
bool IsStoreName(std::string_view name) {
  if (name.ends_with(kDebugSuffix)) name.remove_suffix(kDebugSuffix.size());
  if (name.size() < 7 || name.size() > 129 || name[2] != '/') return false;
  return name.substr(0, 2).find_first_not_of(kHexDigits) == std::string_view::npos &&
         name.substr(3).find_first_not_of(kHexDigits) == std::string_view::npos;
}

}  // namespace

std::string StoreName(const std::string& build_id, bool is_debug) {
  return std::string(kStore) + build_id.substr(0, 2) + "/" + build_id.substr(2) +
         (is_debug ? std::string(kDebugSuffix) : std::string());
}

std::string InnerName(std::string_view name) {
  // As `tar czf x.mqpack ./mqtrack-pack` writes it.
  if (name.starts_with("./")) name.remove_prefix(2);
  const std::string top = std::string(kTopFolder) + "/";
  if (!name.starts_with(top)) return {};
  name.remove_prefix(top.size());
  if (name == kSnapshotName || name == kContentsName) return std::string(name);
  return name.starts_with(kStore) && IsStoreName(name.substr(kStore.size())) ? std::string(name) : std::string();
}

}  // namespace mqtrack::bundle
