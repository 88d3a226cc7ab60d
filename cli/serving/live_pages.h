// The pages of `mqtrack serve`: one document with its script and style, and what these ask for.
#pragma once

#include <memory>

#include "libtrack/service/pages.h"
#include "libtrack/symbolize/source_finder.h"

namespace mqtrack::cli {

/// Paths: / and /NAME/ (the document), /page.js, /page.css, /api/processes, and below /NAME/: api/history, api/top,
/// api/threads, api/owners, api/source, api/look/owners, api/look/why, flame.svg, graph.svg, diagnosis.html,
/// snapshot.pb.gz. Source files are read below the folders of `sources` only.
[[nodiscard]] std::shared_ptr<const service::Pages> MakeLivePages(symbolize::SourceOptions sources);

}  // namespace mqtrack::cli
