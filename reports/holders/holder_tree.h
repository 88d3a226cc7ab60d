// A reference profile (libtrack/profile/holder_frames.h) as a tree: owners, and below each what it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

inline constexpr std::uint32_t kNoParent = 0xffffffff;

/// Who made blocks of a node.
struct MadeBy {
  std::string function, file;
  std::int64_t line = 0;
  auto operator<=>(const MadeBy&) const = default;
};
struct HeldAmount {
  std::int64_t blocks = 0, bytes = 0;
  HeldAmount& operator+=(const HeldAmount& other);
};

struct HolderBox {
  std::uint32_t parent = kNoParent;  // of an owner none
  std::string kind;                  // of an owner: "client" and the like; of others empty
  std::string name;                  // as the profile has it: not clean
  std::int64_t merged = 1;           // how many owners it stands for
  HeldAmount own, held;              // these blocks; and all that they hold, with themselves
  std::map<MadeBy, HeldAmount> made_by;
};

struct HolderTree {
  std::vector<HolderBox> boxes;  // each behind its parent
  HeldAmount total;
};

struct HolderTreeOptions {
  std::size_t most_clients = 0;  // more are merged but for those that hold a twentieth of all; 0: each has its own box
};

/// An error if it is no reference profile.
[[nodiscard]] support::Result<HolderTree> BuildHolderTree(const profile::Profile& profile,
                                                          const HolderTreeOptions& options = {});

}  // namespace mqtrack::reports
