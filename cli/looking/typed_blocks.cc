#include "cli/looking/typed_blocks.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "libtrack/heapgraph/block_kinds.h"
#include "libtrack/heapgraph/object_types.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

using heapgraph::BlockId;
using support::Error;
using support::ErrorCode;
using support::Result;
using BlocksByType = std::map<std::string, std::vector<BlockId>>;

constexpr std::size_t kMostNamed = 5;

/// "Session" of "broker::Session<int>" is none, since that is another type than Session.
std::string_view WithoutScopes(std::string_view type) {
  for (const std::string_view word : {"struct ", "union ", "class ", "enum "}) {
    if (type.starts_with(word)) type.remove_prefix(word.size());
  }
  const std::size_t arguments = std::min(type.find('<'), type.size());
  const std::size_t scope = type.substr(0, arguments).rfind("::");
  return scope == std::string_view::npos ? type : type.substr(scope + 2);
}

/// By the first of the three ways that any type fits in; in order of address.
std::vector<BlockId> Matching(const BlocksByType& types, const std::string& wanted) {
  std::vector<BlockId> whole, bare, partly;
  for (const auto& [type, blocks] : types) {
    if (type == wanted) whole.insert(whole.end(), blocks.begin(), blocks.end());
    if (WithoutScopes(type) == wanted) bare.insert(bare.end(), blocks.begin(), blocks.end());
    if (type.find(wanted) != std::string::npos) partly.insert(partly.end(), blocks.begin(), blocks.end());
  }
  std::vector<BlockId>& found = !whole.empty() ? whole : !bare.empty() ? bare : partly;
  std::sort(found.begin(), found.end());
  return std::move(found);
}

BlocksByType FromDebugInformation(const heapgraph::HeapGraph& graph, const heapgraph::HeapCapture& capture,
                                  const heapgraph::MemorySource& memory, heapgraph::DataNames& names) {
  const heapgraph::BlockIndex index(capture.blocks);
  const heapgraph::BlockKinds kinds(graph, capture, memory, index, names);
  BlocksByType types;
  for (std::size_t i = 0; i < capture.blocks.size(); ++i) {
    const auto block = static_cast<BlockId>(i);
    const std::string& type = kinds[kinds.KindOf(block)].type_name;
    if (!type.empty()) types[type].push_back(block);
  }
  return types;
}

/// What there is instead.
std::string Instead(const std::string& wanted, const BlocksByType& types) {
  std::vector<std::string> names, bare;
  std::vector<std::pair<std::size_t, std::string>> counts;
  for (const auto& [type, blocks] : types) {
    names.push_back(type);
    bare.emplace_back(WithoutScopes(type));
    counts.emplace_back(blocks.size(), type);
  }
  std::string nearest = support::Nearest(wanted, names);
  if (nearest.empty()) nearest = support::Nearest(wanted, bare);
  if (!nearest.empty()) return "the nearest type is " + nearest;
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text = counts.size() > 1 ? "the most frequent types are " : "the only type is ";
  for (std::size_t i = 0; i < std::min(kMostNamed, counts.size()); ++i) {
    text += (i == 0 ? "" : ", ") + counts[i].second + " (" +
            support::FormatCount(static_cast<std::int64_t>(counts[i].first)) + ")";
  }
  return text;
}

}  // namespace

Result<std::vector<BlockId>> BlocksOfType(const std::string& type, const heapgraph::HeapGraph& graph,
                                          const heapgraph::HeapCapture& capture, const heapgraph::MemorySource& memory,
                                          heapgraph::DataNames& names) {
  BlocksByType types = heapgraph::FindObjects(capture, memory, names);
  std::vector<BlockId> found = Matching(types, type);
  if (!found.empty()) return found;
  BlocksByType more = FromDebugInformation(graph, capture, memory, names);
  found = Matching(more, type);
  if (!found.empty()) return found;
  types.merge(more);
  if (types.empty()) {
    return Error{ErrorCode::kBadInput,
                 "no live block tells its type: C++ objects with virtual functions do, and others take debug "
                 "information; ask for --site FUNCTION, which makes them",
                 type};
  }
  return Error{ErrorCode::kBadInput, "no live block is of this type; " + Instead(type, types), type};
}

}  // namespace mqtrack::cli
