// What the heap graph of a running process says, as profiles: whose each block is, and what is lost.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/lost_looks.h"
#include "libtrack/heapgraph/owners.h"
#include "libtrack/process/discovery.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"
#include "reports/text/look_facts.h"

namespace mqtrack::cli {

/// Both profiles have inuse_objects and inuse_space, by the stacks, labels and generations of the blocks.
struct HeapLooks {
  profile::Profile owned;  // with the labels verdicts::kOwnerKindLabel and kOwnerLabel
  profile::Profile lost;   // what two looks found lost
  std::vector<reports::LookFacts> looks;
  std::vector<std::string> notes;
};

/// What two looks, a second apart, find lost. Errors: those of FindLost.
[[nodiscard]] support::Result<profile::Profile> LookForLost(const process::RecordedProcess& process,
                                                            const heapgraph::CaptureOptions& capture,
                                                            const snapshot::Options& options);

/// Looks twice for what is lost, and once for owners. Errors: those of FindLost and LookForOwners.
[[nodiscard]] support::Result<HeapLooks> LookAtHeap(const process::RecordedProcess& process,
                                                    const heapgraph::CaptureOptions& capture,
                                                    const snapshot::Options& options);

/// Numbers places in the code by the frame to blame, as tables of sites name them.
[[nodiscard]] heapgraph::StackPlaces MakeStackPlaces(const heapgraph::HeapCapture& capture,
                                                     const process::RecordedProcess& process,
                                                     const snapshot::Options& options,
                                                     const analysis::WrapperList& wrappers);

/// Names variables of the process for owners.
[[nodiscard]] std::function<heapgraph::VariableNames(const log::LogContent&)> MakeVariableNames(
    const process::RecordedProcess& process, const snapshot::Options& options);

}  // namespace mqtrack::cli
