// Who holds the heap of a running process, as a reference profile (libtrack/profile/holder_frames.h).
#pragma once

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/process/discovery.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Every live block once: the sum is inuse_space. Errors: those of heapgraph::WithCapture.
[[nodiscard]] support::Result<profile::Profile> LookForHolders(const process::RecordedProcess& process,
                                                               const heapgraph::CaptureOptions& capture,
                                                               const snapshot::Options& options,
                                                               const analysis::WrapperList& wrappers);

}  // namespace mqtrack::cli
