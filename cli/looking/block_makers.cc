#include "cli/looking/block_makers.h"

#include <algorithm>
#include <utility>

#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/culprit.h"
#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/stack_profile.h"
#include "libtrack/support/cxx_name.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

constexpr char kStackLabel[] = "stack";

struct SourceLine {
  std::string_view file;
  std::int64_t line = 0;
};

/// "src/queue.c:120"; line 0 of what is none.
SourceLine ParseSourceLine(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const support::Result<std::int64_t> line = support::ParseCount(text.substr(colon + 1));
  return line && *line > 0 ? SourceLine{text.substr(0, colon), *line} : SourceLine();
}

/// True of the file itself, and of the end of its path from a folder on.
bool IsFile(std::string_view path, std::string_view file) {
  if (!path.ends_with(file)) return false;
  return path.size() == file.size() || path[path.size() - file.size() - 1] == '/';
}

}  // namespace

BlockMakers::BlockMakers(const log::LogContent& content, const std::vector<log::LiveEntry>& blocks,
                         const process::RecordedProcess& process, const snapshot::Options& options,
                         analysis::WrapperList wrappers) {
  std::map<log::StackId, std::pair<std::int64_t, std::int64_t>> sums;
  for (const log::LiveEntry& block : blocks) {
    auto& [objects, bytes] = sums[block.stack];
    ++objects;
    bytes += static_cast<std::int64_t>(block.bytes);
  }
  std::vector<snapshot::StackValues> values;
  for (const auto& [stack, sum] : sums)
    values.push_back(
        {stack, {}, 0, {sum.first, sum.second}, {{kStackLabel, {}, static_cast<std::int64_t>(stack), {}}}});
  const profile::Profile profile = snapshot::BuildStackProfile(
      content, process, {profile::WithUnit(profile::kInuseObjects), profile::WithUnit(profile::kInuseSpace)}, values,
      options);
  wrappers.Add(analysis::FindAllocationLayers({&profile}, wrappers));
  const analysis::StackExpander expander(profile, wrappers, profile::kInuseSpace);
  std::vector<analysis::Frame> frames;
  for (const profile::Sample& sample : profile.samples) {
    const auto label = std::find_if(sample.labels.begin(), sample.labels.end(),
                                    [](const profile::Label& one) { return one.key == kStackLabel; });
    if (label == sample.labels.end()) continue;
    Made& made = stacks_[static_cast<log::StackId>(label->num)];
    expander.Expand(sample.locations, frames);
    for (const analysis::Frame& frame : frames) made.functions.push_back(analysis::FrameName(profile, frame));
    if (frames.empty()) continue;
    const std::size_t culprit = analysis::CulpritIndex(frames);
    const analysis::Frame& frame = frames[culprit];
    // One line of C++ makes a node, its key and a larger table: what it calls for each tells them apart.
    std::uint64_t place = 0;
    for (const profile::LocationId location : sample.locations) {
      place = log::Mix(place ^ profile.location(location).address);
      if (location == frame.location) break;
    }
    made.maker = {place, made.functions[culprit], analysis::FrameFile(frame), frame.line,
                  analysis::ModuleName(profile, frame.location)};
  }
}

const heapgraph::MakerFacts& BlockMakers::Of(log::StackId stack) const {
  static const heapgraph::MakerFacts kUnknown;
  const auto found = stacks_.find(stack);
  return found == stacks_.end() ? kUnknown : found->second.maker;
}

std::vector<log::StackId> BlockMakers::MadeAt(const std::string& name) const {
  std::vector<log::StackId> made_there;
  const SourceLine place = ParseSourceLine(name);
  if (place.line == 0) return made_there;
  for (const auto& [stack, made] : stacks_) {
    if (made.maker.line == place.line && IsFile(made.maker.file, place.file)) made_there.push_back(stack);
  }
  return made_there;
}

std::vector<log::StackId> BlockMakers::MadeBy(const std::string& name) const {
  if (std::vector<log::StackId> made_there = MadeAt(name); !made_there.empty()) return made_there;
  const std::string wanted = name.ends_with("()") ? name.substr(0, name.size() - 2) : name;
  const auto is = [&](const std::string& function) {
    return function == name || support::QualifiedName(function) == wanted || support::BareName(function) == wanted;
  };
  std::vector<log::StackId> nearest, anywhere, partly;
  for (const auto& [stack, made] : stacks_) {
    if (is(made.maker.function)) nearest.push_back(stack);
    if (std::any_of(made.functions.begin(), made.functions.end(), is)) anywhere.push_back(stack);
    if (made.maker.function.find(wanted) != std::string::npos) partly.push_back(stack);
  }
  if (!nearest.empty()) return nearest;
  return anywhere.empty() ? partly : anywhere;
}

}  // namespace mqtrack::cli
