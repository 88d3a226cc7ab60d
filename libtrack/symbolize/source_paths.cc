#include "libtrack/symbolize/source_paths.h"

#include <dwarf.h>

#include <filesystem>

namespace mqtrack::symbolize {

std::string JoinSourcePath(const std::string& directory, const std::string& file) {
  if (file.empty()) return file;
  return (std::filesystem::path(directory) / file).lexically_normal().string();
}

const char* SourcePaths::Of(Dwarf_Die* unit, const char* file) {
  if (file == nullptr) return nullptr;
  Dwarf_Attribute attribute;
  const char* directory = nullptr;
  if (dwarf_attr(unit, DW_AT_comp_dir, &attribute) != nullptr) directory = dwarf_formstring(&attribute);
  return paths_.insert(JoinSourcePath(directory != nullptr ? directory : "", file)).first->c_str();
}

}  // namespace mqtrack::symbolize
