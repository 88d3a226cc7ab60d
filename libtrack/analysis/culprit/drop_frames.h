// pprof's drop_frames, from the list of pass-through functions.
#pragma once

#include <string>

namespace mqtrack::analysis {

/// A regular expression for pprof's drop_frames: only the part of the built-in list that is safe under its rule (the
/// match nearest the root cuts everything leaf-ward), i.e. pure allocation functions.
[[nodiscard]] const std::string& DropFramesRegex();

}  // namespace mqtrack::analysis
