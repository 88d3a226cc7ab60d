// Source files by the paths at which they were compiled.
#pragma once

#include <elfutils/libdw.h>

#include <string>
#include <unordered_set>

namespace mqtrack::symbolize {

/// `file` as the compiler meant it: relative to `directory` (of the compilation; may be empty), without "." and "x/.."
/// in it. What leads out of a relative directory keeps its "..".
[[nodiscard]] std::string JoinSourcePath(const std::string& directory, const std::string& file);

/// Keeps the paths that it makes. Not thread-safe.
class SourcePaths {
 public:
  /// The path of `file` in the line table of the unit `unit`. Null if `file` is. Valid as long as this object, equal
  /// paths at equal addresses.
  [[nodiscard]] const char* Of(Dwarf_Die* unit, const char* file);

 private:
  std::unordered_set<std::string> paths_;
};

}  // namespace mqtrack::symbolize
