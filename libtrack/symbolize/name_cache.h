// Names that were found before, for many profiles of the same programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::symbolize {

/// What one address of a file became, without a profile to belong to.
struct CachedNames {
  struct Frame {
    profile::Function function;
    std::int64_t line = 0;
  };
  std::vector<Frame> frames;  // innermost first
  bool named = false, has_file = false, has_line = false;
};

/// Of one file: its names by ELF virtual address, and what is to be said of it.
struct CachedFile {
  std::unordered_map<std::uint64_t, CachedNames> by_vaddr;
  std::string note;
};

/// By what tells files apart: build ids, which change with every build, and the name that nameless functions bear.
/// Grows with the distinct addresses that were asked for. Not synchronised.
using NameCache = std::map<std::string, CachedFile>;

/// Empties `names` if there are more than two million addresses in it. For whoever keeps it as long as programs come
/// and go, before each profile.
void ForgetIfTooMany(NameCache& names);

}  // namespace mqtrack::symbolize
