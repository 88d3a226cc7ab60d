#include "cli/options/output_format.h"

#include <algorithm>
#include <map>
#include <vector>

#include "cli/output.h"

namespace mqtrack::cli {
namespace {

/// The formats that files of an ending may hold.
const std::map<std::string, std::vector<std::string>>& FormatsByEnding() {
  static const std::vector<std::string> text = {"text", "json", "markdown", "junit", "github", "folded", "dot"};
  static const std::map<std::string, std::vector<std::string>> formats = {{"svg", {"flame", "graph", "svg"}},
                                                                          {"pdf", {"graph", "pdf"}},
                                                                          {"png", {"graph", "png"}},
                                                                          {"dot", {"graph", "dot"}},
                                                                          {"gv", {"graph", "dot"}},
                                                                          {"json", {"json"}},
                                                                          {"folded", {"folded"}},
                                                                          {"collapsed", {"folded"}},
                                                                          {"md", {"markdown"}},
                                                                          {"xml", {"junit"}},
                                                                          {"gz", {"pprof"}},
                                                                          {"pb", {"pprof"}},
                                                                          {"txt", text},
                                                                          {"text", text}};
  return formats;
}

}  // namespace

std::string Extension(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? "" : name.substr(dot + 1);
}

support::Status CheckFileName(const std::string& format, const std::string& output) {
  if (IsStandardOutput(output)) return {};
  const std::string extension = Extension(output);
  const auto known = FormatsByEnding().find(extension);
  if (known == FormatsByEnding().end()) return {};
  if (std::find(known->second.begin(), known->second.end(), format) != known->second.end()) return {};
  return support::Error{
      support::ErrorCode::kBadInput,
      "the name says ." + extension + ", but the format is " + format + "; change the name, or say another --format",
      output};
}

}  // namespace mqtrack::cli
