#include "cli/options/report_format.h"

#include <map>

#include "cli/options/output_format.h"
#include "cli/output.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

support::Error Bad(const std::string& where, const std::string& text) {
  return {support::ErrorCode::kBadInput, text, where};
}

const std::map<std::string, std::string>& FormatsByExtension() {
  static const std::map<std::string, std::string> formats = {
      {"txt", "text"}, {"text", "text"}, {"json", "json"},     {"dot", "dot"},         {"gv", "dot"},
      {"pdf", "pdf"},  {"png", "png"},   {"folded", "folded"}, {"collapsed", "folded"}};
  return formats;
}

support::Result<std::string> FormatFromName(const std::string& output) {
  if (IsStandardOutput(output)) return std::string("text");
  const std::string extension = Extension(output);
  if (extension == "svg") {
    return Bad(output, "an .svg can be a flame graph or a call graph; say --format flame or --format graph");
  }
  const auto known = FormatsByExtension().find(extension);
  if (known != FormatsByExtension().end()) return known->second;
  return Bad(output, "the file's name does not say what to write; say --format with one of " +
                         support::Join(ReportFormatNames()));
}

/// The file type of a call graph that is to be written to `output`.
std::string GraphFileType(const std::string& output) {
  const auto known = FormatsByExtension().find(Extension(output));
  if (known == FormatsByExtension().end()) return "svg";
  const std::string& type = known->second;
  return type == "dot" || type == "pdf" || type == "png" ? type : "svg";
}

}  // namespace

const std::vector<std::string>& ReportFormatNames() {
  static const std::vector<std::string> names = {"flame", "graph", "text", "json",  "dot",
                                                 "svg",   "pdf",   "png",  "folded"};
  return names;
}

support::Result<ReportFormat> ChooseReportFormat(const std::string& format, const std::string& output) {
  std::string name = format;
  if (name.empty()) {
    support::Result<std::string> deduced = FormatFromName(output);
    if (!deduced) return deduced.error();
    name = deduced.value();
  }
  if (name == "flame") {
    const std::string extension = Extension(output);
    if (extension == "pdf" || extension == "png") {
      return Bad(output, "a flame graph is an SVG file; name it .svg, or say --format graph for a call graph");
    }
  }
  if (const support::Status fits = CheckFileName(name, output); !fits) return fits.error();
  if (name == "flame") return ReportFormat{ReportKind::kFlame, "svg"};
  if (name == "folded") return ReportFormat{ReportKind::kFolded, ""};
  if (name == "text") return ReportFormat{ReportKind::kText, ""};
  if (name == "json") return ReportFormat{ReportKind::kJson, ""};
  if (name == "graph") return ReportFormat{ReportKind::kGraph, GraphFileType(output)};
  return ReportFormat{ReportKind::kGraph, name};
}

}  // namespace mqtrack::cli
