// What a function's DWARF entry calls it.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqtrack::symbolize {

struct FunctionName {
  std::string name;    // readable
  std::string symbol;  // as the linker knows it, where DWARF says so; else the plain name
  std::int64_t start_line = 0;
  bool has_symbol = true;  // false: C++ without a linkage name, `name` is put together from the scopes around it
};

/// Names of functions, each worked out once. Borrows nothing between calls but keeps addresses of DIEs as keys: one
/// object per Dwarf, not longer.
class DwarfNames {
 public:
  /// Null if the entry has no name. `die` is a subprogram or inlined subroutine. Valid as long as this object.
  [[nodiscard]] const FunctionName* Of(Dwarf_Die* die);

 private:
  /// For functions that have no linkage name (lambdas, members of local classes): the scope each is declared in.
  using ScopeOfFunction = std::unordered_map<const void*, std::string>;

  [[nodiscard]] std::unique_ptr<FunctionName> Read(Dwarf_Die* die);
  [[nodiscard]] const std::string& ScopeOf(Dwarf_Die* die);
  static void CollectScopes(Dwarf_Die* parent, const std::string& scope, int depth, ScopeOfFunction& scopes);

  std::unordered_map<const void*, std::unique_ptr<FunctionName>> names_;  // by origin
  std::unordered_map<const void*, ScopeOfFunction> scopes_;               // by compilation unit
};

}  // namespace mqtrack::symbolize
