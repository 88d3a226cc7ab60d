// What is shown of one or two moments of a process: tables, pictures, files.
#pragma once

#include <optional>
#include <string>

#include "libtrack/http/request.h"
#include "libtrack/http/response.h"
#include "libtrack/service/pages.h"
#include "libtrack/symbolize/source_finder.h"

namespace mqtrack::cli {

/// A process, by its name in the path: one that runs or has left a log, or of which there is a history only.
struct Subject {
  std::string name;           // in paths
  history::SeriesKey series;  // its newest recording
  std::optional<service::Target> target;
};

/// The answer to /NAME/`view`; nothing: there is no such view. Parameters: at=TIME of the history (default: now),
/// base=TIME of what it is compared with, by=TYPE. `sources` says where source files may be read.
[[nodiscard]] std::optional<http::Response> ShowMoment(const http::Request& request, const std::string& view,
                                                       const Subject& subject, const service::Shown& shown,
                                                       const symbolize::SourceOptions& sources);

/// With headers for content that is another one each time.
[[nodiscard]] http::Response Fresh(const char* type, std::string body);
[[nodiscard]] http::Response FailedView(const support::Error& error);

}  // namespace mqtrack::cli
