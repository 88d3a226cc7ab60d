#include "cli/options/gate_output.h"

#include <algorithm>

#include "cli/options/output_format.h"
#include "cli/output.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

Status Check(const GateOutput& output, const std::vector<GateOutput>& others) {
  const std::vector<std::string> names = FormatNames(FormatFamily::kGate);
  if (std::find(names.begin(), names.end(), output.format) == names.end()) {
    return Error{
        ErrorCode::kBadInput,
        "\"" + output.format + "\" is not one of " + support::Join(names) + support::DidYouMean(output.format, names),
        "--format"};
  }
  if (Status fits = CheckFileName(output.format, output.file); !fits) return fits;
  const bool is_standard = IsStandardOutput(output.file);
  const auto same = std::find_if(others.begin(), others.end(), [&](const GateOutput& other) {
    return other.file == output.file || (is_standard && IsStandardOutput(other.file));
  });
  if (same == others.end()) return {};
  return Error{ErrorCode::kBadInput,
               same->format + " and " + output.format + " cannot both be written to " +
                   (is_standard ? "standard output" : output.file) + "; say FORMAT=FILE of one",
               "--format"};
}

}  // namespace

Result<std::vector<GateOutput>> ParseGateOutputs(const std::vector<std::string>& formats, const std::string& output) {
  std::vector<GateOutput> outputs;
  for (const std::string& text : formats) {
    const std::size_t equals = text.find('=');
    const bool has_file = equals != std::string::npos;
    GateOutput parsed{text.substr(0, equals), has_file ? text.substr(equals + 1) : output};
    if (has_file && parsed.file.empty())
      return Error{ErrorCode::kBadInput, "a file is missing behind " + text, "--format"};
    if (Status good = Check(parsed, outputs); !good) return good.error();
    outputs.push_back(std::move(parsed));
  }
  const bool has_plain = std::any_of(formats.begin(), formats.end(),
                                     [](const std::string& text) { return text.find('=') == std::string::npos; });
  if (formats.empty() || (!has_plain && !output.empty())) {
    GateOutput text{"text", output};
    if (Status good = Check(text, outputs); !good) return good.error();
    outputs.push_back(std::move(text));
  }
  return outputs;
}

}  // namespace mqtrack::cli
