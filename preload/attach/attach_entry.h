// The recorder in a process that is running already: put in by `mqtrack attach`, made inert by `mqtrack detach`.
#pragma once

#include "libtrack/log/attach_layout.h"

namespace mqtrack::redirection {

/// Redirects the calls of libraries that were loaded since the attach. Called by the hooks of the loader's functions;
/// cheap when there are none.
void NoticeNewModules();

}  // namespace mqtrack::redirection

extern "C" {
/// Starts recording. Called by `mqtrack attach` on a thread of the service that stands at a safe place.
[[gnu::visibility("default")]] mqtrack::log::AttachResult mqtrack_attach(mqtrack::log::AttachRequest* request);
/// Ends it: calls go where they went before, the log is marked as ended, the library stays.
[[gnu::visibility("default")]] mqtrack::log::AttachResult mqtrack_detach(mqtrack::log::AttachRequest* request);
[[gnu::visibility("default")]] extern mqtrack::log::AttachState mqtrack_attach_state;
}
