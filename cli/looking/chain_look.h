// What holds heap blocks of a process: which blocks are asked about, and the chains that lead to them, for reports.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/owners.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"
#include "reports/text/chains_options.h"

namespace mqtrack::cli {

/// Blocks for which all that is said is so; at least one is.
struct ChainQuestion {
  std::string site;           // made by this function, as tables name it
  std::string client, owner;  // of this client; of the owner with this title
  std::string type;           // C++ objects of this class, or of this type
  [[nodiscard]] bool IsEmpty() const { return site.empty() && client.empty() && owner.empty() && type.empty(); }
  /// "made by f, of client c".
  [[nodiscard]] std::string Words(bool with_type) const;
  [[nodiscard]] bool IsMeant(const heapgraph::Owner& owner) const;
};

/// What is looked at, and how it is called.
struct ChainTarget {
  const process::RecordedProcess& process;
  heapgraph::CaptureOptions capture;
  snapshot::Options options;
  analysis::WrapperList wrappers;
  std::string name;      // as the user wrote it
  std::string top_name;  // what `mqtrack top` takes for it; empty: nothing
  /// What to say of the look: of a heap that is not known from its beginning, and of so many parts that were not read.
  std::function<std::vector<std::string>(bool, std::uint64_t)> notes;
};

/// Looks, and says why these blocks are held; rows and colour are the caller's. Errors: those of WithCapture; there are
/// no such blocks.
[[nodiscard]] support::Result<reports::ChainsOptions> LookForChains(const ChainQuestion& question,
                                                                    const ChainTarget& target);

}  // namespace mqtrack::cli
