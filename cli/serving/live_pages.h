// The pages of `mqtrack serve`: one document with its script and style, and what these ask for.
#pragma once

#include <memory>

#include "libtrack/service/pages.h"

namespace mqtrack::cli {

/// Paths: / and /NAME/ (the document), /page.js, /page.css, /api/processes, and below /NAME/: api/history, api/top,
/// api/threads, flame.svg, graph.svg, diagnosis.html, snapshot.pb.gz.
[[nodiscard]] std::shared_ptr<const service::Pages> MakeLivePages();

}  // namespace mqtrack::cli
