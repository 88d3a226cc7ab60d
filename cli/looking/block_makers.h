// Who makes the heap blocks of a process: the frame to blame of each stack, by the rules of top and diff.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/heapgraph/data_names.h"
#include "libtrack/log/reader.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/take_snapshot.h"

namespace mqtrack::cli {

class BlockMakers {
 public:
  /// Names all stacks of `blocks`.
  BlockMakers(const log::LogContent& content, const std::vector<log::LiveEntry>& blocks,
              const process::RecordedProcess& process, const snapshot::Options& options,
              analysis::WrapperList wrappers);

  [[nodiscard]] const heapgraph::MakerFacts& Of(log::StackId stack) const;
  /// The stacks whose frame to blame is at `name`, if that is a FILE:LINE, or is the function `name`; if there are
  /// none, those with it anywhere; if there are none, those whose frame to blame has it in its name. In order; empty if
  /// there are none at all.
  [[nodiscard]] std::vector<log::StackId> MadeBy(const std::string& name) const;

 private:
  [[nodiscard]] std::vector<log::StackId> MadeAt(const std::string& name) const;

  struct Made {
    heapgraph::MakerFacts maker;
    std::vector<std::string> functions;  // of all frames
  };
  std::map<log::StackId, Made> stacks_;
};

}  // namespace mqtrack::cli
