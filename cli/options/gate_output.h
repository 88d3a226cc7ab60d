// Where the gate's report goes, in which format: --format may be given more than once.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

struct GateOutput {
  std::string format;
  std::string file;  // "" and "-": standard output
};

/// `formats`: each "NAME" or "NAME=FILE". One without a file goes to `output`; if there is none at all, it is text. An
/// error: an unknown name, a file whose ending says another format, or two reports for one place.
[[nodiscard]] support::Result<std::vector<GateOutput>> ParseGateOutputs(const std::vector<std::string>& formats,
                                                                        const std::string& output);

}  // namespace mqtrack::cli
