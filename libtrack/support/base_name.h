// The part of a path that names a file wherever it lies.
#pragma once

#include <string_view>

namespace mqtrack::support {

/// The part of `path` after its last slash; a view into it.
[[nodiscard]] constexpr std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// `path` without the mark that Linux appends to a mapped file or executable that was replaced since, e.g. by an
/// upgrade.
[[nodiscard]] constexpr std::string_view WithoutDeletedMark(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

}  // namespace mqtrack::support
