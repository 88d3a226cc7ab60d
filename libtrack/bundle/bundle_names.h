// How large a bundle may be, and what the files in it are called: "mqtrack-pack/snapshot.pb.gz",
// "mqtrack-pack/contents.txt", and below "mqtrack-pack/.build-id/" files by their build ids. Private to the module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqtrack::bundle {

/// What a reader accepts, and a writer therefore writes: files, and bytes of all of them together.
inline constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;
inline constexpr std::size_t kMostFiles = 4000;

inline constexpr char kTopFolder[] = "mqtrack-pack";
inline constexpr char kSnapshotName[] = "snapshot.pb.gz";
inline constexpr char kContentsName[] = "contents.txt";

/// ".build-id/ab/cdef", or ".build-id/ab/cdef.debug".
[[nodiscard]] std::string StoreName(const std::string& build_id, bool is_debug);

/// The part below the top folder of a name that a bundle may hold; empty of any other name. No name with "..", of a
/// link's target or absolute is one.
[[nodiscard]] std::string InnerName(std::string_view name);

}  // namespace mqtrack::bundle
