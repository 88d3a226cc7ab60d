#include "reports/holders/holder_tree.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "libtrack/profile/holder_frames.h"
#include "libtrack/profile/sample_types.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {
namespace {

using profile::Function;
using profile::Profile;
using profile::Sample;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::string_view kClient = "client";
constexpr std::int64_t kAloneShare = 20;  // a client with a twentieth of all is shown by itself

const Function* FunctionOf(const Profile& profile, profile::LocationId id) {
  const profile::Location& location = profile.location(id);
  return location.lines.empty() ? nullptr : &profile.function(location.lines.front().function);
}

class Builder {
 public:
  Builder(const Profile& profile, std::size_t blocks_at, std::size_t bytes_at)
      : profile_(profile), blocks_at_(blocks_at), bytes_at_(bytes_at) {}

  /// Owners that are clients, and are not to have a box of their own.
  void MergeClients(std::size_t most) {
    std::map<const Function*, std::int64_t> clients;
    std::int64_t total = 0;
    for (const Sample& sample : profile_.samples) {
      total = SaturatingAdd(total, sample.values[bytes_at_]);
      if (sample.locations.empty()) continue;
      const Function* owner = FunctionOf(profile_, sample.locations.back());
      if (owner != nullptr && profile::OwnerKindOf(*owner) == kClient) clients[owner] += sample.values[bytes_at_];
    }
    if (clients.size() <= most) return;
    for (const auto& [client, bytes] : clients) {
      if (bytes < total / kAloneShare) merged_.insert(client);
    }
  }

  Result<HolderTree> Build() {
    for (const Sample& sample : profile_.samples) {
      if (!Add(sample))
        return Error{ErrorCode::kBadInput, "not all of its stacks begin with an owner and end with who made the blocks",
                     "a profile of holders"};
    }
    for (std::size_t i = tree_.boxes.size(); i-- > 0;) {
      HolderBox& box = tree_.boxes[i];
      box.held += box.own;
      (box.parent == kNoParent ? tree_.total : tree_.boxes[box.parent].held) += box.held;
    }
    return std::move(tree_);
  }

 private:
  bool Add(const Sample& sample) {
    if (sample.locations.size() < 2) return false;
    std::uint32_t at = kNoParent;
    for (std::size_t i = sample.locations.size() - 1; i > 0; --i) {
      const Function* frame = FunctionOf(profile_, sample.locations[i]);
      if (frame == nullptr || (at == kNoParent) == profile::OwnerKindOf(*frame).empty()) return false;
      at = Child(at, *frame);
    }
    const Function* site = FunctionOf(profile_, sample.locations.front());
    if (site == nullptr) return false;
    const HeldAmount amount{sample.values[blocks_at_], sample.values[bytes_at_]};
    const std::int64_t line = profile_.location(sample.locations.front()).lines.front().line;
    tree_.boxes[at].own += amount;
    tree_.boxes[at].made_by[{site->name, site->filename, line}] += amount;
    return true;
  }

  std::uint32_t Child(std::uint32_t parent, const Function& frame) {
    const bool is_merged = merged_.contains(&frame);
    const std::string name = is_merged ? std::string() : frame.name;
    const std::string kind(profile::OwnerKindOf(frame));
    const auto [entry, is_new] =
        known_.try_emplace({parent, kind, name}, static_cast<std::uint32_t>(tree_.boxes.size()));
    if (is_new) {
      HolderBox& box = tree_.boxes.emplace_back();
      box.parent = parent;
      box.kind = kind;
      box.name = name;
      if (is_merged) box.merged = static_cast<std::int64_t>(merged_.size());
    }
    return entry->second;
  }

  const Profile& profile_;
  std::size_t blocks_at_, bytes_at_;
  std::set<const Function*> merged_;
  std::map<std::tuple<std::uint32_t, std::string, std::string>, std::uint32_t> known_;
  HolderTree tree_;
};

}  // namespace

HeldAmount& HeldAmount::operator+=(const HeldAmount& other) {
  blocks = SaturatingAdd(blocks, other.blocks);
  bytes = SaturatingAdd(bytes, other.bytes);
  return *this;
}

Result<HolderTree> BuildHolderTree(const Profile& profile, const HolderTreeOptions& options) {
  if (!profile::IsOfHolders(profile))
    return Error{ErrorCode::kBadInput,
                 "says who made the blocks, not who holds them: name a running recorded process, or a file that "
                 "mqtrack report --format holders has written",
                 "a profile"};
  const Result<std::size_t> blocks = profile::FindSampleType(profile, std::string(profile::kInuseObjects));
  if (!blocks) return blocks.error();
  const Result<std::size_t> bytes = profile::FindSampleType(profile, std::string(profile::kInuseSpace));
  if (!bytes) return bytes.error();
  Builder builder(profile, *blocks, *bytes);
  if (options.most_clients != 0) builder.MergeClients(options.most_clients);
  return builder.Build();
}

}  // namespace mqtrack::reports
